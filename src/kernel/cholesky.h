/* cholesky.h - symmetric positive definite systems. Matrices are (n, n), row after row.
 *
 * The small systems of alternating least squares, one for each user and item, are built and solved by kernels of ours:
 * at n = 64 a LAPACK call spends more time on packing than on arithmetic. The one large inverse
 * is made of tiles that LAPACK and BLAS compute. */
#ifndef KERNEL_CHOLESKY_H
#define KERNEL_CHOLESKY_H

#include "base/threads.h"
#include "kernel/gram_prefetch.h"

#include <stdint.h>

/* a (dim, dim) += sum over p of q q', its upper triangle (more of it may be written), and b (dim) += sum of q, where q is
 * row index[p] of rows (any, dim). Any dim; multiples of 16 are fast. */
void gram_add(float *a, float *b, const float *rows, const int32_t *index, int n, int dim);

/* A = U'U: from its upper triangle `a` becomes U in both triangles, so that solving reads rows both ways. -1 when A is
 * not positive definite. */
int cholesky_factor(float *a, int n);

/* x (rows, n): each row becomes A^-1 times it, from the factor. */
void cholesky_solve(const float *factor, int n, float *x, int rows);

/* `a` (n, n), of which the lower triangle is read, becomes A^-1, both triangles, in place. In tiles that threads share
 * out (OpenBLAS set to one thread): n^3 operations in all, and the same bits at any number of threads.
 * scratch (n, CHOLESKY_TILE). -1 when A is not positive definite. */
#define CHOLESKY_TILE 128
int cholesky_invert(float *a, int n, struct threads *pool, float *scratch);

#endif
