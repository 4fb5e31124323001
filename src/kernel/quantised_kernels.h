/* quantised_kernels.h - how quantised.h lays out its numbers, and its product for each instruction set. */
#ifndef KERNEL_QUANTISED_KERNELS_H
#define KERNEL_QUANTISED_KERNELS_H

#include "kernel/quantised.h"

#include <stdbool.h>
#include <stdint.h>

#define GROUP   QUANTISED_GROUP
#define COLUMNS QUANTISED_COLUMNS
#define QUAD    4 /* inputs side by side, as dot products of bytes take them */
#define QUADS   (GROUP / QUAD)

/* A row is inner / 32 of these. */
struct quantised_group {
    float scale;
    int32_t sum; /* of x */
    int8_t x[GROUP];
};

/* Weights are panels of 64 columns, of which each holds its groups' cells one after the other: q as (quads, 64, 4), then d
 * (64), then with Q4_1 m (64), both f16. Eight bits: 8 quads. Four bits: 4 quads of bytes, whose low halves are quads 0
 * to 3, the high ones 4 to 7. */
static inline bool cell_is_4_bit(enum dtype type)
{
    return type != DTYPE_Q8_0;
}

static inline size_t cell_q_bytes(enum dtype type)
{
    return cell_is_4_bit(type) ? COLUMNS * GROUP / 2 : COLUMNS * GROUP;
}

static inline size_t cell_bytes(enum dtype type)
{
    return cell_q_bytes(type) + (type == DTYPE_Q4_1 ? 2u : 1u) * COLUMNS * sizeof(uint16_t);
}

/* What q counts from. */
static inline int cell_zero(enum dtype type)
{
    return type == DTYPE_Q4_0 ? 8 : type == DTYPE_Q8_0 ? 128 : 0;
}

/* Each is quantised_product, for processors that have the instruction set. */
typedef void quantised_kernel(float *y, const struct quantised *w, const void *rows, int n_rows);

quantised_kernel quantised_product_scalar; /* the plain reference */

#endif
