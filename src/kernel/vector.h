/* vector.h - vectors as wide as the machine's, in plain C (GCC's and clang's vector types).
 *
 * A file that holds kernels holds nothing else, and is compiled once for each instruction set (tools/compile), with
 * LANES floats a vector: 4 (SSE2, NEON), 8 (AVX2) or 16 (AVX-512). A kernel is an always-inline body `x_body`;
 * KERNEL(x, (parameters), (names)) makes x out of it, which chooses among them. What a loop does to each element by
 * itself goes by LANES; a sum goes by WIDE = 16 on every machine: PARTS vectors hold what stands at 0..15, 16..31 ...,
 * and are added up by the same tree. Multiply-adds are fused only where floats_fma and floats_fnma say so. So results are the same to
 * the bit on all machines; with those on all but SSE2, which cannot fuse. */
#ifndef KERNEL_VECTOR_H
#define KERNEL_VECTOR_H

#include "base/cpu.h"
#include "base/dtype.h"
#include "kernel/bf16.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#pragma GCC diagnostic ignored                                                                     \
    "-Wpsabi" /* nothing here is called across files with vector arguments */

#ifdef __AVX512F__
#define LANES  16
#define SET(X) X##_avx512
#elif defined __AVX2__
#define LANES  8
#define SET(X) X##_avx2
#else
#define LANES 4
#define IS_BASE
#endif

#define WIDE   16
#define PARTS  (WIDE / LANES)
#define LOG2_E ((float)M_LOG2E) /* exp(x) = exp2(x * LOG2_E) */
#define BODY   static inline __attribute__((always_inline))
#define APART  static __attribute__((noinline)) /* in a file of kernels: what wants all registers */

/* Before a loop whose accumulators must become registers; gcc does not unroll such loops by itself at -O2. */
#ifdef __clang__
#define UNROLL   _Pragma("unroll")
#define UNROLL_8 _Pragma("unroll 8")
#else
#define UNROLL   _Pragma("GCC unroll 16")
#define UNROLL_8 _Pragma("GCC unroll 8") /* where there may be more than registers hold */
#endif
#define EACH_PART(P) UNROLL for (int P = 0; P < PARTS; P++)

typedef float floats __attribute__((vector_size(LANES * 4)));
typedef int32_t ints __attribute__((vector_size(LANES * 4)));
typedef uint32_t uints __attribute__((vector_size(LANES * 4)));
typedef uint16_t halves __attribute__((vector_size(LANES * 2)));
typedef float four_floats __attribute__((vector_size(16)));

/* KERNEL_OF(float, x, ...): one that returns a value. */
#define KERNEL(NAME, PARAMETERS, NAMES)          KERNEL_AS(void, , NAME, PARAMETERS, NAMES)
#define KERNEL_OF(TYPE, NAME, PARAMETERS, NAMES) KERNEL_AS(TYPE, return, NAME, PARAMETERS, NAMES)

#ifndef IS_BASE
#define KERNEL_AS(TYPE, RETURN, NAME, PARAMETERS, NAMES)                                           \
    TYPE SET(NAME) PARAMETERS;                                                                     \
    TYPE SET(NAME) PARAMETERS                                                                      \
    {                                                                                              \
        RETURN NAME##_body NAMES;                                                                  \
    }
#elif defined __x86_64__
#define KERNEL_AS(TYPE, RETURN, NAME, PARAMETERS, NAMES)                                           \
    TYPE NAME##_avx2 PARAMETERS;                                                                   \
    TYPE NAME##_avx512 PARAMETERS;                                                                 \
    TYPE NAME PARAMETERS                                                                           \
    {                                                                                              \
        if (cpu()->has_avx512)                                                                     \
            RETURN NAME##_avx512 NAMES;                                                            \
        else if (cpu()->has_avx2)                                                                  \
            RETURN NAME##_avx2 NAMES;                                                              \
        else                                                                                       \
            RETURN NAME##_body NAMES;                                                              \
    }
#else
#define KERNEL_AS(TYPE, RETURN, NAME, PARAMETERS, NAMES)                                           \
    TYPE NAME PARAMETERS                                                                           \
    {                                                                                              \
        RETURN NAME##_body NAMES;                                                                  \
    }
#endif

/* ---- what each machine has an instruction for ---- */

