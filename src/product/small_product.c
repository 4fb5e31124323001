/* small_product.c - multiply-adds are fused: it doubles the speed, and a row's arithmetic is the same wherever it
 * stands. */
#include "product/small_product.h"

#include "kernel/vector.h"

/* Rows that share a load of b: enough accumulators to hide a multiply-add's latency */
#define GROUP 8

/* Up to GROUP rows, a constant in each caller, and LANES columns, of which the first `some` are there. */
BODY void multiply_tile(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                        const float *b, size_t b_row, int rows, int inner, int some,
                        const float *keep)
{
    floats sum[GROUP];
    UNROLL
    for (int r = 0; r < rows; r++)
        sum[r] = keep ? floats_load_some(c + (size_t)r * c_row, some) * keep[r] : (floats){0};
    for (int i = 0; i < inner; i++, b += b_row, a += a_step) {
        const floats row = floats_load_some(b, some);
        UNROLL
        for (int r = 0; r < rows; r++)
            sum[r] = floats_fma(floats_all(a[(size_t)r * a_row]), row, sum[r]);
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        floats_store_some(c + (size_t)r * c_row, sum[r], some);
}

BODY void multiply_rows(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                        const float *b, size_t b_row, int rows, int inner, int columns,
                        const float *keep)
{
    int j = 0;
    for (; j + LANES <= columns; j += LANES)
        multiply_tile(c + j, c_row, a, a_row, a_step, b + j, b_row, rows, inner, LANES, keep);
    if (j < columns)
        multiply_tile(c + j, c_row, a, a_row, a_step, b + j, b_row, rows, inner, columns - j, keep);
}

#define CASE(ROWS)                                                                                 \
    case ROWS:                                                                                     \
        multiply_rows(c, c_row, a, a_row, a_step, b, b_row, ROWS, inner, columns, keep);           \
        break;

/* All rows, in groups, the last one smaller. */
BODY void small_product_body(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                             const float *b, size_t b_row, int rows, int inner, int columns,
                             const float *keep)
{
    for (int r = 0; r < rows; r += GROUP, c += GROUP * c_row, a += GROUP * a_row) {
        switch (rows - r < GROUP ? rows - r : GROUP) {
            CASE(8)
            CASE(7)
            CASE(6)
            CASE(5)
            CASE(4)
            CASE(3)
            CASE(2)
            CASE(1)
        }
        keep = keep ? keep + GROUP : NULL;
    }
}
KERNEL(small_product,
       (float *c, size_t c_row, const float *a, size_t a_row, size_t a_step, const float *b,
        size_t b_row, int rows, int inner, int columns, const float *keep),
       (c, c_row, a, a_row, a_step, b, b_row, rows, inner, columns, keep))
