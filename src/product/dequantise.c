/* Layouts: https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h. The types with one scale per 32 values
 * read d * q (+ m); the K types read (d * scale) * q (- dmin * min) with small integer scales per 16 or 32 values. */
#include "product/dequantise.h"

#include "base/cpu.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define BLOCK   32  /* values in a block of the plain quantised types */
#define K_BLOCK 256 /* values in a block of the K types */

static float from_bits(uint32_t bits)
{
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static uint16_t load_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static float bf16_value(const uint8_t *p)
{
    return from_bits((uint32_t)load_u16(p) << 16);
}

static float f16_value(const uint8_t *p)
{
    uint32_t half = load_u16(p), sign = (half & 0x8000) << 16, rest = half & 0x7fff;
    if (rest >= 0x7c00) /* infinity, NaN (made quiet, as the processor does) */
        return from_bits(sign | 0x7f800000 | (rest & 0x3ff) << 13 |
                         (rest > 0x7c00 ? 0x400000u : 0));
    if (rest >= 0x0400)
        return from_bits(sign | ((rest << 13) + 0x38000000)); /* exponent bias 15 becomes 127 */
    float small = (float)rest * 0x1p-24f;
    return sign ? -small : small;
}

static void f32_scalar(float *y, const uint8_t *p, size_t n)
{
    memcpy(y, p, n * sizeof *y);
}

static void f16_scalar(float *y, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = f16_value(p + 2 * i);
}

static void bf16_scalar(float *y, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        y[i] = bf16_value(p + 2 * i);
}

static void q4_0_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= BLOCK, y += BLOCK, p += 18) { /* d, 16 bytes of two values */
        float d = f16_value(p);
        for (int i = 0; i < 16; i++) {
            y[i] = d * (float)((p[2 + i] & 15) - 8);
            y[i + 16] = d * (float)((p[2 + i] >> 4) - 8);
        }
    }
}

static void q4_1_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= BLOCK, y += BLOCK, p += 20) { /* d, m, 16 bytes of two values */
        float d = f16_value(p), m = f16_value(p + 2);
        for (int i = 0; i < 16; i++) {
            y[i] = d * (float)(p[4 + i] & 15) + m;
            y[i + 16] = d * (float)(p[4 + i] >> 4) + m;
        }
    }
}

/* The fifth bits of value i and value i + 16 stand at bits i and i + 16 of a 32-bit word. */
static int fifth_bit(const uint8_t *p, int i)
{
    return (p[i / 8] >> i % 8 & 1) << 4;
}

static void q5_0_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= BLOCK, y += BLOCK, p += 22) { /* d, 4 bytes of fifth bits, 16 bytes */
        float d = f16_value(p);
        for (int i = 0; i < 16; i++) {
            y[i] = d * (float)(((p[6 + i] & 15) | fifth_bit(p + 2, i)) - 16);
            y[i + 16] = d * (float)((p[6 + i] >> 4 | fifth_bit(p + 2, i + 16)) - 16);
        }
    }
}

static void q5_1_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= BLOCK, y += BLOCK, p += 24) { /* d, m, 4 bytes of fifth bits, 16 bytes */
        float d = f16_value(p), m = f16_value(p + 2);
        for (int i = 0; i < 16; i++) {
            y[i] = d * (float)((p[8 + i] & 15) | fifth_bit(p + 4, i)) + m;
            y[i + 16] = d * (float)(p[8 + i] >> 4 | fifth_bit(p + 4, i + 16)) + m;
        }
    }
}

static void q8_0_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= BLOCK, y += BLOCK, p += 34) { /* d, 32 signed bytes */
        float d = f16_value(p);
        for (int i = 0; i < BLOCK; i++)
            y[i] = d * (float)(int8_t)p[2 + i];
    }
}

static void q2_k_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= K_BLOCK,
              p += 84) { /* 16 scales and mins of 4 bits, 64 bytes of four values, d, dmin */
        const uint8_t *scales = p, *q = p + 16;
        float d = f16_value(p + 80), dmin = f16_value(p + 82);
        for (int g = 0; g < 16; g++, y += 16) { /* 16 values share a scale */
            const uint8_t *from = q + g / 8 * 32 + g % 2 * 16;
            float scale = d * (float)(scales[g] & 15), min = dmin * (float)(scales[g] >> 4);
            int shift = g % 8 / 2 * 2;
            for (int i = 0; i < 16; i++)
                y[i] = scale * (float)(from[i] >> shift & 3) - min;
        }
    }
}

