/* The groups of quantised_group.h with AVX2. */
#include "product/quantised_group.h"

#ifdef __x86_64__

#include <immintrin.h>

#define TARGET  __attribute__((target("avx2")))
#define INLINE  static inline __attribute__((always_inline)) TARGET
#define VECTORS 4 /* of eight floats */

INLINE int32_t largest_of(__m256i v)
{
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    return _mm_cvtsi128_si32(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1)));
}

INLINE int32_t sum_of(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

/* Packing works within the halves of vectors, which leaves the even fours of bytes before the odd ones. */
INLINE __m256i bytes_of(const __m256i q[VECTORS])
{
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    return _mm256_permutevar8x32_epi32(
        _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3])), order);
}

TARGET void quantised_groups_avx2(struct quantised_group *groups, const float *x, int n)
{
    const __m256i magnitude = _mm256_set1_epi32(0x7fffffff);
    for (int g = 0; g < n; g++, x += QUANTISED_GROUP) {
        __m256i largest = _mm256_setzero_si256(), sum = largest, q[VECTORS];
        for (int i = 0; i < VECTORS; i++) {
            __m256i bits = _mm256_loadu_si256((const __m256i *)(x + 8 * i));
            largest = _mm256_max_epi32(largest, _mm256_and_si256(bits, magnitude));
        }
        const float inverse = quantised_group_begin(&groups[g], (uint32_t)largest_of(largest));
        if (inverse == 0)
            continue;
        for (int i = 0; i < VECTORS; i++) {
            q[i] = _mm256_cvtps_epi32(
                _mm256_mul_ps(_mm256_loadu_ps(x + 8 * i), _mm256_set1_ps(inverse)));
            sum = _mm256_add_epi32(sum, q[i]);
        }
        _mm256_storeu_si256((__m256i *)groups[g].x, bytes_of(q));
        groups[g].sum = sum_of(sum);
    }
}

#endif
