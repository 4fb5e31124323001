#include "kernel/gru.h"

#include "kernel/vector.h"

#include <stddef.h>

BODY floats logistic(floats x)
{
    return 1.0f / (floats_exp2(x * -LOG2_E) + 1.0f);
}

/* A vector that starts at place i of a row of `hidden`, short at its end. */
BODY floats load_at(const float *row, int i, int hidden)
{
    return floats_load_some(row + i, hidden - i);
}

BODY void store_at(float *row, int i, int hidden, floats v)
{
    floats_store_some(row + i, v, hidden - i);
}

BODY void gru_forward_body(float *next, float *gates, const float *a, const float *c,
                           const float *h, int rows, int hidden)
{
    for (int t = 0; t < rows; t++) {
        for (int i = 0; i < hidden; i += LANES) {
            floats cn = load_at(c + 2 * hidden, i, hidden);
            floats r = logistic(load_at(a, i, hidden) + load_at(c, i, hidden));
            floats z = logistic(load_at(a + hidden, i, hidden) + load_at(c + hidden, i, hidden));
            floats n = logistic((load_at(a + 2 * hidden, i, hidden) + r * cn) * 2.0f) * 2.0f - 1.0f;
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
            floats r = load_at(gates, i, hidden), z = load_at(gates + hidden, i, hidden);
            floats n = load_at(gates + 2 * hidden, i, hidden);
            floats cn = load_at(gates + 3 * hidden, i, hidden), d = load_at(dnext, i, hidden);
            floats dn = d * (1.0f - z) * (1.0f - n * n);
            floats dr = dn * cn * r * (1.0f - r);
            floats dz = d * (load_at(h, i, hidden) - n) * z * (1.0f - z);
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