/* 16 scales of 6 bits: low 4 bits in bytes 0-7, high 2 bits in bytes 8-11. */
static int q3_k_scale(const uint8_t *s, int g)
{
    int low = g < 8 ? s[g] & 15 : s[g - 8] >> 4;
    return (low | (s[8 + g % 4] >> 2 * (g / 4) & 3) << 4) - 32;
}

static void q3_k_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= K_BLOCK,
              p += 110) { /* 32 bytes of third bits, 64 bytes of four values, 12 of scales, d */
        const uint8_t *high = p, *q = p + 32, *scales = p + 96;
        float d = f16_value(p + 108);
        for (int g = 0; g < 16; g++, y += 16) {
            const uint8_t *from = q + g / 8 * 32 + g % 2 * 16, *third = high + g % 2 * 16;
            float scale = d * (float)q3_k_scale(scales, g);
            int shift = g % 8 / 2 * 2, bit = g / 2;
            for (int i = 0; i < 16; i++)
                y[i] = scale * (float)((from[i] >> shift & 3) - (third[i] >> bit & 1 ? 0 : 4));
        }
    }
}

/* 8 scales and 8 mins of 6 bits in 12 bytes (Q4_K, Q5_K). */
static void k_scale_min(const uint8_t *s, int g, int *scale, int *min)
{
    if (g < 4) {
        *scale = s[g] & 63;
        *min = s[g + 4] & 63;
    } else {
        *scale = (s[g + 4] & 15) | s[g - 4] >> 6 << 4;
        *min = s[g + 4] >> 4 | s[g] >> 6 << 4;
    }
}

static void q4_k_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= K_BLOCK, p += 144) { /* d, dmin, 12 bytes of scales, 128 bytes of two values */
        float d = f16_value(p), dmin = f16_value(p + 2);
        for (int g = 0; g < 8; g++, y += 32) { /* 32 values share a scale */
            const uint8_t *q = p + 16 + g / 2 * 32;
            int s, m, shift = g % 2 * 4;
            k_scale_min(p + 4, g, &s, &m);
            float scale = d * (float)s, min = dmin * (float)m;
            for (int i = 0; i < 32; i++)
                y[i] = scale * (float)(q[i] >> shift & 15) - min;
        }
    }
}

static void q5_k_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= K_BLOCK,
              p += 176) { /* d, dmin, 12 bytes of scales, 32 of fifth bits, 128 of two values */
        const uint8_t *high = p + 16;
        float d = f16_value(p), dmin = f16_value(p + 2);
        for (int g = 0; g < 8; g++, y += 32) {
            const uint8_t *q = p + 48 + g / 2 * 32;
            int s, m, shift = g % 2 * 4;
            k_scale_min(p + 4, g, &s, &m);
            float scale = d * (float)s, min = dmin * (float)m;
            for (int i = 0; i < 32; i++)
                y[i] = scale * (float)((q[i] >> shift & 15) | (high[i] >> g & 1) << 4) - min;
        }
    }
}

static void q6_k_scalar(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= K_BLOCK,
              p += 210) { /* 128 bytes of low 4 bits, 64 of high 2 bits, 16 signed scales, d */
        float d = f16_value(p + 208);
        for (int g = 0; g < 8; g++, y += 32) {
            const uint8_t *low = p + g / 4 * 64 + g % 2 * 32, *high = p + 128 + g / 4 * 32;
            int low_shift = g % 4 / 2 * 4, high_shift = g % 4 * 2;
            for (int i = 0; i < 32; i++) {
                int q = (low[i] >> low_shift & 15) | (high[i] >> high_shift & 3) << 4;
                y[i] = d * (float)(int8_t)p[192 + g * 2 + i / 16] * (float)(q - 32);
            }
        }
    }
}

#ifdef __x86_64__

#include <immintrin.h>

/* The vector versions: eight values at a time. d * q is exact in f32, so one rounding, as in the scalar ones. */

#define AVX2 __attribute__((target("avx2,fma,f16c")))

