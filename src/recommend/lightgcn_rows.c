#include "recommend/lightgcn_rows.h"

#include "kernel/vector.h"
#include "recommend/bpr_loss.h"

BODY float dot_difference(const float *u, const float *a, const float *b, int dim)
{
    floats sums[PARTS] = {{0}};
    int i = 0;
    for (; i + WIDE <= dim; i += WIDE)
        EACH_PART(p)
        {
            const int at = i + p * LANES;
            sums[p] += floats_load(u + at) * (floats_load(a + at) - floats_load(b + at));
        }
    float sum = floats_sum(sums);
    for (; i < dim; i++)
        sum += u[i] * (a[i] - b[i]);
    return sum;
}

BODY void add_scaled(float *y, const float *x, float factor, int dim)
{
    int i = 0;
    for (; i + LANES <= dim; i += LANES)
        floats_store(y + i, floats_load(y + i) + floats_load(x + i) * factor);
    for (; i < dim; i++)
        y[i] += factor * x[i];
}

/* Margins, slopes and the gradients of user groups first .. last-1. */
BODY void user_groups_body(const struct lightgcn_step *s, int first, int last)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    const float *items = s->final + (size_t)s->users * dim;
    for (int g = first; g < last; g++) {
        const float *user = s->final + (size_t)b->user[g] * dim;
        float *gradient = s->gradient + (size_t)b->user[g] * dim;
        s->touches[b->user[g]] = (float)(b->user_start[g + 1] - b->user_start[g]);
        for (int t = b->user_start[g]; t < b->user_start[g + 1]; t++) {
            const float *positive = items + (size_t)b->positive[t] * dim;
            const float *negative = items + (size_t)b->negative[t] * dim;
            float slope;
            s->loss[t] = bpr_loss_at(dot_difference(user, positive, negative, s->dim), &slope);
            s->slope[t] = slope / (float)b->n;
            add_scaled(gradient, positive, s->slope[t], s->dim);
            add_scaled(gradient, negative, -s->slope[t], s->dim);
        }
    }
}
KERNEL(user_groups, (const struct lightgcn_step *s, int first, int last), (s, first, last))

BODY void item_groups_body(const struct lightgcn_step *s, int first, int last)
{
    const struct batch *b = s->batch;
    const size_t dim = (size_t)s->dim;
    for (int g = first; g < last; g++) {
        const size_t node = (size_t)s->users + (size_t)b->item[g];
        float *gradient = s->gradient + node * dim;
        s->touches[node] = (float)(b->item_start[g + 1] - b->item_start[g]);
        for (int e = b->item_start[g]; e < b->item_start[g + 1]; e++) {
            const uint32_t t = b->touch[e] >> 1;
            const float slope = b->touch[e] & 1 ? -s->slope[t] : s->slope[t];
            add_scaled(gradient, s->final + (size_t)b->user[b->slot[t]] * dim, slope, s->dim);
        }
    }
}
KERNEL(item_groups, (const struct lightgcn_step *s, int first, int last), (s, first, last))

BODY float add_row_body(float *y, const float *x, float weight, int dim)
{
    floats sums[PARTS] = {{0}};
    int i = 0;
    for (; i + WIDE <= dim; i += WIDE)
        EACH_PART(p)
        {
            const int at = i + p * LANES;
            const floats value = floats_load(x + at);
            floats_store(y + at, floats_load(y + at) + value * weight);
            sums[p] += value * value;
        }
    float squares = floats_sum(sums);
    for (; i < dim; i++) {
        y[i] += weight * x[i];
        squares += x[i] * x[i];
    }
    return squares;
}
KERNEL_OF(float, add_row, (float *y, const float *x, float weight, int dim), (y, x, weight, dim))
