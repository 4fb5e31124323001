/* ceiling.h - what this machine can do at best, measured now, to stand beside what we reach. */
#ifndef KERNEL_CEILING_H
#define KERNEL_CEILING_H

#include "base/dtype.h"
#include "base/err.h"
#include "base/threads.h"

/* GFLOP/s of (512, 576) x (576, 1536) products (a feed-forward layer of SmolLM2) with packed weights, every thread
 * its own, all at once; the best of several rounds. DTYPE_BF16 needs a processor that multiplies it. */
int ceiling_product(double *gflops, struct threads *threads, enum dtype type,
                    struct llmx_error *err);

/* GB/s of reading 256 MiB, all threads together; the best of several rounds. */
int ceiling_memory(double *gb_per_s, struct threads *threads, struct llmx_error *err);

#endif
