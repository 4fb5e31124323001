/* NEON with dot products: sdot sums four products of bytes into 32 bits. */
#include "base/cpu.h"
#include "product/quantised_kernels.h"

#ifdef __aarch64__

#define TARGET NEON_DOT

#include "product/quantised_neon.h"

/* As assembly, for clang has the intrinsic only where every function may use it. */
INLINE integers dot(integers sum, quads q, integers x)
{
    __asm__("sdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(q), "w"(x));
    return sum;
}

void quantised_product_neon_dot(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    product_in_tiles(y, w, rows, n_rows);
}

#endif