AVX2 static __m128i load16(const uint8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* y = d * q of 16 signed bytes. */
AVX2 static void scale_bytes(float *y, __m128i q, __m256 d)
{
    __m256i low = _mm256_cvtepi8_epi32(q), high = _mm256_cvtepi8_epi32(_mm_srli_si128(q, 8));
    _mm256_storeu_ps(y, _mm256_mul_ps(_mm256_cvtepi32_ps(low), d));
    _mm256_storeu_ps(y + 8, _mm256_mul_ps(_mm256_cvtepi32_ps(high), d));
}

/* y = d * q + m of 16 signed bytes. */
AVX2 static void scale_shift_bytes(float *y, __m128i q, __m256 d, __m256 m)
{
    __m256i low = _mm256_cvtepi8_epi32(q), high = _mm256_cvtepi8_epi32(_mm_srli_si128(q, 8));
    _mm256_storeu_ps(y, _mm256_fmadd_ps(_mm256_cvtepi32_ps(low), d, m));
    _mm256_storeu_ps(y + 8, _mm256_fmadd_ps(_mm256_cvtepi32_ps(high), d, m));
}

AVX2 static void q4_0_avx2(float *y, const uint8_t *p, size_t n)
{
    const __m128i mask = _mm_set1_epi8(15), eight = _mm_set1_epi8(8);
    for (; n; n -= BLOCK, y += BLOCK, p += 18) {
        __m256 d = _mm256_set1_ps(_cvtsh_ss(load_u16(p)));
        __m128i q = load16(p + 2), high = _mm_srli_epi16(q, 4);
        scale_bytes(y, _mm_sub_epi8(_mm_and_si128(q, mask), eight), d);
        scale_bytes(y + 16, _mm_sub_epi8(_mm_and_si128(high, mask), eight), d);
    }
}

AVX2 static void q4_1_avx2(float *y, const uint8_t *p, size_t n)
{
    const __m128i mask = _mm_set1_epi8(15);
    for (; n; n -= BLOCK, y += BLOCK, p += 20) {
        __m256 d = _mm256_set1_ps(_cvtsh_ss(load_u16(p)));
        __m256 m = _mm256_set1_ps(_cvtsh_ss(load_u16(p + 2)));
        __m128i q = load16(p + 4), high = _mm_srli_epi16(q, 4);
        scale_shift_bytes(y, _mm_and_si128(q, mask), d, m);
        scale_shift_bytes(y + 16, _mm_and_si128(high, mask), d, m);
    }
}

AVX2 static void q8_0_avx2(float *y, const uint8_t *p, size_t n)
{
    for (; n; n -= BLOCK, y += BLOCK, p += 34) {
        __m256 d = _mm256_set1_ps(_cvtsh_ss(load_u16(p)));
        scale_bytes(y, load16(p + 2), d);
        scale_bytes(y + 16, load16(p + 18), d);
    }
}

AVX2 static void f16_avx2(float *y, const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        _mm256_storeu_ps(y + i, _mm256_cvtph_ps(load16(p + 2 * i)));
    f16_scalar(y + i, p + 2 * i, n - i);
}

AVX2 static void bf16_avx2(float *y, const uint8_t *p, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m128i half = load16(p + 2 * i);
        __m256i bits = _mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16);
        _mm256_storeu_ps(y + i, _mm256_castsi256_ps(bits));
    }
    bf16_scalar(y + i, p + 2 * i, n - i);
}

#endif

typedef void row_function(float *y, const uint8_t *p, size_t n);

static row_function *const scalar[DTYPE_COUNT] = {
    [DTYPE_F32] = f32_scalar,   [DTYPE_F16] = f16_scalar,   [DTYPE_BF16] = bf16_scalar,
    [DTYPE_Q4_0] = q4_0_scalar, [DTYPE_Q4_1] = q4_1_scalar, [DTYPE_Q5_0] = q5_0_scalar,
    [DTYPE_Q5_1] = q5_1_scalar, [DTYPE_Q8_0] = q8_0_scalar, [DTYPE_Q2_K] = q2_k_scalar,
    [DTYPE_Q3_K] = q3_k_scalar, [DTYPE_Q4_K] = q4_k_scalar, [DTYPE_Q5_K] = q5_k_scalar,
    [DTYPE_Q6_K] = q6_k_scalar,
};

static row_function *const avx2[DTYPE_COUNT] = {
    [DTYPE_F32] = NULL, /* and those not named */
#ifdef __x86_64__
    [DTYPE_F16] = f16_avx2,   [DTYPE_BF16] = bf16_avx2, [DTYPE_Q4_0] = q4_0_avx2,
    [DTYPE_Q4_1] = q4_1_avx2, [DTYPE_Q8_0] = q8_0_avx2,
#endif
};

void dequantise_scalar(float *values, const void *blocks, enum dtype type, size_t n)
{
    assert(scalar[type] && n % dtype_block_values(type) == 0);
    scalar[type](values, blocks, n);
}

void dequantise(float *values, const void *blocks, enum dtype type, size_t n)
{
    if (!avx2[type] || !cpu()->has_avx2) {
        dequantise_scalar(values, blocks, type, n);
        return;
    }
    assert(n % dtype_block_values(type) == 0);
    avx2[type](values, blocks, n);
}
