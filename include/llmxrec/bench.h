/* bench.h - what this machine can do at best, measured now, to stand beside what we reach. */
#ifndef LLMXREC_BENCH_H
#define LLMXREC_BENCH_H

#include "llmxrec/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct llmx_ceilings {
    char processor[64];
    int threads;
    double
        f32_gflops; /* (512, 576) x (576, 1536) products with packed weights, every thread its own */
    double bf16_gflops; /* the same in bf16; 0 where the processor has no bf16 products */
    double read_gb_s;   /* reading 256 MiB, all threads together */
};

/* Takes about a second. threads 0: one per core. */
LLMX_API int llmx_ceilings(struct llmx_ceilings *ceilings, int threads, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
