/* cpu.h - the one place that asks the processor what it can do. */
#ifndef BASE_CPU_H
#define BASE_CPU_H

#include <stdbool.h>

struct cpu {
    bool has_avx2;   /* with FMA and F16C */
    bool has_avx512; /* F, BW, DQ, VL */
    bool has_avx512_bf16;
    bool has_amx_bf16;
    char name[64]; /* as the processor calls itself */
};

/* Asked once, then remembered; any thread may call. LLMX_CPU=scalar|avx2|avx512 in the environment lowers
 * what is reported, so that tests can hold every path against the others on one machine. */
const struct cpu *cpu(void);

#endif
