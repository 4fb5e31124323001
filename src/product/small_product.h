/* small_product.h - f32 products too small or too oddly laid out for product.h: tiles of attention, low-rank adapters.
 *
 *     c (rows, columns) = keep * c + a b
 *
 * c and b (inner, columns) are rows of floats, c_row and b_row apart; columns is a multiple of 8. Element (r, i) of
 * a (rows, inner) is a[r * a_row + i * a_step], so a may be transposed. keep (rows): each row's factor of what is
 * in c; NULL: 0, c is overwritten. A row's result does not depend on the rows beside it. Multiply-adds are
 * fused where the processor can. */
#ifndef PRODUCT_SMALL_PRODUCT_H
#define PRODUCT_SMALL_PRODUCT_H

#include <stddef.h>

void small_product(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                   const float *b, size_t b_row, int rows, int inner, int columns,
                   const float *keep);

/* c += a b. */
void small_product_add(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                       const float *b, size_t b_row, int rows, int inner, int columns);

/* The plain reference. */
void small_product_scalar(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                          const float *b, size_t b_row, int rows, int inner, int columns,
                          const float *keep);

#endif
