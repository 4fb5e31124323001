#include "kernel/layers_train.h"

#include "kernel/layers.h"
#include "kernel/vector.h"

#include <math.h>

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

BODY void rope_backward_body(float *dx, const float *cosine, const float *sine, int dim)
{
    int half = dim / 2, i = 0;
    for (; i + LANES <= half; i += LANES) {
        f32x16 a = f32x16_load(dx + i), b = f32x16_load(dx + i + half);
        f32x16 c = f32x16_load(cosine + i), s = f32x16_load(sine + i);
        f32x16_store(dx + i, a * c + b * s);
        f32x16_store(dx + i + half, b * c - a * s);
    }
    for (; i < half; i++) {
        float a = dx[i], b = dx[i + half];
        dx[i] = a * cosine[i] + b * sine[i];
        dx[i + half] = b * cosine[i] - a * sine[i];
    }
}
KERNEL(rope_backward, (float *dx, const float *cosine, const float *sine, int dim),
       (dx, cosine, sine, dim))

BODY void silu_gate_backward_body(void *dgate, void *dup, enum dtype type, const float *dy,
                                  const float *gate, const float *up, int n)
{
    for (int i = 0; i < n; i += LANES) {
        f32x16 x = f32x16_load(gate + i), d = f32x16_load(dy + i);
        f32x16 s = 1.0f / (f32x16_exp2(x * -LOG2_E) + 1.0f), u = f32x16_load(up + i);
        f32x16_store_as(dup, type, (size_t)i, d * x * s);
        f32x16_store_as(dgate, type, (size_t)i, d * u * s * (x * (1.0f - s) + 1.0f));
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

BODY void max_into_body(float *result, const float *x, int n)
{
    int whole = n / LANES * LANES;
    f32x16 peak = f32x16_all(x[n - 1]);
    for (int i = 0; i < whole; i += LANES)
        peak = f32x16_max(peak, f32x16_load(x + i));
    *result = f32x16_highest(peak);
    for (int i = whole; i < n; i++)
        *result = x[i] > *result ? x[i] : *result;
}
static void max_into(float *result, const float *x, int n);
KERNEL(max_into, (float *result, const float *x, int n), (result, x, n))

float max_forward(const float *x, int n)
{
    float result;
    max_into(&result, x, n);
    return result;
}

/* y = factor * exp(x - shift) and the sum of exp(x - shift), for whole vectors. */
BODY void exp_into_body(float *sum, void *y, enum dtype type, const float *x, float shift,
                        float factor, int n)
{
    f32x16 total = {0};
    for (int i = 0; i < n; i += LANES) {
        f32x16 e = f32x16_exp2((f32x16_load(x + i) - shift) * LOG2_E);
        total += e;
        f32x16_store_as(y, type, (size_t)i, e * factor);
    }
    *sum = f32x16_sum(total);
}
static void exp_into(float *sum, void *y, enum dtype type, const float *x, float shift,
                     float factor, int n);
KERNEL(exp_into,
       (float *sum, void *y, enum dtype type, const float *x, float shift, float factor, int n),
       (sum, y, type, x, shift, factor, n))

float exp_forward(void *y, enum dtype type, const float *x, float shift, float factor, int n)
{
    int whole = n / LANES * LANES;
    float sum;
    exp_into(&sum, y, type, x, shift, factor, whole);
    for (int i = whole; i < n; i++) {
        float e = expf(x[i] - shift);
        sum += e;
        store_as(y, type, i, e * factor);
    }
    return sum;
}

void cross_entropy_backward(void *dlogits, enum dtype type, const float *logits, float log_sum,
                            int target, float weight, int n)
{
    bool is_inside = target >= 0 && target < n;
    float hit = is_inside ? weight * (expf(logits[target] - log_sum) - 1.0f) : 0.0f;
    exp_forward(dlogits, type, logits, log_sum, weight, n);
    if (is_inside)
        store_as(dlogits, type, target, hit);
}
