#include "generate/sample.h"

#include "base/memory.h"
#include "base/rng.h"
#include "kernel/scores.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct candidate {
    float weight;
    int32_t id;
};

int sampler_init(struct token_sampler *sampler, int vocabulary, struct llmx_error *err)
{
    size_t n = (size_t)vocabulary;
    *sampler = (struct token_sampler){.vocabulary = vocabulary};
    sampler->block = mem_array((size_t)scores_blocks(vocabulary), sizeof *sampler->block, err);
    sampler->candidates = mem_array(n, sizeof *sampler->candidates, err);
    sampler->is_seen = mem_array(n / 64 + 1, sizeof *sampler->is_seen, err);
    if (sampler->block && sampler->candidates && sampler->is_seen)
        return 0;
    sampler_release(sampler);
    return -1;
}

void sampler_release(struct token_sampler *sampler)
{
    free(sampler->block);
    free(sampler->candidates);
    free(sampler->is_seen);
    *sampler = (struct token_sampler){0};
}

int sampling_check(const struct llmx_sampling *s, struct llmx_error *err)
{
    if (!(s->temperature >= 0 && isfinite(s->temperature)))
        return err_set(err, LLMX_BAD_OPTION, "temperature %g: choose 0 (greedy) or more",
                       (double)s->temperature);
    if (!(s->top_p >= 0 && s->top_p <= 1))
        return err_set(err, LLMX_BAD_OPTION, "top-p %g: choose 0 to 1 (1: off)", (double)s->top_p);
    if (s->top_k < 0)
        return err_set(err, LLMX_BAD_OPTION, "top-k %d: choose 0 (off) or more", s->top_k);
    if (!(s->repetition_penalty >= 0 && isfinite(s->repetition_penalty)))
        return err_set(err, LLMX_BAD_OPTION, "repetition penalty %g: choose more than 0 (1: off)",
                       (double)s->repetition_penalty);
    return 0;
}

/* Divides positive scores and multiplies negative ones, once for each token that was seen. */
static void penalise(struct token_sampler *sampler, float *logits, const struct seen_tokens *seen,
                     float penalty)
{
    for (int piece = 0; piece < SEEN_PIECES; piece++) {
        for (int i = 0; i < seen->n[piece]; i++) {
            int32_t id = seen->ids[piece][i];
            uint64_t bit = UINT64_C(1) << (id & 63);
            if (sampler->is_seen[id >> 6] & bit)
                continue;
            sampler->is_seen[id >> 6] |= bit;
            logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
        }
    }
    for (int piece = 0; piece < SEEN_PIECES; piece++)
        for (int i = 0; i < seen->n[piece]; i++)
            sampler->is_seen[seen->ids[piece][i] >> 6] = 0;
}

static int block_end(const struct token_sampler *sampler, int block)
{
    int end = (block + 1) * SCORES_BLOCK;
    return end < sampler->vocabulary ? end : sampler->vocabulary;
}

/* The first id with the largest score, -1 when there is none above -infinity. */
static int32_t arg_max(const struct token_sampler *sampler, const float *logits)
{
    int best = 0;
    for (int b = 1; b < scores_blocks(sampler->vocabulary); b++)
        if (sampler->block[b] > sampler->block[best])
            best = b;
    for (int i = best * SCORES_BLOCK; i < block_end(sampler, best); i++)
        if (logits[i] >= sampler->block[best] && isfinite(logits[i]))
            return i;
    return -1;
}

/* Restores a heap whose node i may be smaller than those below it: the smallest score on top. */
static void sift_small(float *heap, int n, int i)
{
    for (int child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && heap[child + 1] < heap[child])
            child++;
        if (heap[i] <= heap[child])
            return;
        float t = heap[i];
        heap[i] = heap[child], heap[child] = t;
    }
}

/* The k-th largest score: a heap of the k largest so far, blocks below its smallest passed over. */
static float kth_largest(struct token_sampler *sampler, const float *logits, int k)
{
    float *heap = (float *)sampler->candidates; /* not in use yet */
    for (int i = 0; i < k; i++)
        heap[i] = logits[i];
    for (int i = k / 2; i-- > 0;)
        sift_small(heap, k, i);
    for (int b = k / SCORES_BLOCK; b < scores_blocks(sampler->vocabulary); b++) {
        if (sampler->block[b] <= heap[0])
            continue;
        int first = b * SCORES_BLOCK;
        for (int i = first < k ? k : first; i < block_end(sampler, b); i++) {
            if (logits[i] <= heap[0])
                continue;
            heap[0] = logits[i];
            sift_small(heap, k, 0);
        }
    }
    return heap[0];
}

