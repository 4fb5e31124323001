/* low_rank.h - the first product of a low-rank adapter (Hu et al. 2021) beside a linear layer, u = A x, from inputs as
 * the layer's own product takes them. The second one, y += B u, is small_product_add's. */
#ifndef KERNEL_LOW_RANK_H
#define KERNEL_LOW_RANK_H

#include "base/dtype.h"

/* Ranks are made up to a multiple of this, with rows of A that are zero. */
#define LOW_RANK_UNIT 4

/* u (rows, rank), rows u_stride apart, = x (rows, in) of DTYPE_F32 or DTYPE_BF16 times a (rank, in), in f32.
 * rank: a multiple of LOW_RANK_UNIT; in: of 16. A row's result is bit for bit the same whatever rows stand beside it. */
void low_rank_in(float *u, int u_stride, const void *x, enum dtype type, const float *a, int rows,
                 int in, int rank);

#endif
