/* bench.h - what this machine can do at best, measured now, to stand beside what we reach. */
#ifndef LLMXREC_BENCH_H
#define LLMXREC_BENCH_H

#include "llmxrec/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the processor does in registers alone, whatever the library: multiplications and additions. */
struct llmx_ceiling {
    double
        giga_per_s; /* 1e9 operations a second, all threads together; 0: it has no such instructions */
    char instructions[48]; /* that reach it: "AVX-512 VNNI" */
};

struct llmx_ceilings {
    char processor[64];
    int threads;
    struct llmx_ceiling f32, bf16; /* dot products summed in f32 */
    struct llmx_ceiling int8;      /* dot products of bytes, summed in 32 bits */
    double read_gb_s;              /* reading 256 MiB, all threads together */
};

/* Takes about a second. threads 0: one per core. */
LLMX_API int llmx_ceilings(struct llmx_ceilings *ceilings, int threads, struct llmx_error *err);

struct llmx_model;

struct llmx_gradient_load {
    int tokens;
    /* of the matrix products it needs: forward, and backward to the inputs of every layer */
    double flops;
};

/* Times `rounds` gradients of one batch, as tuning a low-rank adapter (rank 8, all linear layers) on the paper's examples
 * computes them: `sequences` of 463 to 666 tokens, of which the last 69 to 95 are learnt. seconds (rounds).
 * threads 0: one per core. */
LLMX_API int llmx_bench_gradient(const struct llmx_model *model, int sequences, int threads,
                                 int rounds, double *seconds, struct llmx_gradient_load *load,
                                 struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
