/* small_product.c - multiply-adds are fused here, unlike vector.h says of other files: it doubles the speed, and a
 * row's arithmetic is the same wherever it stands. */
#ifndef __clang__
#pragma GCC optimize("fp-contract=fast") /* clang fuses within an expression by itself */
#endif

#include "kernel/small_product.h"

#include "kernel/vector.h"

#define GROUP                                                                                      \
    8 /* rows that share a load of b: enough accumulators to hide a multiply-add's latency */

/* Up to GROUP rows, a constant in each caller, WIDTH columns at a time: as wide as a register of the processor, for
 * wider vectors live in memory. keep NULL or not is a constant too. */
#define MULTIPLY_ROWS(NAME, VECTOR, WIDTH)                                                         \
    BODY void NAME(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,            \
                   const float *b, size_t b_row, int rows, int inner, int columns,                 \
                   const float *keep)                                                              \
    {                                                                                              \
        for (int j = 0; j < columns; j += WIDTH) {                                                 \
            VECTOR sum[GROUP];                                                                     \
            UNROLL                                                                                 \
            for (int r = 0; r < rows; r++)                                                         \
                sum[r] = keep ? VECTOR##_load(c + (size_t)r * c_row + j) * keep[r] : (VECTOR){0};  \
            const float *bi = b + j, *ai = a;                                                      \
            for (int i = 0; i < inner; i++, bi += b_row, ai += a_step) {                           \
                VECTOR row = VECTOR##_load(bi);                                                    \
                UNROLL                                                                             \
                for (int r = 0; r < rows; r++)                                                     \
                    sum[r] += ai[(size_t)r * a_row] * row;                                         \
            }                                                                                      \
            UNROLL                                                                                 \
            for (int r = 0; r < rows; r++)                                                         \
                VECTOR##_store(c + (size_t)r * c_row + j, sum[r]);                                 \
        }                                                                                          \
    }

#define CASE(NAME, ROWS)                                                                           \
    case ROWS:                                                                                     \
        NAME(c, c_row, a, a_row, a_step, b, b_row, ROWS, inner, columns, keep);                    \
        break;

/* All rows, in groups, the last one smaller. */
#define MULTIPLY(NAME, ROWS_NAME)                                                                  \
    BODY void NAME(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,            \
                   const float *b, size_t b_row, int all, int inner, int columns,                  \
                   const float *keep)                                                              \
    {                                                                                              \
        for (int r = 0; r < all; r += GROUP, c += GROUP * c_row, a += GROUP * a_row) {             \
            switch (all - r < GROUP ? all - r : GROUP) {                                           \
                CASE(ROWS_NAME, 8)                                                                 \
                CASE(ROWS_NAME, 7)                                                                 \
                CASE(ROWS_NAME, 6)                                                                 \
                CASE(ROWS_NAME, 5)                                                                 \
                CASE(ROWS_NAME, 4)                                                                 \
                CASE(ROWS_NAME, 3)                                                                 \
                CASE(ROWS_NAME, 2)                                                                 \
                CASE(ROWS_NAME, 1)                                                                 \
            }                                                                                      \
            keep = keep ? keep + GROUP : NULL;                                                     \
        }                                                                                          \
    }

MULTIPLY_ROWS(rows_by_16, f32x16, 16)
MULTIPLY_ROWS(rows_by_8, f32x8, 8)
MULTIPLY(multiply_by_16, rows_by_16)
MULTIPLY(multiply_by_8, rows_by_8)

#define PARAMETERS                                                                                 \
    (float *c, size_t c_row, const float *a, size_t a_row, size_t a_step, const float *b,          \
     size_t b_row, int rows, int inner, int columns, const float *keep)
#define NAMES (c, c_row, a, a_row, a_step, b, b_row, rows, inner, columns, keep)

__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl"))) static void multiply_avx512 PARAMETERS
{
    int wide = columns / 16 * 16;
    multiply_by_16(c, c_row, a, a_row, a_step, b, b_row, rows, inner, wide, keep);
    if (wide < columns)
        multiply_by_8(c + wide, c_row, a, a_row, a_step, b + wide, b_row, rows, inner, 8, keep);
}

__attribute__((target("avx2,fma"))) static void multiply_avx2 PARAMETERS
{
    multiply_by_8 NAMES;
}

void small_product PARAMETERS
{
    if (cpu()->has_avx512)
        multiply_avx512 NAMES;
    else if (cpu()->has_avx2)
        multiply_avx2 NAMES;
    else
        small_product_scalar NAMES;
}

void small_product_add(float *c, size_t c_row, const float *a, size_t a_row, size_t a_step,
                       const float *b, size_t b_row, int rows, int inner, int columns)
{
    static const float ones[GROUP] = {1, 1, 1, 1, 1, 1, 1, 1};
    for (int r = 0; r < rows; r += GROUP, c += GROUP * c_row, a += GROUP * a_row)
        small_product(c, c_row, a, a_row, a_step, b, b_row, rows - r < GROUP ? rows - r : GROUP,
                      inner, columns, ones);
}

void small_product_scalar PARAMETERS
{
    for (size_t r = 0; r < (size_t)rows; r++)
        for (size_t j = 0; j < (size_t)columns; j++) {
            float sum = keep ? keep[r] * c[r * c_row + j] : 0.0f;
            for (size_t i = 0; i < (size_t)inner; i++)
                sum += a[r * a_row + i * a_step] * b[i * b_row + j];
            c[r * c_row + j] = sum;
        }
}
