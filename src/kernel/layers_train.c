#include "kernel/layers_train.h"

#include "kernel/vector.h"

#include <math.h>

BODY void rmsnorm_backward_body(float *dx, const float *dy, const float *x, const float *g,
                                int rows, int dim, float eps, bool is_added)
{
    for (int t = 0; t < rows; t++, x += dim, dy += dim, dx += dim) { /* (dim) each */
        floats squares[PARTS] = {{0}}, products[PARTS] = {{0}};
        for (int i = 0; i < dim; i += WIDE)
            EACH_PART(p)
            {
                const int at = i + p * LANES;
                const floats xi = floats_load(x + at);
                squares[p] += xi * xi;
                products[p] += xi * (floats_load(g + at) * floats_load(dy + at));
            }
        float r = 1.0f / sqrtf(floats_sum(squares) / (float)dim + eps);
        float along = floats_sum(products) / (float)dim * r * r * r;
        for (int i = 0; i < dim; i += LANES) {
            floats d = floats_load(g + i) * floats_load(dy + i) * r - floats_load(x + i) * along;
            floats_store(dx + i, is_added ? floats_load(dx + i) + d : d);
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
        floats a = floats_load(dx + i), b = floats_load(dx + i + half);
        floats c = floats_load(cosine + i), s = floats_load(sine + i);
        floats_store(dx + i, a * c + b * s);
        floats_store(dx + i + half, b * c - a * s);
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
        floats x = floats_load(gate + i), d = floats_load(dy + i);
        floats s = 1.0f / (floats_exp2(x * -LOG2_E) + 1.0f), u = floats_load(up + i);
        floats_store_as(dup, type, (size_t)i, d * x * s);
        floats_store_as(dgate, type, (size_t)i, d * u * s * (x * (1.0f - s) + 1.0f));
    }
}
KERNEL(silu_gate_backward,
       (void *dgate, void *dup, enum dtype type, const float *dy, const float *gate,
        const float *up, int n),
       (dgate, dup, type, dy, gate, up, n))

BODY void store_as(void *array, enum dtype type, int i, float x)
{
    if (type == DTYPE_BF16)
        ((uint16_t *)array)[i] = bf16_of(x);
    else
        ((float *)array)[i] = x;
}

BODY float max_forward_body(const float *x, int n)
{
    const int whole = n / WIDE * WIDE;
    floats peak = floats_all(x[n - 1]);
    for (int i = 0; i < whole; i += LANES)
        peak = floats_max(peak, floats_load(x + i));
    float highest = floats_highest(peak);
    for (int i = whole; i < n; i++)
        highest = x[i] > highest ? x[i] : highest;
    return highest;
}
KERNEL_OF(float, max_forward, (const float *x, int n), (x, n))

BODY float exp_forward_body(void *y, enum dtype type, const float *x, float shift, float factor,
                            int n)
{
    const int whole = n / WIDE * WIDE;
    floats total[PARTS] = {{0}};
    for (int i = 0; i < whole; i += WIDE)
        EACH_PART(p)
        {
            const int at = i + p * LANES;
            const floats e = floats_exp2((floats_load(x + at) - shift) * LOG2_E);
            total[p] += e;
            floats_store_as(y, type, (size_t)at, e * factor);
        }
    float sum = floats_sum(total);
    for (int i = whole; i < n; i++) {
        float e = expf(x[i] - shift);
        sum += e;
        store_as(y, type, i, e * factor);
    }
    return sum;
}
KERNEL_OF(float, exp_forward,
          (void *y, enum dtype type, const float *x, float shift, float factor, int n),
          (y, type, x, shift, factor, n))
