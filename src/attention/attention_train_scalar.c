/* attention_train_scalar.c - attention for training as its formulas say it. */
#include "attention/attention_train.h"
#include "kernel/dropout.h"

#include <math.h>
#include <stddef.h>

static int first_key(int row, int first, const struct attention_shape *shape)
{
    int key = shape->window > 0 ? row - shape->window + 1 : first;
    return key > first ? key : first;
}

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)a[i] * b[i];
    return sum;
}

static size_t q_row_of(const struct attention_shape *shape)
{
    return (size_t)(shape->q_row > 0 ? shape->q_row : shape->heads * shape->head_dim);
}

static size_t kv_row_of(const struct attention_shape *shape)
{
    return (size_t)(shape->kv_row > 0 ? shape->kv_row : shape->kv_heads * shape->head_dim);
}

static void add_scaled(float *y, double factor, const float *x, int n)
{
    for (int i = 0; i < n; i++)
        y[i] += (float)(factor * x[i]);
}

static float mask_at(int head, int row, int key, const struct attention_shape *shape)
{
    if (shape->dropout == 0)
        return 1.0f;
    uint64_t number = (uint64_t)head << 32 | (uint32_t)row;
    struct dropout dropout = dropout_row(shape->seed, number, shape->dropout);
    return dropout_factor(&dropout, (uint32_t)key);
}

void segment_attention_forward_scalar(float *out, float *lse, const float *q, const float *k,
                                      const float *v, int first, int end, int kv_head,
                                      const struct attention_shape *shape)
{
    int dim = shape->head_dim, group = shape->heads / shape->kv_heads;
    size_t q_row = q_row_of(shape), kv_row = kv_row_of(shape);
    k += kv_head * dim;
    v += kv_head * dim;
    for (int t = first; t < end; t++) {
        for (int head = kv_head * group; head < (kv_head + 1) * group; head++) {
            size_t place = (size_t)t * (size_t)shape->heads + (size_t)head;
            const float *qt = q + (size_t)t * q_row + head * dim; /* (dim) */
            float *ot = out + place * (size_t)dim;                /* (dim) */
            int from = first_key(t, first, shape);
            double max = -INFINITY, sum = 0;
            for (int s = from; s <= t; s++)
                max = fmax(max, shape->scale * dot(qt, k + (size_t)s * kv_row, dim));
            for (int s = from; s <= t; s++)
                sum += exp(shape->scale * dot(qt, k + (size_t)s * kv_row, dim) - max);
            double log_sum = max + log(sum);
            for (int i = 0; i < dim; i++)
                ot[i] = 0;
            for (int s = from; s <= t; s++) {
                double score = shape->scale * dot(qt, k + (size_t)s * kv_row, dim);
                double weight = exp(score - log_sum) * mask_at(head, t, s, shape);
                add_scaled(ot, weight, v + (size_t)s * kv_row, dim);
            }
            lse[place] = (float)log_sum;
        }
    }
}

static void clear(float *x, int first, int end, size_t row, int n)
{
    for (int t = first; t < end; t++)
        for (int i = 0; i < n; i++)
            x[(size_t)t * row + (size_t)i] = 0;
}

/* With d = dout:  dv_s += w d,  dw = d . v_s,  dscore = w (dw - d . out),  as sum_s w dw = d . out. */
void segment_attention_backward_scalar(float *dq, float *dk, float *dv, const float *dout,
                                       const float *out, const float *lse, const float *q,
                                       const float *k, const float *v, int first, int end,
                                       int kv_head, const struct attention_shape *shape)
{
    int dim = shape->head_dim, group = shape->heads / shape->kv_heads;
    size_t q_row = q_row_of(shape), kv_row = kv_row_of(shape);
    clear(dq + kv_head * group * dim, first, end, q_row, group * dim);
    clear(dk + kv_head * dim, first, end, kv_row, dim);
    clear(dv + kv_head * dim, first, end, kv_row, dim);
    for (int t = first; t < end; t++) {
        for (int head = kv_head * group; head < (kv_head + 1) * group; head++) {
            size_t place = (size_t)t * (size_t)shape->heads + (size_t)head;
            size_t at = (size_t)t * q_row + (size_t)(head * dim);
            const float *dt = dout + place * (size_t)dim; /* (dim) */
            double whole = dot(dt, out + place * (size_t)dim, dim);
            for (int s = first_key(t, first, shape); s <= t; s++) {
                size_t to = (size_t)s * kv_row + (size_t)(kv_head * dim); /* in k and v */
                double score = shape->scale * dot(q + at, k + to, dim);
                double weight = exp(score - lse[place]), mask = mask_at(head, t, s, shape);
                double dweight = dot(dt, v + to, dim) * mask;
                double dscore = weight * (dweight - whole) * shape->scale;
                add_scaled(dv + to, weight * mask, dt, dim);
                add_scaled(dq + at, dscore, k + to, dim);
                add_scaled(dk + to, dscore, q + at, dim);
            }
        }
    }
}
