/* AVX-512 VNNI: dpbusd sums four products of bytes into 32 bits. Two of ten instructions on the ports that it shares are
 * products of floats, so that four fifths of its pace are the most there is; Q4_1 has three. */
#include "product/quantised_kernels.h"

#ifdef __x86_64__

#define TARGET       __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define LANES        16
#define TILE_VECTORS 4

#include "product/quantised_vnni.h"

INLINE integers dot(integers sum, quads q, integers x)
{
    return (integers)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)q, (__m512i)x);
}

INLINE floats halves(const unsigned char *from)
{
    return (floats)_mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)from));
}

void quantised_product_avx512vnni(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    product_in_tiles(y, w, rows, n_rows);
}

#endif
