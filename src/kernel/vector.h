/* vector.h - vectors as wide as the machine's, in plain C (GCC's and clang's vector types).
 *
 * A file that holds kernels holds nothing else, and is compiled once for each instruction set (tools/compile), with
 * LANES floats a vector: 4 (SSE2, NEON), 8 (AVX2) or 16 (AVX-512). A kernel is an always-inline body `x_body`;
 * KERNEL(x, (parameters), (names)) makes x out of it, which chooses among them. What a loop does to each element by
 * itself goes by LANES; a sum goes by WIDE = 16 on every machine: PARTS vectors hold what stands at 0..15, 16..31 ...,
 * and are added up by the same tree. Multiply-adds are fused only where floats_fma and floats_fnma say so (-ffp-contract=off:
 * clang would fuse others). So results are the same to the bit on all machines; with those on all but SSE2, which cannot
 * fuse. */
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
#define EACH_PART(P)                                                                               \
    UNROLL                                                                                         \
    for (int P = 0; P < PARTS; P++)

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

#ifdef __x86_64__
#include "kernel/vector_x86.h"
#else
#include "kernel/vector_neon.h"
#endif
#include "kernel/vector_common.h"

#endif
