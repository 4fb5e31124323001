#include "product/few_rows.h"

#ifdef __x86_64__

#include "kernel/vector.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))

#define VECTORS (FEW_ROWS_COLUMNS / 16)

struct few_rows_job {
    const uint16_t *x; /* (rows, inner) */
    int inner, columns;
    long block_stride;
};

/* `streams` blocks side by side; rows and streams are constants in each caller. */
static inline __attribute__((always_inline)) TARGET void
multiply(const struct few_rows_job *job, float *y, const uint16_t *packed, int rows, int streams)
{
    __m512 acc[FEW_ROWS_MAX][4][VECTORS];
    UNROLL
    for (int i = 0; i < rows * streams * VECTORS; i++)
        acc[i / VECTORS / streams][i / VECTORS % streams][i % VECTORS] = _mm512_setzero_ps();
    for (int k = 0; k < job->inner; k += 2) {
        __m512bh x[FEW_ROWS_MAX];
        UNROLL
        for (int r = 0; r < rows; r++) {
            int32_t pair;
            memcpy(&pair, job->x + r * job->inner + k, sizeof pair);
            x[r] = (__m512bh)_mm512_set1_epi32(pair);
        }
        UNROLL
        for (int i = 0; i < streams * VECTORS; i++) {
            int s = i / VECTORS, v = i % VECTORS;
            __m512bh w = (__m512bh)_mm512_loadu_si512(packed + s * job->block_stride +
                                                      k * FEW_ROWS_COLUMNS + v * 32);
            UNROLL
            for (int r = 0; r < rows; r++)
                acc[r][s][v] = _mm512_dpbf16_ps(acc[r][s][v], w, x[r]);
        }
    }
    UNROLL
    for (int i = 0; i < rows * streams * VECTORS; i++) {
        int r = i / VECTORS / streams, s = i / VECTORS % streams, v = i % VECTORS;
        _mm512_storeu_ps(y + (long)r * job->columns + s * FEW_ROWS_COLUMNS + v * 16, acc[r][s][v]);
    }
}

TARGET static void one_row(const struct few_rows_job *job, float *y, const uint16_t *packed,
                           int streams)
{
    if (streams == 4)
        multiply(job, y, packed, 1, 4);
    else if (streams == 3)
        multiply(job, y, packed, 1, 3);
    else if (streams == 2)
        multiply(job, y, packed, 1, 2);
    else
        multiply(job, y, packed, 1, 1);
}

TARGET static void two_rows(const struct few_rows_job *job, float *y, const uint16_t *packed,
                            int streams)
{
    if (streams == 2)
        multiply(job, y, packed, 2, 2);
    else
        multiply(job, y, packed, 2, 1);
}

void product_few_rows(float *y, const uint16_t *x, const uint16_t *packed, int rows, int inner,
                      int columns, long block_stride)
{
    const struct few_rows_job job = {x, inner, columns, block_stride};
    int blocks = columns / FEW_ROWS_COLUMNS, most = rows == 1 ? 4 : 2;
    for (int b = 0, n; b < blocks; b += n) {
        n = blocks - b < most ? blocks - b : most;
        (rows == 1 ? one_row : two_rows)(&job, y + b * FEW_ROWS_COLUMNS, packed + b * block_stride,
                                         n);
    }
}

#else

#include "kernel/bf16.h"

/* Plainly, for processors that have no such dot products: their weights are not packed like this for speed. */
void product_few_rows(float *y, const uint16_t *x, const uint16_t *packed, int rows, int inner,
                      int columns, long block_stride)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            const uint16_t *block = packed + c / FEW_ROWS_COLUMNS * block_stride;
            float sum = 0;
            for (int k = 0; k < inner; k++) {
                const int place = k / 2 * 2 * FEW_ROWS_COLUMNS + c % FEW_ROWS_COLUMNS * 2 + k % 2;
                sum += f32_of_bf16(x[r * inner + k]) * f32_of_bf16(block[place]);
            }
            y[(long)r * columns + c] = sum;
        }
}

#endif
