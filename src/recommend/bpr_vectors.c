#include "recommend/bpr_step.h"

#include "recommend/adam_lanes.h"
#include "recommend/bpr_loss.h"

#define VECTORS_MAX (BPR_ROW_MAX / LANES)
#define AHEAD       4  /* rows: about as long as memory takes to answer */
#define USUAL_DIM   64 /* compiled apart: its rows stay in registers */

/* Asks for a row and its moments, which lie anywhere in memory, before they are needed. */
BODY void fetch(const struct adam_table *table, llmx_id row, int dim)
{
    const size_t at = (size_t)row * (size_t)dim;
    UNROLL_8
    for (int i = 0; i < dim; i += WIDE) {
        __builtin_prefetch(table->row + at + i, 1);
        __builtin_prefetch(table->first + at + i, 1);
        __builtin_prefetch(table->second + at + i, 1);
    }
}

/* Of sixteen lanes, one after the other. */
BODY float sum_in_turn(const floats part[PARTS])
{
    float sum = 0;
    EACH_PART(p)
    {
        UNROLL
        for (int i = 0; i < LANES; i++)
            sum += part[p][i];
    }
    return sum;
}

/* user . (positive - negative) */
BODY float margin(const float *user, const float *positive, const float *negative, int dim)
{
    floats product[PARTS] = {{0}};
    UNROLL_8
    for (int i = 0; i < dim; i += WIDE)
        EACH_PART(p)
        {
            const int at = i + p * LANES;
            product[p] +=
                floats_load(user + at) * (floats_load(positive + at) - floats_load(negative + at));
        }
    return sum_in_turn(product);
}

/* Sums are in registers where `dim` is a constant and there are enough of them. */
BODY void users_pass(const struct bpr_step *s, int first, int last, int dim)
{
    const struct batch *b = s->batch;
    const size_t stride = (size_t)dim;
    const float share = 1.0f / (float)b->n;
    for (int g = first; g < last; g++) {
        const float *row = s->users.row + (size_t)b->user[g] * stride;
        const int begin = b->user_start[g], end = b->user_start[g + 1];
        const float decay = s->l2 * share * (float)(end - begin);
        float *user = s->old_user + (size_t)g * stride;
        floats sum[VECTORS_MAX];
        if (g + AHEAD < last)
            fetch(&s->users, b->user[g + AHEAD], dim);
        UNROLL_8
        for (int k = 0; k < dim / LANES; k++) {
            const floats value = floats_load(row + k * LANES);
            floats_store(user + k * LANES, value);
            sum[k] = decay * value;
        }
        for (int t = begin; t < end; t++) {
            const float *positive = s->items.row + (size_t)b->positive[t] * stride;
            const float *negative = s->items.row + (size_t)b->negative[t] * stride;
            float slope;
            s->loss[t] = bpr_loss_at(margin(user, positive, negative, dim), &slope);
            s->slope[t] = slope * share;
            UNROLL_8
            for (int k = 0; k < dim / LANES; k++)
                sum[k] += slope * share *
                          (floats_load(positive + k * LANES) - floats_load(negative + k * LANES));
        }
        UNROLL_8
        for (int k = 0; k < dim / LANES; k++)
            adam_lanes(&s->adam, &s->users, (size_t)b->user[g] * stride + (size_t)(k * LANES),
                       sum[k]);
    }
}

BODY void items_pass(const struct bpr_step *s, int first, int last, int dim)
{
    const struct batch *b = s->batch;
    const size_t stride = (size_t)dim;
    const float share = 1.0f / (float)b->n;
    for (int g = first; g < last; g++) {
        const size_t item = (size_t)b->item[g] * stride;
        const int begin = b->item_start[g], end = b->item_start[g + 1];
        const float decay = s->l2 * share * (float)(end - begin);
        floats sum[VECTORS_MAX];
        if (g + AHEAD < last)
            fetch(&s->items, b->item[g + AHEAD], dim);
        UNROLL_8
        for (int k = 0; k < dim / LANES; k++)
            sum[k] = decay * floats_load(s->items.row + item + k * LANES);
        for (int e = begin; e < end; e++) {
            const uint32_t t = b->touch[e] >> 1;
            const float slope = b->touch[e] & 1 ? -s->slope[t] : s->slope[t];
            const float *user = s->old_user + (size_t)b->slot[t] * stride;
            UNROLL_8
            for (int k = 0; k < dim / LANES; k++)
                sum[k] += slope * floats_load(user + k * LANES);
        }
        UNROLL_8
        for (int k = 0; k < dim / LANES; k++)
            adam_lanes(&s->adam, &s->items, item + (size_t)(k * LANES), sum[k]);
    }
}

BODY void bpr_users_vectors_body(const struct bpr_step *s, int first, int last, float *scratch)
{
    (void)scratch;
    if (s->dim == USUAL_DIM)
        users_pass(s, first, last, USUAL_DIM);
    else
        users_pass(s, first, last, s->dim);
}
KERNEL(bpr_users_vectors, (const struct bpr_step *s, int first, int last, float *scratch),
       (s, first, last, scratch))

BODY void bpr_items_vectors_body(const struct bpr_step *s, int first, int last, float *scratch)
{
    (void)scratch;
    if (s->dim == USUAL_DIM)
        items_pass(s, first, last, USUAL_DIM);
    else
        items_pass(s, first, last, s->dim);
}
KERNEL(bpr_items_vectors, (const struct bpr_step *s, int first, int last, float *scratch),
       (s, first, last, scratch))
