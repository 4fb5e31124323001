/* quantised.h - weights and inputs in a few bits, for products in integers (quantised_product.h).
 *
 *     struct quantised w = {DTYPE_Q4_0, 576, 1536, memory};         quantised_bytes(&w) of it
 *     quantised_pack(&w, 0, 1536, blocks, DTYPE_Q4_0);              as files hold them
 *     quantised_row(row, x, 576);                                   quantised_row_bytes(576) of it, for each row
 *
 * Both sides are cut into groups of 32 along `inner`. A weight is d * (q - zero), zero 8 in four bits and 128 in
 * eight, or d * q + m (Q4_1), with d and m in f16, exactly what GGUF's blocks of the type say. An input is scale * x, x
 * in -127..127. */
#ifndef PRODUCT_QUANTISED_H
#define PRODUCT_QUANTISED_H

#include "base/dtype.h"
#include "product/quantised_group.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUANTISED_COLUMNS 64 /* of a panel; a last one that is not full costs as much */
#define QUANTISED_QUAD    4  /* inputs side by side, as dot products of bytes take them */

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

size_t quantised_row_bytes(int inner); /* inner / 32 of struct quantised_group */

/* Rounds x (inner) to the nearest steps (ties to even) of each group's largest / 127; `row`: aligned to 4 bytes. The
 * same bytes on every instruction set. A group with an infinity or what is no number in it makes all the row's
 * results NaN; one whose values all lie below 1e-30 counts as zeros. */
void quantised_row(void *row, const float *x, int inner);

/* ---- the layout, for kernels ---- */

/* Weights are panels of 64 columns, of which each holds its groups' cells one after the other: q as (quads, 64, 4), then d
 * (64), then with Q4_1 m (64), both f16. Eight bits: 8 quads. Four bits: 4 quads of bytes, whose low halves are quads 0
 * to 3, the high ones 4 to 7. */
static inline bool cell_is_4_bit(enum dtype type)
{
    return type != DTYPE_Q8_0;
}

static inline size_t cell_q_bytes(enum dtype type)
{
    return QUANTISED_COLUMNS * QUANTISED_GROUP / (cell_is_4_bit(type) ? 2u : 1u);
}

static inline size_t cell_bytes(enum dtype type)
{
    return cell_q_bytes(type) +
           (type == DTYPE_Q4_1 ? 2u : 1u) * QUANTISED_COLUMNS * sizeof(uint16_t);
}

static inline size_t quantised_panel_bytes(const struct quantised *w)
{
    return (size_t)(w->inner / QUANTISED_GROUP) * cell_bytes(w->type);
}

/* What q counts from. */
static inline int cell_zero(enum dtype type)
{
    return type == DTYPE_Q4_0 ? 8 : type == DTYPE_Q8_0 ? 128 : 0;
}

#endif
