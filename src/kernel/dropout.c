#include "kernel/dropout.h"

BODY void dropout_forward_body(float *y, const float *x, const struct dropout *dropout, int n)
{
    for (int i = 0; i < n; i += LANES)
        f32x16_store(y + i, f32x16_load(x + i) * dropout_factors(dropout, (uint32_t)i));
}
KERNEL(dropout_forward, (float *y, const float *x, const struct dropout *dropout, int n),
       (y, x, dropout, n))
