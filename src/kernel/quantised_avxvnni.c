/* AVX-VNNI: dpbusd as in quantised_avx512vnni.c, in vectors of half the width. */
#include "kernel/quantised_kernels.h"

#ifdef __x86_64__

#define TARGET       __attribute__((target("avx2,f16c,avxvnni")))
#define LANES        8
#define TILE_VECTORS 2
#define PLANES_4     1
#define PLANES_8     1

#include "kernel/quantised_tile.h"

#include <immintrin.h>

INLINE quads split(quads q, int plane, enum dtype type)
{
    (void)plane, (void)type;
    return q;
}

INLINE integers spread(int32_t x)
{
    return (integers){0} + x;
}

INLINE integers begin(integers offset)
{
    return offset;
}

INLINE integers dot(integers sum, quads q, integers x)
{
    return (integers)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)q, (__m256i)x);
}

INLINE integers total(const integers *sums, integers offset, enum dtype type)
{
    (void)offset, (void)type;
    return sums[0];
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
