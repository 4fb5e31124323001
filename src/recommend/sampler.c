#include "recommend/sampler.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

static int compare_ids(const void *a, const void *b)
{
    llmx_id x = *(const llmx_id *)a, y = *(const llmx_id *)b;
    return (x > y) - (x < y);
}

static void copy_interactions(struct sampler *s, const struct llmx_data *data)
{
    for (llmx_id u = 0; u < s->users; u++) {
        int n;
        const llmx_id *history = llmx_data_history(data, u, LLMX_TRAIN, &n);
        size_t at = s->start[u];
        for (int i = 0; i < n; i++) {
            s->interactions[at + (size_t)i] = (struct interaction){u, history[i]};
            s->taken[at + (size_t)i] = history[i];
        }
        qsort(s->taken + at, (size_t)n, sizeof *s->taken, compare_ids);
    }
}

/* A user who took every item leaves nothing to compare with. */
static int check_users(const struct sampler *s, const struct llmx_data *data,
                       struct llmx_error *err)
{
    for (llmx_id u = 0; u < s->users; u++) {
        llmx_id distinct = 0;
        for (size_t i = s->start[u]; i < s->start[u + 1]; i++)
            distinct += i == s->start[u] || s->taken[i] != s->taken[i - 1];
        if (distinct == s->items)
            return err_set(
                err, LLMX_BAD_INPUT,
                "user '%s' took every one of the %d items, so there is no negative to learn "
                "from; drop that user or add items",
                llmx_data_user_token(data, u), s->items);
    }
    return 0;
}

int sampler_create(struct sampler **sampler, const struct llmx_data *data, uint64_t seed,
                   struct llmx_error *err)
{
    struct sampler *s = mem_array(1, sizeof *s, err);
    if (!s)
        return -1;
    s->users = llmx_data_users(data);
    s->items = llmx_data_items(data);
    s->seed = seed;
    s->start = mem_array((size_t)s->users + 1, sizeof *s->start, err);
    if (!s->start)
        goto failed;
    for (llmx_id u = 0; u < s->users; u++) {
        int n;
        llmx_data_history(data, u, LLMX_TRAIN, &n);
        s->start[u + 1] = s->start[u] + (size_t)n;
    }
    s->n = s->start[s->users];
    if (s->n == 0) {
        err_set(err, LLMX_BAD_INPUT, "the training part holds no interactions");
        goto failed;
    }
    s->interactions = mem_array(s->n, sizeof *s->interactions, err);
    s->taken = mem_array(s->n, sizeof *s->taken, err);
    if (!s->interactions || !s->taken)
        goto failed;
    copy_interactions(s, data);
    if (check_users(s, data, err) != 0)
        goto failed;
    *sampler = s;
    return 0;
failed:
    sampler_destroy(s);
    return -1;
}

void sampler_destroy(struct sampler *sampler)
{
    if (!sampler)
        return;
    free(sampler->interactions);
    free(sampler->start);
    free(sampler->taken);
    free(sampler);
}

int sampler_batch_size(const struct sampler *s, int batch, int steps)
{
    const size_t grown = (s->n + (size_t)steps - 1) / (size_t)steps;
    size_t size = grown > (size_t)batch ? grown : (size_t)batch;
    if (size > BATCH_MAX)
        size = BATCH_MAX;
    return (int)(size < s->n ? size : s->n);
}

int batch_create(struct batch *b, int capacity, struct llmx_error *err)
{
    size_t n = (size_t)capacity;
    *b = (struct batch){0};
    b->positive = mem_array(n, sizeof *b->positive, err);
    b->negative = mem_array(n, sizeof *b->negative, err);
    b->user = mem_array(n, sizeof *b->user, err);
    b->item = mem_array(2 * n, sizeof *b->item, err);
    b->user_start = mem_array(n + 1, sizeof *b->user_start, err);
    b->item_start = mem_array(2 * n + 1, sizeof *b->item_start, err);
    b->touch = mem_array(2 * n, sizeof *b->touch, err);
    b->slot = mem_array(n, sizeof *b->slot, err);
    b->keys = mem_array(2 * n, sizeof *b->keys, err);
    b->scratch = mem_array(2 * n, sizeof *b->scratch, err);
    if (b->positive && b->negative && b->user && b->item && b->user_start && b->item_start &&
        b->touch && b->slot && b->keys && b->scratch)
        return 0;
    batch_release(b);
    return -1;
}

void batch_release(struct batch *b)
{
    free(b->positive);
    free(b->negative);
    free(b->user);
    free(b->item);
    free(b->user_start);
    free(b->item_start);
    free(b->touch);
    free(b->slot);
    free(b->keys);
    free(b->scratch);
    *b = (struct batch){0};
}

/* The order of an epoch: a Feistel network over the fewest bits that hold n, walked until it is below n.
 * The halves differ by a bit when their sum is odd; they change places every round. */
struct shuffle {
    size_t n;
    unsigned bits;
    uint64_t key[4];
};

static struct shuffle shuffle_of(const struct sampler *s, uint64_t epoch)
{
    struct shuffle shuffle = {.n = s->n, .bits = 2};
    while ((size_t)1 << shuffle.bits < s->n)
        shuffle.bits++;
    struct rng rng = rng_stream(s->seed, RNG_SHUFFLE, epoch);
    for (int i = 0; i < 4; i++)
        shuffle.key[i] = rng_next(&rng);
    return shuffle;
}

