/* few_rows.h - products of one or two rows with packed bf16 weights, which are bound by reading the weights: four
 * streams of them at once reach nine tenths of what the memory gives, oneDNN's kernels half. */
#ifndef PRODUCT_FEW_ROWS_H
#define PRODUCT_FEW_ROWS_H

#include <stdint.h>

#define FEW_ROWS_MAX     2
#define FEW_ROWS_COLUMNS 64 /* of a block */

/* y (rows, columns) = x (rows, inner) times `packed`: blocks of 64 columns, `block_stride` numbers apart, each
 * (inner / 2, 64, 2), which is oneDNN's layout BA16a64b2a. inner: even; columns: a multiple of 64.
 * Needs a processor with AVX-512 bf16. */
void product_few_rows(float *y, const uint16_t *x, const uint16_t *packed, int rows, int inner,
                      int columns, long block_stride);

#endif
