#include "kernel/layers.h"

#include "kernel/vector.h"

#include <math.h>

BODY void rmsnorm_forward_body(void *y, enum dtype type, const float *x, const float *g, int rows,
                               int dim, float eps)
{
    for (int t = 0; t < rows; t++) {
        const float *xt = x + (size_t)t * (size_t)dim; /* (dim) */
        floats squares[PARTS] = {{0}};
        for (int i = 0; i < dim; i += WIDE)
            EACH_PART(p)
        squares[p] += floats_load(xt + i + p * LANES) * floats_load(xt + i + p * LANES);
        float r = 1.0f / sqrtf(floats_sum(squares) / (float)dim + eps);
        for (int i = 0; i < dim; i += LANES)
            floats_store_as(y, type, (size_t)t * (size_t)dim + (size_t)i,
                            floats_load(xt + i) * r * floats_load(g + i));
    }
}
KERNEL(rmsnorm_forward,
       (void *y, enum dtype type, const float *x, const float *g, int rows, int dim, float eps),
       (y, type, x, g, rows, dim, eps))

BODY void rope_forward_body(float *x, const float *cosine, const float *sine, int dim)
{
    int half = dim / 2, i = 0;
    for (; i + LANES <= half; i += LANES) {
        floats a = floats_load(x + i), b = floats_load(x + i + half);
        floats c = floats_load(cosine + i), s = floats_load(sine + i);
        floats_store(x + i, a * c - b * s);
        floats_store(x + i + half, b * c + a * s);
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
        floats x = floats_load(gate + i);
        floats silu = x / (floats_exp2(x * -LOG2_E) + 1.0f);
        floats_store_as(y, type, (size_t)i, silu * floats_load(up + i));
    }
}
KERNEL(silu_gate_forward, (void *y, enum dtype type, const float *gate, const float *up, int n),
       (y, type, gate, up, n))

BODY void add_forward_body(float *y, const float *x, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        floats_store(y + i, floats_load(y + i) + floats_load(x + i));
    for (; i < n; i++)
        y[i] += x[i];
}
KERNEL(add_forward, (float *y, const float *x, int n), (y, x, n))

BODY float dot_forward_body(const float *a, const float *b, int n)
{
    floats sum[PARTS] = {{0}};
    for (int i = 0; i < n; i += WIDE)
        EACH_PART(p) sum[p] += floats_load(a + i + p * LANES) * floats_load(b + i + p * LANES);
    return floats_sum(sum);
}
KERNEL_OF(float, dot_forward, (const float *a, const float *b, int n), (a, b, n))

BODY float log_sum_exp_body(const float *x, int n)
{
    const int whole = n / WIDE * WIDE;
    float highest = x[n - 1];
    floats peak = floats_all(highest), sum[PARTS] = {{0}};
    for (int i = 0; i < whole; i += LANES)
        peak = floats_max(peak, floats_load(x + i));
    highest = floats_highest(peak);
    for (int i = whole; i < n; i++)
        highest = x[i] > highest ? x[i] : highest;
    for (int i = 0; i < whole; i += WIDE)
        EACH_PART(p)
    sum[p] += floats_exp2((floats_load(x + i + p * LANES) - highest) * LOG2_E);
    float total = floats_sum(sum);
    for (int i = whole; i < n; i++)
        total += expf(x[i] - highest);
    return highest + logf(total);
}
KERNEL_OF(float, log_sum_exp, (const float *x, int n), (x, n))

BODY void scale_forward_body(void *y, enum dtype type, const float *x, float factor, int n)
{
    for (int i = 0; i < n; i += LANES)
        floats_store_as(y, type, (size_t)i, floats_load(x + i) * factor);
}
KERNEL(scale_forward, (void *y, enum dtype type, const float *x, float factor, int n),
       (y, type, x, factor, n))
