/* low_rank.h - the two products of a low-rank adapter (Hu et al. 2021) beside a linear layer, in f32:
 *
 *     u = A x,    y += B u
 *
 * A row's result is bit for bit the same whatever rows stand beside it. */
#ifndef KERNEL_LOW_RANK_H
#define KERNEL_LOW_RANK_H

#include "base/dtype.h"

/* Ranks are made up to a multiple of this, with rows of A and B that are zero. */
#define LOW_RANK_UNIT 4

/* u (rows, rank), rows u_stride apart, = x (rows, in) of DTYPE_F32 or DTYPE_BF16 times a (rank, in).
 * rank: a multiple of LOW_RANK_UNIT; in: of 16. */
void low_rank_in(float *u, int u_stride, const void *x, enum dtype type, const float *a, int rows,
                 int in, int rank);

/* y (rows, columns), rows y_stride apart, += u (rows, rank) times b (rank, columns), rows b_stride apart: B stands
 * transposed. columns: a multiple of 16; any rank. */
void low_rank_out(float *y, int y_stride, const float *u, int u_stride, const float *b,
                  int b_stride, int rows, int rank, int columns);

#endif