static inline size_t shuffle_at(const struct shuffle *shuffle, size_t t)
{
    const unsigned low = shuffle->bits / 2, high = shuffle->bits - low;
    const uint64_t low_mask = ((uint64_t)1 << low) - 1, high_mask = ((uint64_t)1 << high) - 1;
    do {
        uint64_t left = t >> low, right = t & low_mask; /* high and low bits wide */
        for (int round = 0; round < 4; round += 2) {
            left ^= ((right + shuffle->key[round]) * 0x9e3779b97f4a7c15u >> 40) & high_mask;
            right ^= ((left + shuffle->key[round + 1]) * 0xd1342543de82ef95u >> 40) & low_mask;
        }
        t = left << low | right;
    } while (t >= shuffle->n);
    return t;
}

static bool has_taken(const struct sampler *s, llmx_id user, llmx_id item)
{
    const llmx_id *taken = s->taken + s->start[user];
    size_t n = s->start[user + 1] - s->start[user];
    while (n > 1) { /* without branches on the data: half of them would be mispredicted */
        size_t half = n / 2;
        taken += taken[half] <= item ? half : 0;
        n -= half;
    }
    return n > 0 && *taken == item;
}

#define AHEAD      8 /* triples: about as long as memory takes to answer */
#define DIGIT_BITS 11
#define TRIES_BITS 20 /* numbers of the stream set aside for the tries of one triple */

/* Sorts n keys by their upper 32 bits (all below `limit`), keeping the order of equal ones. */
static uint64_t *sort_keys(uint64_t *keys, uint64_t *scratch, int n, llmx_id limit)
{
    for (unsigned shift = 32; (uint64_t)(limit - 1) >> (shift - 32); shift += DIGIT_BITS) {
        int place[(1 << DIGIT_BITS) + 1] = {0};
        const uint64_t mask = (1 << DIGIT_BITS) - 1;
        for (int i = 0; i < n; i++)
            place[(keys[i] >> shift & mask) + 1]++;
        for (int d = 0; d < 1 << DIGIT_BITS; d++)
            place[d + 1] += place[d];
        for (int i = 0; i < n; i++)
            scratch[place[keys[i] >> shift & mask]++] = keys[i];
        uint64_t *sorted = scratch;
        scratch = keys;
        keys = sorted;
    }
    return keys;
}

static void group_users(struct batch *b)
{
    b->n_users = 0;
    for (int t = 0; t < b->n; t++) {
        const llmx_id user = b->slot[t];
        if (t == 0 || user != b->user[b->n_users - 1]) {
            b->user[b->n_users] = user;
            b->user_start[b->n_users++] = t;
        }
        b->slot[t] = b->n_users - 1;
    }
    b->user_start[b->n_users] = b->n;
}

static void group_items(struct batch *b, llmx_id items)
{
    for (int t = 0; t < b->n; t++) {
        b->keys[2 * t] = (uint64_t)b->positive[t] << 32 | (uint32_t)t * 2;
        b->keys[2 * t + 1] = (uint64_t)b->negative[t] << 32 | ((uint32_t)t * 2 + 1);
    }
    const uint64_t *keys = sort_keys(b->keys, b->scratch, 2 * b->n, items);
    b->n_items = 0;
    for (int i = 0; i < 2 * b->n; i++) {
        llmx_id item = (llmx_id)(keys[i] >> 32);
        b->touch[i] = (uint32_t)keys[i];
        if (i == 0 || item != b->item[b->n_items - 1]) {
            b->item[b->n_items] = item;
            b->item_start[b->n_items++] = i;
        }
    }
    b->item_start[b->n_items] = 2 * b->n;
}

void batch_group(struct batch *b, llmx_id items)
{
    group_users(b);
    group_items(b, items);
}

void sampler_batch(const struct sampler *s, uint64_t epoch, size_t first, int n, struct batch *b)
{
    const struct shuffle shuffle = shuffle_of(s, epoch);
    llmx_id *const shuffled = b->item; /* positives; not yet in use for what it is */
    for (int t = 0; t < n; t++) {
        const struct interaction *i = &s->interactions[shuffle_at(&shuffle, first + (size_t)t)];
        b->keys[t] = (uint64_t)i->user << 32 | (uint32_t)t;
        shuffled[t] = i->item;
    }
    const uint64_t *keys = sort_keys(b->keys, b->scratch, n, s->users);
    struct rng rng = rng_stream(s->seed, RNG_NEGATIVES, epoch);
    for (int t = 0; t < n; t++) { /* user by user: their items stay in the cache */
        const uint32_t place = (uint32_t)keys[t];
        if (t + AHEAD < n)
            __builtin_prefetch(s->taken + s->start[keys[t + AHEAD] >> 32]);
        b->slot[t] = (llmx_id)(keys[t] >> 32);
        b->positive[t] = shuffled[place];
        rng.counter = (first + place) << TRIES_BITS;
        do
            b->negative[t] = (llmx_id)rng_below(&rng, (uint32_t)s->items);
        while (has_taken(s, b->slot[t], b->negative[t]));
    }
    b->n = n;
    batch_group(b, s->items);
}
