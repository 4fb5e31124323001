/* quantised.h - products of quantised rows with quantised weights, in integers: Y = X W^T.
 *
 *     struct quantised w = {DTYPE_Q4_0, 576, 1536, memory};         quantised_bytes(&w) of it
 *     quantised_pack(&w, 0, 1536, blocks, DTYPE_Q4_0);              as files hold them
 *     quantised_row(row, x, 576);                                   quantised_row_bytes(576) of it, for each row
 *     quantised_product(y, &w, rows, 30);                           y (30, 1536)
 *
 * Both sides are cut into groups of 32 along `inner`. A weight is d * (q - zero), zero 8 in four bits and 128 in
 * eight, or d * q + m (Q4_1), with d and m in f16, exactly what GGUF's blocks of the type say. An input is s * x, x in
 * -127..127. With the groups in order, each operation rounded by itself and none fused,
 *
 *     y = 0;  y += s * (d * sum((q - zero) * x))  or  y += s * (d * sum(q * x) + m * sum(x))
 *
 * where the sums are exact. So a row's result is the same to the bit on every instruction set, and whatever rows and
 * columns stand beside it. Threads never meet in here: each runs its own columns (a `struct quantised` of their own) or
 * its own rows. */
#ifndef KERNEL_QUANTISED_H
#define KERNEL_QUANTISED_H

#include "base/dtype.h"

#include <stddef.h>

#define QUANTISED_GROUP 32 /* `inner` is a multiple of this */
#define QUANTISED_COLUMNS                                                                          \
    64 /* whole panels of so many are computed: other numbers of columns waste the rest */

struct quantised {
    enum dtype type;    /* DTYPE_Q4_0, DTYPE_Q4_1 or DTYPE_Q8_0 */
    int inner, columns; /* W is (columns, inner) in a file's layout */
    void *data;         /* the caller's, aligned to 64 bytes, quantised_bytes() of it */
};

size_t quantised_bytes(const struct quantised *w); /* a multiple of 64 */

/* Packs columns first .. first + n - 1 out of their values in a file's layout (n, inner): blocks of the type of `w`,
 * kept exactly, or DTYPE_F32 for DTYPE_Q8_0, rounded as quantise() does. `values` may be unaligned. Any thread;
 * different columns may be packed at the same time. All must be packed before a product. */
void quantised_pack(const struct quantised *w, int first, int n, const void *values,
                    enum dtype type);

size_t quantised_row_bytes(int inner); /* a multiple of 4 */

/* Rounds x (inner) to the nearest steps (ties to even) of each group's largest / 127; `row`: aligned to 4 bytes. The
 * same bytes on every instruction set. A group with an infinity or what is no number in it makes all the row's
 * results NaN; one whose values all lie below 1e-30 counts as zeros. */
void quantised_row(void *row, const float *x, int inner);

/* y (n_rows, columns) = rows (n_rows of quantised_row_bytes, one after the other) times w. Any number of rows; up to 16
 * are bound by reading the weights, from there on by the processor. */
void quantised_product(float *y, const struct quantised *w, const void *rows, int n_rows);

#endif
