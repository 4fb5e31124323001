#include "kernel/topk.h"

#include "kernel/scores.h"
#include "kernel/topk_short.h"

#include <math.h>
#include <stdbool.h>

#define BLOCKS 512 /* whose maxima are looked at together: two kilobytes of them */

/* Is place a worth less than place b? */
static inline bool is_worse(const float *scores, int32_t a, int32_t b)
{
    return scores[a] < scores[b] || (scores[a] == scores[b] && a > b);
}

/* Puts `place` into the heap `top` (the worst of it on top) at `hole` or below. */
static void sift_down(const float *scores, int32_t *top, int size, int hole, int32_t place)
{
    for (int child; (child = 2 * hole + 1) < size; hole = child) {
        if (child + 1 < size && is_worse(scores, top[child + 1], top[child]))
            child++;
        if (!is_worse(scores, top[child], place))
            break;
        top[hole] = top[child];
    }
    top[hole] = place;
}

/* The k best of the places offered so far; once there are k, a heap with the worst on top. */
struct best {
    const float *scores;
    int32_t *top;
    int size, k;
    float worst; /* score of the k-th best; -INFINITY while there are fewer */
};

static void make_heap(struct best *b)
{
    for (int hole = b->size / 2; hole-- > 0;)
        sift_down(b->scores, b->top, b->size, hole, b->top[hole]);
    b->worst = b->size == b->k ? b->scores[b->top[0]] : -INFINITY;
}

/* Offers places begin .. end-1; none with a score below `least` is among the k best. */
static void offer(struct best *b, int32_t begin, int32_t end, float least)
{
    int32_t i = begin;
    if (b->size < b->k) {
        for (; i < end && b->size < b->k; i++)
            if (b->scores[i] >= least && b->scores[i] > -INFINITY)
                b->top[b->size++] = i;
        if (b->size == b->k)
            make_heap(b);
    }
    for (; i < end; i++) {
        if (b->scores[i] > b->worst) {
            sift_down(b->scores, b->top, b->size, 0, i);
            b->worst = b->scores[b->top[0]];
        }
    }
}

/* The heap, worst first, into a list, best first. */
static int sort_heap(struct best *b)
{
    for (int left = b->size; left > 1; left--) {
        int32_t out = b->top[0];
        sift_down(b->scores, b->top, left - 1, 0, b->top[left - 1]);
        b->top[left - 1] = out;
    }
    return b->size;
}

/* The k-th largest of n maxima of blocks: the k-th largest score is at least that. -INFINITY when it cannot be
 * told. */
static float least_of_top(const float *maxima, int n, int k)
{
    int32_t top[BLOCKS];
    struct best b = {maxima, top, 0, k, -INFINITY};
    if (k <= n)
        offer(&b, 0, n, -INFINITY);
    return b.worst;
}

int topk(const float *scores, int32_t n, int k, int32_t *top)
{
    if (n <= TOPK_SHORT)
        return topk_short(scores, n, k, top);
    float maxima[BLOCKS];
    struct best b = {scores, top, 0, k, -INFINITY};
    for (int32_t begin = 0; begin < n && k > 0; begin += BLOCKS * SCORES_BLOCK) {
        const int32_t left = n - begin,
                      size = left < BLOCKS * SCORES_BLOCK ? left : BLOCKS * SCORES_BLOCK;
        const int blocks = scores_blocks(size);
        scores_max(maxima, scores + begin, size);
        const float least = b.size < k ? least_of_top(maxima, blocks, k) : -INFINITY;
        for (int block = 0; block < blocks; block++) {
            const int32_t first = begin + block * SCORES_BLOCK, last = first + SCORES_BLOCK;
            if (maxima[block] > b.worst && maxima[block] >= least)
                offer(&b, first, last < n ? last : n, least);
        }
    }
    if (b.size < k)
        make_heap(&b);
    return sort_heap(&b);
}