static bool is_before(const struct candidate *a, const struct candidate *b)
{
    return a->weight > b->weight || (a->weight == b->weight && a->id < b->id);
}

static void sift_large(struct candidate *heap, int n, int i)
{
    for (int child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (is_before(&heap[i], &heap[child]))
            return;
        struct candidate t = heap[i];
        heap[i] = heap[child], heap[child] = t;
    }
}

/* Tokens of weight `least` or more, as a heap with the most probable on top. */
static int collect(struct token_sampler *sampler, const float *weights, float least)
{
    int n = 0;
    for (int b = 0; b < scores_blocks(sampler->vocabulary); b++) {
        if (sampler->block[b] < least)
            continue;
        for (int i = b * SCORES_BLOCK; i < block_end(sampler, b); i++)
            if (weights[i] >= least && weights[i] > 0)
                sampler->candidates[n++] = (struct candidate){weights[i], i};
    }
    for (int i = n / 2; i-- > 0;)
        sift_large(sampler->candidates, n, i);
    return n;
}

/* One of the most probable tokens that together hold top_p of `total`, for u in [0, 1).
 * Tokens below (1 - top_p) total / vocabulary cannot be needed: all of them together do not hold 1 - top_p. */
static int32_t draw_top_p(struct token_sampler *sampler, const float *weights, double total,
                          double top_p, double u)
{
    struct candidate *c = sampler->candidates;
    float least = (float)((1 - top_p) * total / sampler->vocabulary);
    int n = collect(sampler, weights, least), left = n;
    double held = 0;
    while (left > 0 && (left == n || held < top_p * total)) {
        struct candidate first = c[0];
        held += first.weight;
        c[0] = c[--left];
        sift_large(c, left, 0);
        c[left] = first; /* the chosen ones stand behind the heap, the most probable last */
    }
    double target = u * held, sum = 0;
    for (int i = n - 1; i >= left; i--)
        if ((sum += c[i].weight) > target)
            return c[i].id;
    return n > 0 ? c[left].id : -1;
}

static int32_t draw(const struct token_sampler *sampler, const float *weights, double total,
                    double u)
{
    double target = u * total, sum = 0;
    int32_t last = -1; /* with any weight, should rounding keep the sum below its target */
    for (int b = 0; b < scores_blocks(sampler->vocabulary); b++) {
        if (sum + sampler->block[b] <= target) {
            sum += sampler->block[b];
            continue;
        }
        for (int i = b * SCORES_BLOCK; i < block_end(sampler, b); i++) {
            if (weights[i] > 0)
                last = i;
            if ((sum += weights[i]) > target)
                return i;
        }
    }
    return last;
}

int32_t sample(struct token_sampler *sampler, float *logits, const struct llmx_sampling *sampling,
               const struct seen_tokens *seen, uint64_t seed, uint64_t nth)
{
    int n = sampler->vocabulary, k = sampling->top_k;
    if (sampling->repetition_penalty != 0 && sampling->repetition_penalty != 1)
        penalise(sampler, logits, seen, sampling->repetition_penalty);
    scores_max(sampler->block, logits, n);
    int32_t best = arg_max(sampler, logits);
    if (best < 0 || sampling->temperature == 0)
        return best;
    float least = k > 0 && k < n ? kth_largest(sampler, logits, k) : -INFINITY;
    scores_exp(logits, sampler->block, n, least, logits[best], 1 / sampling->temperature);
    double total = 0;
    for (int b = 0; b < scores_blocks(n); b++)
        total += sampler->block[b];
    struct rng rng = rng_stream(seed, RNG_SAMPLING, nth);
    double u = rng_uniform(&rng);
    if (sampling->top_p > 0 && sampling->top_p < 1)
        return draw_top_p(sampler, logits, total, sampling->top_p, u);
    return draw(sampler, logits, total, u);
}