#ifdef __x86_64__

#include <immintrin.h>

#if LANES == 16
#define OF_SET(OPERATION) _mm512_##OPERATION##_ps
#elif LANES == 8
#define OF_SET(OPERATION) _mm256_##OPERATION##_ps
#else
#define OF_SET(OPERATION) _mm_##OPERATION##_ps
#endif

/* a > b ? a : b */
BODY floats floats_max(floats a, floats b)
{
    return OF_SET(max)(a, b);
}

/* a < b ? a : b */
BODY floats floats_min(floats a, floats b)
{
    return OF_SET(min)(a, b);
}

BODY four_floats four_floats_max(four_floats a, four_floats b)
{
    return _mm_max_ps(a, b);
}

BODY floats floats_sqrt(floats x)
{
    return OF_SET(sqrt)(x);
}

/* a * b + c, rounded once if the machine can. */
BODY floats floats_fma(floats a, floats b, floats c)
{
#ifdef __FMA__
    return OF_SET(fmadd)(a, b, c);
#else
    return a * b + c;
#endif
}

/* c - a * b, likewise. */
BODY floats floats_fnma(floats a, floats b, floats c)
{
#ifdef __FMA__
    return OF_SET(fnmadd)(a, b, c);
#else
    return c - a * b;
#endif
}

/* Lane i in all lanes. */
BODY floats floats_lane(floats v, int i)
{
#if LANES == 16
    return _mm512_permutexvar_ps(_mm512_set1_epi32(i), v);
#elif LANES == 8
    return _mm256_permutevar8x32_ps(v, _mm256_set1_epi32(i));
#else
    return v[i] - (floats){0};
#endif
}

/* Bit i says whether the condition holds in lane i. */
BODY uint32_t ints_bits(ints condition)
{
#if LANES == 16
    return _mm512_movepi32_mask((__m512i)condition);
#else
    return (uint32_t)OF_SET(movemask)((floats)condition);
#endif
}

/* The first n values, the rest zero: the last ones of a row. */
BODY floats floats_load_some(const float *p, int n)
{
    if (n >= LANES)
        return OF_SET(loadu)(p);
#if LANES == 16
    return _mm512_maskz_loadu_ps((__mmask16)((1 << (n > 0 ? n : 0)) - 1), p);
#else
    floats v = {0};
    for (int i = 0; i < n; i++)
        v[i] = p[i];
    return v;
#endif
}

BODY void floats_store_some(float *p, floats v, int n)
{
    if (n >= LANES)
        OF_SET(storeu)(p, v);
#if LANES == 16
    else
        _mm512_mask_storeu_ps(p, (__mmask16)((1 << (n > 0 ? n : 0)) - 1), v);
#else
    for (int i = 0; n < LANES && i < n; i++)
        p[i] = v[i];
#endif
}

#else

#include <arm_neon.h>

BODY floats floats_max(floats a, floats b)
{
    return (floats)vbslq_f32((uint32x4_t)(a > b), (float32x4_t)a, (float32x4_t)b);
}

BODY floats floats_min(floats a, floats b)
{
    return (floats)vbslq_f32((uint32x4_t)(a < b), (float32x4_t)a, (float32x4_t)b);
}

BODY four_floats four_floats_max(four_floats a, four_floats b)
{
    return floats_max(a, b);
}

BODY floats floats_sqrt(floats x)
{
    return (floats)vsqrtq_f32((float32x4_t)x);
}

