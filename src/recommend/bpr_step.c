#include "recommend/bpr_step.h"

#include "base/cpu.h"
#include "kernel/vector.h"
#include "recommend/bpr_loss.h"

#include <string.h>

void bpr_users_reference(const struct bpr_step *s, int first, int last, float *gradient)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    for (int g = first; g < last; g++) {
        const size_t u = (size_t)b->user[g] * dim;
        const float *user =
            memcpy(s->old_user + (size_t)g * dim, s->users.row + u, dim * sizeof(float));
        const int begin = b->user_start[g], end = b->user_start[g + 1];
        for (size_t i = 0; i < dim; i++)
            gradient[i] = s->l2 / (float)b->n * (float)(end - begin) * user[i];
        for (int t = begin; t < end; t++) {
            const float *positive = s->items.row + (size_t)b->positive[t] * dim;
            const float *negative = s->items.row + (size_t)b->negative[t] * dim;
            float x = 0;
            for (size_t i = 0; i < dim; i++)
                x += user[i] * (positive[i] - negative[i]);
            s->loss[t] = bpr_loss_at(x, &s->slope[t]);
            s->slope[t] /= (float)b->n;
            for (size_t i = 0; i < dim; i++)
                gradient[i] += s->slope[t] * (positive[i] - negative[i]);
        }
        adam_row(&s->adam, s->users.row + u, s->users.first + u, s->users.second + u, gradient,
                 s->dim);
    }
}

void bpr_items_reference(const struct bpr_step *s, int first, int last, float *gradient)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    for (int g = first; g < last; g++) {
        const size_t item = (size_t)b->item[g] * dim;
        const int begin = b->item_start[g], end = b->item_start[g + 1];
        for (size_t i = 0; i < dim; i++)
            gradient[i] = s->l2 / (float)b->n * (float)(end - begin) * s->items.row[item + i];
        for (int e = begin; e < end; e++) {
            const uint32_t t = b->touch[e] >> 1;
            const float slope = b->touch[e] & 1 ? -s->slope[t] : s->slope[t];
            const float *user = s->old_user + (size_t)b->slot[t] * dim;
            for (size_t i = 0; i < dim; i++)
                gradient[i] += slope * user[i];
        }
        adam_row(&s->adam, s->items.row + item, s->items.first + item, s->items.second + item,
                 gradient, s->dim);
    }
}

/* The same with rows in registers, written once with vectors of 16 floats and compiled for each instruction
 * set. A table of `blocks` (16 floats each) is a constant wherever this is inlined. */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define BLOCKS_MAX    16
#define AHEAD         4 /* rows: about as long as memory takes to answer */

ALWAYS_INLINE const lanes *row_of(const float *table, size_t row, int blocks)
{
    return (const lanes *)(table + row * (size_t)blocks * LANES);
}

/* Asks for a row and its moments, which lie anywhere in memory, before they are needed. */
ALWAYS_INLINE void fetch(const struct adam_table *table, llmx_id row, int blocks)
{
    const size_t at = (size_t)row * (size_t)blocks * LANES;
#pragma GCC unroll 8
    for (int k = 0; k < blocks; k++) {
        __builtin_prefetch(table->row + at + k * LANES, 1);
        __builtin_prefetch(table->first + at + k * LANES, 1);
        __builtin_prefetch(table->second + at + k * LANES, 1);
    }
}

