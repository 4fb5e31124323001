/* AVX2: maddubs sums two products of bytes into 16 bits, which hold eight such sums of four-bit q's (8 * 2 * 15 * 127),
 * a whole group's; eight-bit q's are 16 * high + low. */
#include "product/quantised_kernels.h"

#ifdef __x86_64__

#define TARGET       __attribute__((target("avx2,f16c")))
#define LANES        8
#define TILE_VECTORS 2
#define PLANES_4     1
#define PLANES_8     2

#include "product/quantised_tile.h"

#include <immintrin.h>

INLINE quads split(quads q, int plane, enum dtype type)
{
    return cell_is_4_bit(type) ? q : (plane ? q >> 4 : q) & 0x0f0f0f0f;
}

INLINE integers spread(int32_t x)
{
    return (integers){0} + x;
}

INLINE integers begin(integers offset)
{
    (void)offset;
    return (integers){0};
}

INLINE integers dot(integers sum, quads q, integers x)
{
    __m256i s = _mm256_add_epi16((__m256i)sum, _mm256_maddubs_epi16((__m256i)q, (__m256i)x));
    __asm__("" : "+x"(s)); /* or gcc adds in the order of a tree, whose branches need memory */
    return (integers)s;
}

INLINE integers total(const integers *sums, integers offset, enum dtype type)
{
    const __m256i ones = _mm256_set1_epi16(1);
    const integers low = (integers)_mm256_madd_epi16((__m256i)sums[0], ones) + offset;
    return cell_is_4_bit(type) ? low
                               : low + ((integers)_mm256_madd_epi16((__m256i)sums[1], ones) << 4);
}

INLINE floats halves(const unsigned char *from)
{
    return (floats)_mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)from));
}

void quantised_product_avx2(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    product_in_tiles(y, w, rows, n_rows);
}

#endif
