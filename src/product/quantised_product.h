/* quantised_product.h - Y = X W^T of quantised inputs and weights, in integers.
 *
 * With the groups in order, every operation on floats rounded by itself and none fused,
 *
 *     y = 0;  y += scale * (d * sum((q - zero) * x))  or, Q4_1,  y += scale * (d * sum(q * x) + m * sum(x))
 *
 * where the sums are exact. So a row's result is the same to the bit on every instruction set, and whatever rows and
 * columns stand beside it. Threads never meet in here: each runs its own columns (a `struct quantised` of their own) or
 * its own rows. */
#ifndef PRODUCT_QUANTISED_PRODUCT_H
#define PRODUCT_QUANTISED_PRODUCT_H

#include "product/quantised.h"

/* y (n_rows, columns of w) = rows (n_rows of quantised_row_bytes, one after the other) times w. Any number of rows; one to
 * four cost about as much as reading the weights. */
void quantised_product(float *y, const struct quantised *w, const void *rows, int n_rows);

#endif
