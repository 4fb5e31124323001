/* cpu.h - the one place that asks the processor what it can do. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>

/* Of a function for processors with has_neon_dot, whose assembly has sdot. */
#ifdef __clang__
#define NEON_DOT __attribute__((target("dotprod")))
#else
#define NEON_DOT __attribute__((target("arch=armv8.2-a+dotprod")))
#endif

struct cpu {
    bool has_avx2;        /* with FMA and F16C */
    bool has_avx_vnni;    /* dot products of bytes in 32-byte vectors, without AVX-512 */
    bool has_avx512;      /* F, BW, DQ, VL */
    bool has_avx512_vnni; /* dot products of bytes in 64-byte vectors */
    bool has_avx512_bf16;
    bool has_amx_bf16, has_amx_int8;
    bool has_neon_dot; /* ARM's dot products of bytes; NEON itself every arm64 has */
    char name[64];     /* as the processor calls itself */
};

/* Asked once, then remembered; any thread may call. LLMX_CPU=sse2|avx2|avxvnni|avx512|avx512vnni|neon in the
 * environment lowers what is reported to that and what comes before it (avx512: no dot products of bytes; neon:
 * likewise; scalar is an old name of sse2), so that tests can hold every path against the others on one machine. */
const struct cpu *cpu(void);

#endif
