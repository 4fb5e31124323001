#include "product/small_product.h"

#define GROUP 8 /* rows whose shares of what was there stand in one array */

void small_product_add(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                       const float *b, size_t b_row, int rows, int inner, int columns)
{
    static const float ones[GROUP] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int r = 0; r < rows; r += GROUP, c += GROUP * c_row, a += GROUP * a_row)
        small_product(c, c_row, a, a_row, a_step, b, b_row, rows - r < GROUP ? rows - r : GROUP,
                      inner, columns, ones);
}

void small_product_scalar(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                          const float *b, size_t b_row, int rows, int inner, int columns,
                          const float *keep)
{
    for (size_t r = 0; r < (size_t)rows; r++)
        for (size_t j = 0; j < (size_t)columns; j++) {
            float sum = keep ? keep[r] * c[r * c_row + j] : 0.0f;
            for (size_t i = 0; i < (size_t)inner; i++)
                sum += a[r * a_row + i * a_step] * b[i * b_row + j];
            c[r * c_row + j] = sum;
        }
}
