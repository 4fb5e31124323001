#include "kernel/layers_train.h"

#include "kernel/layers.h"
#include "kernel/vector.h"

#include <math.h>

#define LOG2_E 1.44269504f

BODY void rmsnorm_backward_body(float *dx, const float *dy, const float *x, const float *g,
                                int rows, int dim, float eps, bool is_added)
{
    for (int t = 0; t < rows; t++, x += dim, dy += dim, dx += dim) { /* (dim) each */
        f32x16 squares = {0}, products = {0};
        for (int i = 0; i < dim; i += LANES) {
            f32x16 xi = f32x16_load(x + i);
            squares += xi * xi;
            products += xi * (f32x16_load(g + i) * f32x16_load(dy + i));
        }
        float r = 1.0f / sqrtf(f32x16_sum(squares) / (float)dim + eps);
        float along = f32x16_sum(products) / (float)dim * r * r * r;
        for (int i = 0; i < dim; i += LANES) {
            f32x16 d = f32x16_load(g + i) * f32x16_load(dy + i) * r - f32x16_load(x + i) * along;
            f32x16_store(dx + i, is_added ? f32x16_load(dx + i) + d : d);
        }
    }
}
KERNEL(rmsnorm_backward,
       (float *dx, const float *dy, const float *x, const float *g, int rows, int dim, float eps,
        bool is_added),
       (dx, dy, x, g, rows, dim, eps, is_added))

void rope_backward(float *dx, const float *cosine, const float *sine, int dim)
{
    int half = dim / 2;
    for (int i = 0; i < half; i++) {
        float a = dx[i], b = dx[i + half];
        dx[i] = a * cosine[i] + b * sine[i];
        dx[i + half] = b * cosine[i] - a * sine[i];
    }
}

BODY void silu_gate_backward_body(void *dgate, void *dup, enum dtype type, const float *dy,
                                  const float *gate, const float *up, int n)
{
    for (int i = 0; i < n; i += LANES) {
        f32x16 x = f32x16_load(gate + i), d = f32x16_load(dy + i);
        f32x16 s = 1.0f / (f32x16_exp2(x * -LOG2_E) + 1.0f);
        f32x16_store_as(dup, type, (size_t)i, d * x * s);
        f32x16_store_as(dgate, type, (size_t)i,
                        d * f32x16_load(up + i) * s * (x * (1.0f - s) + 1.0f));
    }
}
KERNEL(silu_gate_backward,
       (void *dgate, void *dup, enum dtype type, const float *dy, const float *gate,
        const float *up, int n),
       (dgate, dup, type, dy, gate, up, n))

float cross_entropy_forward(float *log_sum, const float *logits, int target, int n)
{
    *log_sum = log_sum_exp(logits, n);
    return logits[target] - *log_sum;
}

static void store_as(void *array, enum dtype type, int i, float x)
{
    if (type == DTYPE_BF16)
        ((uint16_t *)array)[i] = bf16_of(x);
    else
        ((float *)array)[i] = x;
}

/* weight * exp(logits - log_sum) for whole vectors. */
BODY void shares_body(void *y, enum dtype type, const float *logits, float log_sum, float weight,
                      int n)
{
    for (int i = 0; i < n; i += LANES)
        f32x16_store_as(y, type, (size_t)i,
                        f32x16_exp2((f32x16_load(logits + i) - log_sum) * LOG2_E) * weight);
}
static void shares(void *y, enum dtype type, const float *logits, float log_sum, float weight,
                   int n);
KERNEL(shares, (void *y, enum dtype type, const float *logits, float log_sum, float weight, int n),
       (y, type, logits, log_sum, weight, n))

void cross_entropy_backward(void *dlogits, enum dtype type, const float *logits, float log_sum,
                            int target, float weight, int n)
{
    int whole = n / LANES * LANES;
    bool is_inside = target >= 0 && target < n;
    float hit = is_inside ? weight * (expf(logits[target] - log_sum) - 1.0f) : 0.0f;
    shares(dlogits, type, logits, log_sum, weight, whole);
    for (int i = whole; i < n; i++)
        store_as(dlogits, type, i, weight * expf(logits[i] - log_sum));
    if (is_inside)
        store_as(dlogits, type, target, hit);
}
