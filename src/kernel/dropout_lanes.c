#include "kernel/dropout_lanes.h"

BODY void dropout_forward_body(float *y, const float *x, const struct dropout *dropout, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        floats_store(y + i, floats_load(x + i) * dropout_factors(dropout, (uint32_t)i));
    for (; i < n; i++)
        y[i] = x[i] * dropout_factor(dropout, (uint32_t)i);
}
KERNEL(dropout_forward, (float *y, const float *x, const struct dropout *dropout, int n),
       (y, x, dropout, n))

BODY void dropout_rows_body(float *x, int rows, int dim, float rate, uint64_t seed)
{
    for (int t = 0; t < rows && rate > 0; t++) {
        const struct dropout dropout = dropout_row(seed, (uint64_t)t, rate);
        float *row = x + (size_t)t * (size_t)dim;
        dropout_forward_body(row, row, &dropout, dim);
    }
}
KERNEL(dropout_rows, (float *x, int rows, int dim, float rate, uint64_t seed),
       (x, rows, dim, rate, seed))
