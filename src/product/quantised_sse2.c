/* SSE2, which every x86-64 has: madd sums two products of 16 bits into 32, so that bytes are widened; a vector of four
 * columns becomes one of the first two and one of the last two. */
#include "product/quantised_kernels.h"

#ifdef __x86_64__

#define TARGET
#define LANES        4
#define TILE_VECTORS 2
#define PLANES_4     2
#define PLANES_8     2

#include "product/quantised_tile.h"

#include <emmintrin.h>

INLINE quads split(quads q, int plane, enum dtype type)
{
    (void)type;
    const __m128i zero = _mm_setzero_si128();
    return (quads)(plane ? _mm_unpackhi_epi8((__m128i)q, zero)
                         : _mm_unpacklo_epi8((__m128i)q, zero));
}

INLINE integers spread(int32_t x)
{
    const __m128i four = _mm_set1_epi32(x);
    return (integers)_mm_srai_epi16(_mm_unpacklo_epi8(four, four), 8);
}

INLINE integers begin(integers offset)
{
    (void)offset;
    return (integers){0};
}

INLINE integers dot(integers sum, quads q, integers x)
{
    integers s = sum + (integers)_mm_madd_epi16((__m128i)q, (__m128i)x);
    __asm__("" : "+x"(s)); /* or gcc adds in the order of a tree, whose branches need memory */
    return s;
}

/* Each column has its sum in two places side by side. */
INLINE integers total(const integers *sums, integers offset, enum dtype type)
{
    (void)type;
    const __m128 a = (__m128)sums[0], b = (__m128)sums[1];
    return (integers)_mm_shuffle_ps(a, b, 0x88) + (integers)_mm_shuffle_ps(a, b, 0xdd) + offset;
}

/* The exponent's bias goes from 15 to 127 by a product, which takes subnormal numbers along; the largest exponent stays
 * the largest. */
INLINE floats halves(const unsigned char *from)
{
    const __m128i eight = _mm_loadl_epi64((const __m128i *)from);
    const quads h = (quads)_mm_unpacklo_epi16(eight, _mm_setzero_si128());
    const quads size = (quads)((floats)((h & 0x7fff) << 13) * 0x1p112f);
    const quads not_finite = (quads)((h & 0x7c00) == 0x7c00) & 0x7f800000;
    return (floats)(size | not_finite | (h & 0x8000) << 16);
}

void quantised_product_sse2(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    product_in_tiles(y, w, rows, n_rows);
}

#endif
