/* ceiling.h - the processor and the memory at their best, measured now on all threads at once. */
#ifndef PRODUCT_CEILING_H
#define PRODUCT_CEILING_H

#include "base/threads.h"
#include "llmxrec/bench.h"
#include "product/peak.h"

/* What the fastest instructions for a type reach; all zero where the processor has none. The best of several rounds. */
struct llmx_ceiling ceiling_peak(struct threads *threads, enum peak_type type);

/* GB/s of reading 256 MiB. The best of several rounds. */
int ceiling_memory(double *gb_per_s, struct threads *threads, struct llmx_error *err);

#endif
