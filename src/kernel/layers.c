#include "kernel/layers.h"

#include "kernel/vector.h"

#include <math.h>

BODY void rmsnorm_forward_body(void *y, enum dtype type, const float *x, const float *g, int rows,
                               int dim, float eps)
{
    for (int t = 0; t < rows; t++) {
        const float *xt = x + (size_t)t * (size_t)dim; /* (dim) */
        f32x16 squares = {0};
        for (int i = 0; i < dim; i += LANES)
            squares += f32x16_load(xt + i) * f32x16_load(xt + i);
        float r = 1.0f / sqrtf(f32x16_sum(squares) / (float)dim + eps);
        for (int i = 0; i < dim; i += LANES)
            f32x16_store_as(y, type, (size_t)t * (size_t)dim + (size_t)i,
                            f32x16_load(xt + i) * r * f32x16_load(g + i));
    }
}
KERNEL(rmsnorm_forward,
       (void *y, enum dtype type, const float *x, const float *g, int rows, int dim, float eps),
       (y, type, x, g, rows, dim, eps))

BODY void rope_forward_body(float *x, const float *cosine, const float *sine, int dim)
{
    int half = dim / 2, i = 0;
    for (; i + LANES <= half; i += LANES) {
        f32x16 a = f32x16_load(x + i), b = f32x16_load(x + i + half);
        f32x16 c = f32x16_load(cosine + i), s = f32x16_load(sine + i);
        f32x16_store(x + i, a * c - b * s);
        f32x16_store(x + i + half, b * c + a * s);
    }
    for (; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}
KERNEL(rope_forward, (float *x, const float *cosine, const float *sine, int dim),
       (x, cosine, sine, dim))

BODY void silu_gate_forward_body(void *y, enum dtype type, const float *gate, const float *up,
                                 int n)
{
    for (int i = 0; i < n; i += LANES) {
        f32x16 x = f32x16_load(gate + i);
        f32x16 silu = x / (f32x16_exp2(x * -LOG2_E) + 1.0f);
        f32x16_store_as(y, type, (size_t)i, silu * f32x16_load(up + i));
    }
}
KERNEL(silu_gate_forward, (void *y, enum dtype type, const float *gate, const float *up, int n),
       (y, type, gate, up, n))

BODY void add_forward_body(float *y, const float *x, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        f32x16_store(y + i, f32x16_load(y + i) + f32x16_load(x + i));
    for (; i < n; i++)
        y[i] += x[i];
}
KERNEL(add_forward, (float *y, const float *x, int n), (y, x, n))

BODY void dot_into_body(float *result, const float *a, const float *b, int n)
{
    f32x16 sum = {0};
    for (int i = 0; i < n; i += LANES)
        sum += f32x16_load(a + i) * f32x16_load(b + i);
    *result = f32x16_sum(sum);
}
static void dot_into(float *result, const float *a, const float *b, int n);
KERNEL(dot_into, (float *result, const float *a, const float *b, int n), (result, a, b, n))

float dot_forward(const float *a, const float *b, int n)
{
    float result;
    dot_into(&result, a, b, n);
    return result;
}

BODY void log_sum_exp_into_body(float *result, const float *x, int n)
{
    int whole = n / LANES * LANES;
    float highest = x[n - 1];
    f32x16 peak = f32x16_all(highest), sum = {0};
    for (int i = 0; i < whole; i += LANES)
        peak = f32x16_max(peak, f32x16_load(x + i));
    highest = f32x16_highest(peak);
    for (int i = whole; i < n; i++)
        highest = x[i] > highest ? x[i] : highest;
    for (int i = 0; i < whole; i += LANES)
        sum += f32x16_exp2((f32x16_load(x + i) - highest) * LOG2_E);
    float total = f32x16_sum(sum);
    for (int i = whole; i < n; i++)
        total += expf(x[i] - highest);
    *result = highest + logf(total);
}
static void log_sum_exp_into(float *result, const float *x, int n);
KERNEL(log_sum_exp_into, (float *result, const float *x, int n), (result, x, n))

float log_sum_exp(const float *x, int n)
{
    float result;
    log_sum_exp_into(&result, x, n);
    return result;
}

BODY void scale_forward_body(void *y, enum dtype type, const float *x, float factor, int n)
{
    for (int i = 0; i < n; i += LANES)
        f32x16_store_as(y, type, (size_t)i, f32x16_load(x + i) * factor);
}
KERNEL(scale_forward, (void *y, enum dtype type, const float *x, float factor, int n),
       (y, type, x, factor, n))
