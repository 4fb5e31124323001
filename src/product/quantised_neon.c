/* NEON as every arm64 has it: products of bytes in 16 bits, whose pairs are summed there (two of 127 * 128 fit) and then
 * into 32. */
#include "product/quantised_kernels.h"

#ifdef __aarch64__

#define TARGET

#include "product/quantised_neon.h"

INLINE integers dot(integers sum, quads q, integers x)
{
    const int8x16_t a = (int8x16_t)q, b = (int8x16_t)x;
    const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b));
    return (integers)vpadalq_s16((int32x4_t)sum, vpaddq_s16(low, vmull_high_s8(a, b)));
}

void quantised_product_neon(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    product_in_tiles(y, w, rows, n_rows);
}

#endif