ALWAYS_INLINE void users_pass(const struct bpr_step *s, int first, int last, float *gradient,
                              int blocks)
{
    const struct batch *b = s->batch;
    const float share = 1.0f / (float)b->n;
    for (int g = first; g < last; g++) {
        const size_t u = (size_t)b->user[g] * (size_t)blocks * LANES;
        const int begin = b->user_start[g], end = b->user_start[g + 1];
        const float decay = s->l2 * share * (float)(end - begin);
        lanes *old = (lanes *)(s->old_user + (size_t)g * (size_t)blocks * LANES);
        lanes user[BLOCKS_MAX], sum[BLOCKS_MAX];
        if (g + AHEAD < last)
            fetch(&s->users, b->user[g + AHEAD], blocks);
#pragma GCC unroll 8
        for (int k = 0; k < blocks; k++) {
            old[k] = user[k] = row_of(s->users.row, (size_t)b->user[g], blocks)[k];
            sum[k] = decay * user[k];
        }
        for (int t = begin; t < end; t++) {
            const lanes *positive = row_of(s->items.row, (size_t)b->positive[t], blocks);
            const lanes *negative = row_of(s->items.row, (size_t)b->negative[t], blocks);
            lanes product = {0};
#pragma GCC unroll 8
            for (int k = 0; k < blocks; k++)
                product += user[k] * (positive[k] - negative[k]);
            float x = 0, slope;
#pragma GCC unroll 16
            for (int k = 0; k < LANES; k++)
                x += product[k];
            s->loss[t] = bpr_loss_at(x, &slope);
            s->slope[t] = slope * share;
#pragma GCC unroll 8
            for (int k = 0; k < blocks; k++)
                sum[k] += slope * share * (positive[k] - negative[k]);
        }
#pragma GCC unroll 8
        for (int k = 0; k < blocks; k++)
            ((lanes *)gradient)[k] = sum[k];
        adam_row(&s->adam, s->users.row + u, s->users.first + u, s->users.second + u, gradient,
                 blocks * LANES);
    }
}

ALWAYS_INLINE void items_pass(const struct bpr_step *s, int first, int last, float *gradient,
                              int blocks)
{
    const struct batch *b = s->batch;
    const float share = 1.0f / (float)b->n;
    for (int g = first; g < last; g++) {
        const size_t item = (size_t)b->item[g] * (size_t)blocks * LANES;
        const int begin = b->item_start[g], end = b->item_start[g + 1];
        const float decay = s->l2 * share * (float)(end - begin);
        lanes sum[BLOCKS_MAX];
        if (g + AHEAD < last)
            fetch(&s->items, b->item[g + AHEAD], blocks);
#pragma GCC unroll 8
        for (int k = 0; k < blocks; k++)
            sum[k] = decay * row_of(s->items.row, (size_t)b->item[g], blocks)[k];
        for (int e = begin; e < end; e++) {
            const uint32_t t = b->touch[e] >> 1;
            const float slope = b->touch[e] & 1 ? -s->slope[t] : s->slope[t];
            const lanes *user = row_of(s->old_user, (size_t)b->slot[t], blocks);
#pragma GCC unroll 8
            for (int k = 0; k < blocks; k++)
                sum[k] += slope * user[k];
        }
#pragma GCC unroll 8
        for (int k = 0; k < blocks; k++)
            ((lanes *)gradient)[k] = sum[k];
        adam_row(&s->adam, s->items.row + item, s->items.first + item, s->items.second + item,
                 gradient, blocks * LANES);
    }
}

#define PASS_PAIR(SET, TARGET)                                                                     \
    TARGET static void users_##SET(const struct bpr_step *s, int first, int last, float *scratch)  \
    {                                                                                              \
        s->dim == 64 ? users_pass(s, first, last, scratch, 4)                                      \
                     : users_pass(s, first, last, scratch, s->dim / LANES);                        \
    }                                                                                              \
    TARGET static void items_##SET(const struct bpr_step *s, int first, int last, float *scratch)  \
    {                                                                                              \
        s->dim == 64 ? items_pass(s, first, last, scratch, 4)                                      \
                     : items_pass(s, first, last, scratch, s->dim / LANES);                        \
    }

#ifdef __clang__ /* does not know the preference and needs none: our vectors are explicit */
PASS_PAIR(avx512, __attribute__((target("avx512f,avx512vl,avx512dq"))))
#else
PASS_PAIR(avx512, __attribute__((target("avx512f,avx512vl,avx512dq,prefer-vector-width=512"))))
#endif
PASS_PAIR(avx2, __attribute__((target("avx2"))))

void bpr_passes(int dim, bpr_pass **users, bpr_pass **items)
{
    const int fits = dim % LANES == 0 && dim <= BLOCKS_MAX * LANES;
    *users = bpr_users_reference;
    *items = bpr_items_reference;
    if (fits && cpu()->has_avx512) {
        *users = users_avx512;
        *items = items_avx512;
    } else if (fits && cpu()->has_avx2) {
        *users = users_avx2;
        *items = items_avx2;
    }
}
