#include "kernel/dense_layers.h"

#include "kernel/layers.h"
#include "kernel/vector.h"

#include <cblas.h>
#include <math.h>

/* Up to LANES values, the rest zero: the last ones of a row. */
BODY f32x16 load_some(const float *p, int n)
{
    f32x16 v = {0};
    memcpy(&v, p, (size_t)(n < LANES ? n : LANES) * sizeof *p);
    return v;
}

BODY void store_some(float *p, f32x16 v, int n)
{
    memcpy(p, &v, (size_t)(n < LANES ? n : LANES) * sizeof *p);
}

/* Statements for every vector of n values, the last one perhaps not whole: LOAD and STORE know which. */
#define EACH_VECTOR(N, STATEMENTS)                                                                 \
    do {                                                                                           \
        int i = 0;                                                                                 \
        for (; i + LANES <= (N); i += LANES) {                                                     \
            STATEMENTS(f32x16_load, f32x16_store)                                                  \
        }                                                                                          \
        if (i < (N)) {                                                                             \
            STATEMENTS(LOAD_REST, STORE_REST)                                                      \
        }                                                                                          \
    } while (0)
#define LOAD_REST(P)     load_some(P, rest)
#define STORE_REST(P, V) store_some(P, V, rest)

/* ---- linear ---- */

void linear_forward(float *y, const float *x, const float *w, const float *b, int rows, int in,
                    int out)
{
    for (int t = 0; b && t < rows; t++)
        memcpy(y + (size_t)t * (size_t)out, b, (size_t)out * sizeof *y);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, rows, out, in, 1, x, in, w, in,
                b ? 1.0f : 0.0f, y, out);
}

void linear_backward_input(float *dx, const float *dy, const float *w, int rows, int in, int out)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, in, out, 1, dy, out, w, in, 0, dx,
                in);
}

void linear_backward(float *dx, float *dw, float *db, const float *dy, const float *x,
                     const float *w, int rows, int in, int out)
{
    if (dx)
        linear_backward_input(dx, dy, w, rows, in, out);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, out, in, rows, 1, dy, out, x, in, 1, dw,
                in);
    for (int t = 0; db && t < rows; t++)
        add_forward(db, dy + (size_t)t * (size_t)out, out);
}

/* ---- layer normalisation ---- */

/* Mean and 1 / sqrt(variance + eps) of a row. */
BODY void moments(float *mean, float *r, const float *x, int dim, float eps)
{
    const int rest = dim % LANES;
    f32x16 sum = {0}, squares = {0};
#define SUM(LOAD, STORE) sum += LOAD(x + i);
    EACH_VECTOR(dim, SUM);
    *mean = f32x16_sum(sum) / (float)dim;
    for (int i = 0; i + LANES <= dim; i += LANES) {
        f32x16 d = f32x16_load(x + i) - *mean;
        squares += d * d;
    }
    float total = f32x16_sum(squares);
    for (int i = dim - rest; i < dim; i++)
        total += (x[i] - *mean) * (x[i] - *mean);
    *r = 1.0f / sqrtf(total / (float)dim + eps);
}

BODY void layernorm_forward_body(float *y, const float *x, const float *g, const float *b, int rows,
                                 int dim, float eps)
{
    const int rest = dim % LANES;
    for (int t = 0; t < rows; t++, x += dim, y += dim) { /* (dim) each */
        float mean, r;
        moments(&mean, &r, x, dim, eps);
#define NORMALISE(LOAD, STORE) STORE(y + i, (LOAD(x + i) - mean) * r * LOAD(g + i) + LOAD(b + i));
        EACH_VECTOR(dim, NORMALISE);
    }
}
KERNEL(layernorm_forward,
       (float *y, const float *x, const float *g, const float *b, int rows, int dim, float eps),
       (y, x, g, b, rows, dim, eps))

BODY void layernorm_backward_body(float *dx, float *dg, float *db, const float *dy, const float *x,
                                  const float *g, int rows, int dim, float eps)
{
    const int rest = dim % LANES;
    for (int t = 0; t < rows; t++, x += dim, dy += dim, dx += dim) { /* (dim) each */
        float mean, r;
        moments(&mean, &r, x, dim, eps);
        f32x16 sum = {0}, along = {0};
#define REDUCE(LOAD, STORE)                                                                        \
    f32x16 d = LOAD(dy + i), n = (LOAD(x + i) - mean) * r, gd = LOAD(g + i) * d;                   \
    STORE(dg + i, LOAD(dg + i) + d * n);                                                           \
    STORE(db + i, LOAD(db + i) + d);                                                               \
    sum += gd;                                                                                     \
    along += gd * n;
        EACH_VECTOR(dim, REDUCE);
        float mean_gd = f32x16_sum(sum) / (float)dim, mean_gdn = f32x16_sum(along) / (float)dim;
#define SPREAD(LOAD, STORE)                                                                        \
    f32x16 n = (LOAD(x + i) - mean) * r;                                                           \
    STORE(dx + i, (LOAD(g + i) * LOAD(dy + i) - mean_gd - n * mean_gdn) * r);
        EACH_VECTOR(dim, SPREAD);
    }
}
KERNEL(layernorm_backward,
       (float *dx, float *dg, float *db, const float *dy, const float *x, const float *g, int rows,
        int dim, float eps),
       (dx, dg, db, dy, x, g, rows, dim, eps))

/* ---- GELU ---- */

/* The normal distribution F(x), by erf after Hastings (Abramowitz & Stegun 1964, 7.1.26), and its density. */
BODY f32x16 normal(f32x16 x, f32x16 *density)
{
    f32x16 size = f32x16_max(x, -x) * 0.70710678f;
    f32x16 e = f32x16_exp2(size * size * -LOG2_E), t = 1.0f / (size * 0.3275911f + 1.0f);
    f32x16 tail = t * 1.061405429f - 1.453152027f;
    tail = tail * t + 1.421413741f;
    tail = tail * t - 0.284496736f;
    tail = (tail * t + 0.254829592f) * t * e * 0.5f;
    *density = e * 0.39894228f;
    return f32x16_select(x < 0.0f, tail, 1.0f - tail);
}

BODY void gelu_forward_body(float *y, const float *x, int n)
{
    const int rest = n % LANES;
    f32x16 density;
#define GELU(LOAD, STORE)                                                                          \
    f32x16 xi = LOAD(x + i);                                                                       \
    STORE(y + i, xi * normal(xi, &density));
    EACH_VECTOR(n, GELU);
}
KERNEL(gelu_forward, (float *y, const float *x, int n), (y, x, n))

BODY void gelu_backward_body(float *dx, const float *dy, const float *x, int n)
{
    const int rest = n % LANES;
#define GELU_SLOPE(LOAD, STORE)                                                                    \
    f32x16 density, xi = LOAD(x + i), share = normal(xi, &density);                                \
    STORE(dx + i, LOAD(dy + i) * (share + xi * density));
    EACH_VECTOR(n, GELU_SLOPE);
}
KERNEL(gelu_backward, (float *dx, const float *dy, const float *x, int n), (dx, dy, x, n))
