/* dropout_lanes.h - dropout.h for kernels: many factors at once. */
#ifndef KERNEL_DROPOUT_LANES_H
#define KERNEL_DROPOUT_LANES_H

#include "kernel/dropout.h"
#include "kernel/vector.h"

/* dropout_factor of places i, i + 1 ... */
BODY floats dropout_factors(const struct dropout *dropout, uint32_t i)
{
    uints x = ((uints)lane_numbers() + i) * 0x9e3779b9u + dropout->low;
    x = (x ^ x >> 16) * 0x7feb352du + dropout->high;
    x = (x ^ x >> 15) * 0x846ca68bu;
    x ^= x >> 16;
    const ints is_kept = ~((ints)(x >> 8) - (int32_t)dropout->dropped) >> 31;
    return floats_if(is_kept, floats_all(dropout->scale));
}

#endif
