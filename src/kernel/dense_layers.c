#include "kernel/dense_layers.h"

#include "kernel/vector.h"

#include <math.h>

/* ---- layer normalisation ---- */

/* Statements for the vector `v` that begins at place i of n, `left` values before the row's end: all whole groups of
 * PARTS vectors, then what is left, whose last vectors may be short or, in sums, empty. */
#define EACH_VECTOR(N, STATEMENTS)                                                                 \
    do {                                                                                           \
        int first = 0;                                                                             \
        for (; first + WIDE <= (N); first += WIDE)                                                 \
            EACH_PART(p)                                                                           \
            {                                                                                      \
                const int i = first + p * LANES;                                                   \
                STATEMENTS(floats_load, floats_store)                                              \
            }                                                                                      \
        if (first < (N))                                                                           \
            EACH_PART(p)                                                                           \
            {                                                                                      \
                const int i = first + p * LANES, left = (N)-i;                                     \
                STATEMENTS(LOAD_LEFT, STORE_LEFT)                                                  \
            }                                                                                      \
    } while (0)
#define LOAD_LEFT(P)     floats_load_some(P, left)
#define STORE_LEFT(P, V) floats_store_some(P, V, left)

/* Mean and 1 / sqrt(variance + eps) of a row. */
BODY void moments(float *mean, float *r, const float *x, int dim, float eps)
{
    floats sum[PARTS] = {{0}}, squares[PARTS] = {{0}};
#define SUM(LOAD, STORE) sum[p] += LOAD(x + i);
    EACH_VECTOR(dim, SUM);
    *mean = floats_sum(sum) / (float)dim;
    const int whole = dim / WIDE * WIDE;
    for (int i = 0; i < whole; i += WIDE)
        EACH_PART(p)
        {
            const floats d = floats_load(x + i + p * LANES) - *mean;
            squares[p] += d * d;
        }
    float total = floats_sum(squares);
    for (int i = whole; i < dim; i++)
        total += (x[i] - *mean) * (x[i] - *mean);
    *r = 1.0f / sqrtf(total / (float)dim + eps);
}

BODY void layernorm_forward_body(float *y, const float *x, const float *g, const float *b, int rows,
                                 int dim, float eps)
{
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
    for (int t = 0; t < rows; t++, x += dim, dy += dim, dx += dim) { /* (dim) each */
        float mean, r;
        moments(&mean, &r, x, dim, eps);
        floats sum[PARTS] = {{0}}, along[PARTS] = {{0}};
#define REDUCE(LOAD, STORE)                                                                        \
    const floats d = LOAD(dy + i), n = (LOAD(x + i) - mean) * r, gd = LOAD(g + i) * d;             \
    STORE(dg + i, LOAD(dg + i) + d * n);                                                           \
    STORE(db + i, LOAD(db + i) + d);                                                               \
    sum[p] += gd;                                                                                  \
    along[p] += gd * n;
        EACH_VECTOR(dim, REDUCE);
        const float mean_gd = floats_sum(sum) / (float)dim;
        const float mean_gdn = floats_sum(along) / (float)dim;
#define SPREAD(LOAD, STORE)                                                                        \
    const floats n = (LOAD(x + i) - mean) * r;                                                     \
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
BODY floats normal(floats x, floats *density)
{
    floats size = floats_max(x, -x) * 0.70710678f;
    floats e = floats_exp2(size * size * -LOG2_E), t = 1.0f / (size * 0.3275911f + 1.0f);
    floats tail = t * 1.061405429f - 1.453152027f;
    tail = tail * t + 1.421413741f;
    tail = tail * t - 0.284496736f;
    tail = (tail * t + 0.254829592f) * t * e * 0.5f;
    *density = e * 0.39894228f;
    return floats_select(x < 0.0f, tail, 1.0f - tail);
}

BODY void gelu_forward_body(float *y, const float *x, int n)
{
    for (int i = 0; i < n; i += LANES) {
        floats density, xi = floats_load_some(x + i, n - i);
        floats_store_some(y + i, xi * normal(xi, &density), n - i);
    }
}
KERNEL(gelu_forward, (float *y, const float *x, int n), (y, x, n))

BODY void gelu_backward_body(float *dx, const float *dy, const float *x, int n)
{
    for (int i = 0; i < n; i += LANES) {
        floats density, xi = floats_load_some(x + i, n - i), share = normal(xi, &density);
        floats d = floats_load_some(dy + i, n - i);
        floats_store_some(dx + i, d * (share + xi * density), n - i);
    }
}
KERNEL(gelu_backward, (float *dx, const float *dy, const float *x, int n), (dx, dy, x, n))
