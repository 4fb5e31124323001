/* vector.h - sixteen lanes written once in plain C (GCC's and clang's vector types) and compiled for each
 * instruction set; what cannot be said in it (bf16 dot products) stands in files of its own.
 *
 * A kernel is an always-inline body `x_body`; KERNEL(x, (parameters), (names)) makes x out of it: SSE2, AVX2 and
 * AVX-512 versions and the choice between them. No multiply-add is fused, so lanes never depend on their place. */
#ifndef KERNEL_VECTOR_H
#define KERNEL_VECTOR_H

#include "base/cpu.h"
#include "base/dtype.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#pragma GCC diagnostic ignored                                                                     \
    "-Wpsabi" /* nothing here is called across files with vector arguments */

/* Before a loop whose accumulators must become registers; gcc does not unroll such loops by itself at -O2. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define LANES      16
#define LANES_AVX2 8                /* of what is written for AVX2 alone */
#define LOG2_E     ((float)M_LOG2E) /* exp(x) = exp2(x * LOG2_E) */
#define BODY       static inline __attribute__((always_inline))

typedef float f32x4 __attribute__((vector_size(16)));
typedef float f32x8 __attribute__((vector_size(32)));
typedef float f32x16 __attribute__((vector_size(64)));
typedef int32_t i32x4 __attribute__((vector_size(16)));
typedef int32_t i32x8 __attribute__((vector_size(32)));
typedef int32_t i32x16 __attribute__((vector_size(64)));
typedef uint32_t u32x8 __attribute__((vector_size(32)));
typedef uint32_t u32x16 __attribute__((vector_size(64)));
typedef uint16_t u16x16 __attribute__((vector_size(32)));

#define KERNEL(NAME, PARAMETERS, NAMES)                                                            \
    static void NAME##_sse2 PARAMETERS                                                             \
    {                                                                                              \
        NAME##_body NAMES;                                                                         \
    }                                                                                              \
    __attribute__((target("avx2,fma"))) static void NAME##_avx2 PARAMETERS                         \
    {                                                                                              \
        NAME##_body NAMES;                                                                         \
    }                                                                                              \
    __attribute__((                                                                                \
        target("avx512f,avx512bw,avx512dq,avx512vl"))) static void NAME##_avx512 PARAMETERS        \
    {                                                                                              \
        NAME##_body NAMES;                                                                         \
    }                                                                                              \
    void NAME PARAMETERS                                                                           \
    {                                                                                              \
        if (cpu()->has_avx512)                                                                     \
            NAME##_avx512 NAMES;                                                                   \
        else if (cpu()->has_avx2)                                                                  \
            NAME##_avx2 NAMES;                                                                     \
        else                                                                                       \
            NAME##_sse2 NAMES;                                                                     \
    }

BODY f32x8 f32x8_load(const float *p)
{
    f32x8 v;
    memcpy(&v, p, sizeof v);
    return v;
}

BODY void f32x8_store(float *p, f32x8 v)
{
    memcpy(p, &v, sizeof v);
}

BODY f32x16 f32x16_load(const float *p)
{
    f32x16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

BODY void f32x16_store(float *p, f32x16 v)
{
    memcpy(p, &v, sizeof v);
}

BODY f32x16 f32x16_all(float x)
{
    return x - (f32x16){0};
}

/* The lower and upper half of what is left, again and again: the order of a tree, the same on every machine. */
BODY float f32x16_sum(f32x16 v)
{
    f32x8 eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    f32x4 four = __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
                 __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
    four += __builtin_shufflevector(four, four, 2, 3, 2, 3);
    return four[0] + four[1];
}

BODY f32x16 f32x16_select(i32x16 condition, f32x16 yes, f32x16 no)
{
    return (f32x16)((condition & (i32x16)yes) | (~condition & (i32x16)no));
}

BODY f32x16 f32x16_max(f32x16 a, f32x16 b)
{
    return f32x16_select(a > b, a, b);
}

BODY float f32x16_highest(f32x16 v)
{
    f32x8 low = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7);
    f32x8 high = __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
    i32x8 is_low = low > high;
    low = (f32x8)((is_low & (i32x8)low) | (~is_low & (i32x8)high));
    f32x4 a = __builtin_shufflevector(low, low, 0, 1, 2, 3);
    f32x4 b = __builtin_shufflevector(low, low, 4, 5, 6, 7);
    i32x4 is_a = a > b;
    a = (f32x4)((is_a & (i32x4)a) | (~is_a & (i32x4)b));
    float even = a[0] > a[2] ? a[0] : a[2], odd = a[1] > a[3] ? a[1] : a[3];
    return even > odd ? even : odd;
}

/* 2^x to about 2e-7 relative: 2^n by the exponent's bits times the Taylor polynomial of 2^f, |f| <= 1/2.
 * Below -126 the result is 0, above 127 it stays at 2^127. */
BODY f32x16 f32x16_exp2(f32x16 x)
{
    i32x16 is_zero = x < -126.0f;
    x = f32x16_select(x < -126.0f, f32x16_all(-126.0f), x);
    x = f32x16_select(x > 127.0f, f32x16_all(127.0f), x);
    f32x16 shifted = x + 0x1.8p23f; /* rounds to a whole number, which lands in the low bits */
    i32x16 n = (i32x16)shifted - (i32x16)f32x16_all(0x1.8p23f);
    f32x16 f = x - (shifted - 0x1.8p23f);
    f32x16 p = f * 1.5403530e-4f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1.0f;
    return (f32x16)(((i32x16)p + (n << 23)) & ~is_zero);
}

/* Rounded to the nearest bf16, ties to even; not for NaN. */
BODY void bf16x16_store(uint16_t *p, f32x16 v)
{
    u32x16 bits = (u32x16)v;
    bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    u16x16 narrow = __builtin_convertvector(bits, u16x16);
    memcpy(p, &narrow, sizeof narrow);
}

/* Sixteen values into place i of an array of `type`, DTYPE_F32 or DTYPE_BF16. */
BODY void f32x16_store_as(void *array, enum dtype type, size_t i, f32x16 v)
{
    if (type == DTYPE_BF16)
        bf16x16_store((uint16_t *)array + i, v);
    else
        f32x16_store((float *)array + i, v);
}

static inline uint16_t bf16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float f32_of_bf16(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
