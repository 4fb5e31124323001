/* AVX-VNNI: dpbusd as in quantised_avx512vnni.c, in vectors of half the width. */
#include "product/quantised_kernels.h"

#ifdef __x86_64__

#define TARGET       __attribute__((target("avx2,f16c,avxvnni")))
#define LANES        8
#define TILE_VECTORS 2

#include "product/quantised_vnni.h"

INLINE integers dot(integers sum, quads q, integers x)
{
    return (integers)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)q, (__m256i)x);
}

INLINE floats halves(const unsigned char *from)
{
    return (floats)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
}

void quantised_product_avxvnni(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    product_in_tiles(y, w, rows, n_rows);
}

#endif
