#include "kernel/gru.h"

#include "kernel/vector.h"

#include <stddef.h>

BODY f32x16 logistic(f32x16 x)
{
    return 1.0f / (f32x16_exp2(x * -LOG2_E) + 1.0f);
}

/* A vector that starts at place i of a row of `hidden`, short at its end. */
BODY f32x16 load_at(const float *row, int i, int hidden)
{
    f32x16 v = {0};
    if (i + LANES <= hidden)
        return f32x16_load(row + i);
    memcpy(&v, row + i, (size_t)(hidden - i) * sizeof *row);
    return v;
}

BODY void store_at(float *row, int i, int hidden, f32x16 v)
{
    if (i + LANES <= hidden)
        f32x16_store(row + i, v);
    else
        memcpy(row + i, &v, (size_t)(hidden - i) * sizeof *row);
}

BODY void gru_forward_body(float *next, float *gates, const float *a, const float *c,
                           const float *h, int rows, int hidden)
{
    for (int t = 0; t < rows; t++) {
        for (int i = 0; i < hidden; i += LANES) {
            f32x16 cn = load_at(c + 2 * hidden, i, hidden);
            f32x16 r = logistic(load_at(a, i, hidden) + load_at(c, i, hidden));
            f32x16 z = logistic(load_at(a + hidden, i, hidden) + load_at(c + hidden, i, hidden));
            f32x16 n = logistic((load_at(a + 2 * hidden, i, hidden) + r * cn) * 2.0f) * 2.0f - 1.0f;
            store_at(gates, i, hidden, r);
            store_at(gates + hidden, i, hidden, z);
            store_at(gates + 2 * hidden, i, hidden, n);
            store_at(gates + 3 * hidden, i, hidden, cn);
            store_at(next, i, hidden, n + z * (load_at(h, i, hidden) - n));
        }
        next += hidden, gates += 4 * hidden, a += 3 * hidden, c += 3 * hidden, h += hidden;
    }
}
KERNEL(gru_forward,
       (float *next, float *gates, const float *a, const float *c, const float *h, int rows,
        int hidden),
       (next, gates, a, c, h, rows, hidden))

BODY void gru_backward_body(float *da, float *dc, float *dh, const float *dnext, const float *gates,
                            const float *h, int rows, int hidden)
{
    for (int t = 0; t < rows; t++) {
        for (int i = 0; i < hidden; i += LANES) {
            f32x16 r = load_at(gates, i, hidden), z = load_at(gates + hidden, i, hidden);
            f32x16 n = load_at(gates + 2 * hidden, i, hidden);
            f32x16 cn = load_at(gates + 3 * hidden, i, hidden), d = load_at(dnext, i, hidden);
            f32x16 dn = d * (1.0f - z) * (1.0f - n * n);
            f32x16 dr = dn * cn * r * (1.0f - r);
            f32x16 dz = d * (load_at(h, i, hidden) - n) * z * (1.0f - z);
            store_at(da, i, hidden, dr);
            store_at(da + hidden, i, hidden, dz);
            store_at(da + 2 * hidden, i, hidden, dn);
            store_at(dc, i, hidden, dr);
            store_at(dc + hidden, i, hidden, dz);
            store_at(dc + 2 * hidden, i, hidden, dn * r);
            store_at(dh, i, hidden, d * z);
        }
        da += 3 * hidden, dc += 3 * hidden, dh += hidden, dnext += hidden, gates += 4 * hidden;
        h += hidden;
    }
}
KERNEL(gru_backward,
       (float *da, float *dc, float *dh, const float *dnext, const float *gates, const float *h,
        int rows, int hidden),
       (da, dc, dh, dnext, gates, h, rows, hidden))