BODY floats floats_fma(floats a, floats b, floats c)
{
    return (floats)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

BODY floats floats_fnma(floats a, floats b, floats c)
{
    return (floats)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

BODY floats floats_lane(floats v, int i)
{
    return v[i] - (floats){0};
}

BODY uint32_t ints_bits(ints condition)
{
    return vaddvq_u32((uint32x4_t)(condition & (ints){1, 2, 4, 8}));
}

BODY floats floats_load_some(const float *p, int n)
{
    floats v = {0};
    for (int i = 0; i < n && i < LANES; i++)
        v[i] = p[i];
    return v;
}

BODY void floats_store_some(float *p, floats v, int n)
{
    for (int i = 0; i < n && i < LANES; i++)
        p[i] = v[i];
}

#endif

/* ---- what all have ---- */

BODY floats floats_load(const float *p)
{
    floats v;
    memcpy(&v, p, sizeof v);
    return v;
}

BODY void floats_store(float *p, floats v)
{
    memcpy(p, &v, sizeof v);
}

BODY floats floats_all(float x)
{
    return x - (floats){0};
}

/* 0, 1, 2 ... */
BODY ints lane_numbers(void)
{
    static const int32_t number[WIDE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    ints v;
    memcpy(&v, number, sizeof v);
    return v;
}

/* The lower and upper half of what is left, again and again, down to four: a tree, the same on every machine. */
BODY four_floats fold_to_four(const floats part[PARTS])
{
#if LANES == 16
    typedef float eight_floats __attribute__((vector_size(32)));
    const floats v = part[0];
    const eight_floats eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                               __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#elif LANES == 8
    const floats eight = part[0] + part[1];
#else
    return (part[0] + part[2]) + (part[1] + part[3]);
#endif
#if LANES > 4
    return __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
           __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#endif
}

/* Of sixteen lanes. */
BODY float floats_sum(const floats part[PARTS])
{
    four_floats four = fold_to_four(part);
    four += __builtin_shufflevector(four, four, 2, 3, 2, 3);
    return four[0] + four[1];
}

BODY int32_t ints_sum(ints v)
{
    int32_t lane[LANES], sum = 0;
    memcpy(lane, &v, sizeof lane);
    for (int i = 0; i < LANES; i++)
        sum += lane[i];
    return sum;
}

BODY floats floats_select(ints condition, floats yes, floats no)
{
    return (floats)((condition & (ints)yes) | (~condition & (ints)no));
}

/* x where the condition holds, else 0 */
BODY floats floats_if(ints condition, floats x)
{
    return (floats)(condition & (ints)x);
}

BODY float floats_highest(floats v)
{
#if LANES == 16
    four_floats four =
        four_floats_max(four_floats_max(__builtin_shufflevector(v, v, 0, 1, 2, 3),
                                        __builtin_shufflevector(v, v, 4, 5, 6, 7)),
                        four_floats_max(__builtin_shufflevector(v, v, 8, 9, 10, 11),
                                        __builtin_shufflevector(v, v, 12, 13, 14, 15)));
#elif LANES == 8
    four_floats four = four_floats_max(__builtin_shufflevector(v, v, 0, 1, 2, 3),
                                       __builtin_shufflevector(v, v, 4, 5, 6, 7));
#else
    four_floats four = v;
#endif
    four = four_floats_max(four, __builtin_shufflevector(four, four, 2, 3, 2, 3));
    return four[0] > four[1] ? four[0] : four[1];
}

/* 2^x to about 2e-7 relative: 2^n by the exponent's bits times the Taylor polynomial of 2^f, |f| <= 1/2.
 * Below -126 the result is 0, above 127 it stays at 2^127. */
BODY floats floats_exp2(floats x)
{
    const ints is_zero = x < -126.0f;
    x = floats_min(floats_all(127.0f), floats_max(floats_all(-126.0f), x)); /* NaN stays NaN */
    const floats shifted = x + 0x1.8p23f; /* rounds to a whole number, which lands in the low bits */
    const ints n = (ints)shifted - (ints)floats_all(0x1.8p23f);
    const floats f = x - (shifted - 0x1.8p23f);
    floats p = f * 1.5403530e-4f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1.0f;
    return (floats)(((ints)p + (n << 23)) & ~is_zero);
}

/* Rounded to the nearest bf16, ties to even; not for NaN. */
BODY void bf16_store(uint16_t *p, floats v)
{
    uints bits = (uints)v;
    bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const halves narrow = __builtin_convertvector(bits, halves);
    memcpy(p, &narrow, sizeof narrow);
}

BODY floats bf16_load(const uint16_t *p)
{
    halves narrow;
    memcpy(&narrow, p, sizeof narrow);
    return (floats)(__builtin_convertvector(narrow, uints) << 16);
}

/* A vector into place i of an array of `type`, DTYPE_F32 or DTYPE_BF16. */
BODY void floats_store_as(void *array, enum dtype type, size_t i, floats v)
{
    if (type == DTYPE_BF16)
        bf16_store((uint16_t *)array + i, v);
    else
        floats_store((float *)array + i, v);
}

#endif
