#include "kernel/cholesky_avx512.h"

#include "kernel/vector.h"

#include <immintrin.h>
#include <math.h>
#include <stddef.h>

#define AVX512 __attribute__((target("avx512f")))
#define PART   __attribute__((always_inline, target("avx512f"))) static inline

#define TILE_ROWS    4
#define TILE_VECTORS 4
#define GRAM_ROWS    64 /* that stay in the first cache while every tile reads them */

enum sign { PLUS, MINUS };

/* Where row p of the history is; without an index rows follow each other. */
PART const float *row_at(const float *rows, const int32_t *index, int p, int dim)
{
    return rows + (size_t)(index ? index[p] : p) * (size_t)dim;
}

/* Rows i .. i+3 of `a`, `vectors` vectors from column `from` on, plus or minus the sum of outer products of n rows:
 * sixteen sums stay in registers over all of them. */
PART void tile(float *a, const float *rows, const int32_t *index, int n, int dim, int i, int from,
               int vectors, enum sign sign)
{
    __m512 sum[TILE_ROWS][TILE_VECTORS];
    UNROLL
    for (int r = 0; r < TILE_ROWS; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        sum[r][v] = _mm512_loadu_ps(a + (size_t)(i + r) * (size_t)dim + from + v * LANES);
    for (int p = 0; p < n; p++) {
        const float *q = row_at(rows, index, p, dim);
        __m512 column[TILE_VECTORS];
        UNROLL
        for (int v = 0; v < vectors; v++)
            column[v] = _mm512_loadu_ps(q + from + v * LANES);
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            const __m512 factor = _mm512_set1_ps(q[i + r]);
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = sign == PLUS ? _mm512_fmadd_ps(factor, column[v], sum[r][v])
                                         : _mm512_fnmadd_ps(factor, column[v], sum[r][v]);
        }
    }
    UNROLL
    for (int r = 0; r < TILE_ROWS; r++)
        UNROLL
    for (int v = 0; v < vectors; v++)
        _mm512_storeu_ps(a + (size_t)(i + r) * (size_t)dim + from + v * LANES, sum[r][v]);
}

/* Rows i .. i+3 from the vector that holds their diagonal on. */
PART void strip(float *a, const float *rows, const int32_t *index, int n, int dim, int i,
                enum sign sign)
{
    for (int from = i / LANES * LANES; from < dim; from += TILE_VECTORS * LANES) {
        const int vectors = (dim - from) / LANES;
        if (vectors >= 4)
            tile(a, rows, index, n, dim, i, from, 4, sign);
        else if (vectors == 3)
            tile(a, rows, index, n, dim, i, from, 3, sign);
        else if (vectors == 2)
            tile(a, rows, index, n, dim, i, from, 2, sign);
        else
            tile(a, rows, index, n, dim, i, from, 1, sign);
    }
}

/* b (dim) += the sum of the rows */
AVX512 static void add_rows(float *b, const float *rows, const int32_t *index, int n, int dim)
{
    for (int i = 0; i < dim; i += LANES) {
        __m512 sum = _mm512_loadu_ps(b + i);
        for (int p = 0; p < n; p++)
            sum = _mm512_add_ps(sum, _mm512_loadu_ps(row_at(rows, index, p, dim) + i));
        _mm512_storeu_ps(b + i, sum);
    }
}

AVX512 void gram_add_avx512(float *a, float *b, const float *rows, const int32_t *index, int n,
                            int dim)
{
    for (int p = 0; p < n; p += GRAM_ROWS) {
        const int some = n - p < GRAM_ROWS ? n - p : GRAM_ROWS;
        add_rows(b, rows, index + p, some, dim);
        for (int i = 0; i < dim; i += TILE_ROWS)
            strip(a, rows, index + p, some, dim, i, PLUS);
    }
}

/* ---- sixteen rows of sixteen ---- */

struct block {
    __m512 row[LANES];
};

PART struct block block_load(const float *a, int stride)
{
    struct block b;
    UNROLL
    for (int r = 0; r < LANES; r++)
        b.row[r] = _mm512_loadu_ps(a + (size_t)r * (size_t)stride);
    return b;
}

PART void block_store(float *a, int stride, const struct block *b)
{
    UNROLL
    for (int r = 0; r < LANES; r++)
        _mm512_storeu_ps(a + (size_t)r * (size_t)stride, b->row[r]);
}

/* Pairs of rows, then of pairs, then of quarters: 2 x 2, 4 x 4, 8 x 8 and 16 x 16 turned in turn. */
PART struct block block_transpose(const struct block *b)
{
    struct block two, four, eight, all;
    UNROLL
    for (int r = 0; r < LANES; r += 2) {
        two.row[r] = _mm512_unpacklo_ps(b->row[r], b->row[r + 1]);
        two.row[r + 1] = _mm512_unpackhi_ps(b->row[r], b->row[r + 1]);
    }
    UNROLL
    for (int r = 0; r < LANES; r++) {
        const __m512d low = _mm512_castps_pd(two.row[r / 4 * 4 + r % 4 / 2]),
                      high = _mm512_castps_pd(two.row[r / 4 * 4 + r % 4 / 2 + 2]);
        four.row[r] =
            _mm512_castpd_ps(r % 2 ? _mm512_unpackhi_pd(low, high) : _mm512_unpacklo_pd(low, high));
    }
    UNROLL
    for (int r = 0; r < 4; r++) {
        eight.row[r] = _mm512_shuffle_f32x4(four.row[r], four.row[r + 4], 0x88);
        eight.row[r + 4] = _mm512_shuffle_f32x4(four.row[r], four.row[r + 4], 0xdd);
        eight.row[r + 8] = _mm512_shuffle_f32x4(four.row[r + 8], four.row[r + 12], 0x88);
        eight.row[r + 12] = _mm512_shuffle_f32x4(four.row[r + 8], four.row[r + 12], 0xdd);
    }
    UNROLL
    for (int r = 0; r < 8; r++) {
        all.row[r] = _mm512_shuffle_f32x4(eight.row[r], eight.row[r + 8], 0x88);
        all.row[r + 8] = _mm512_shuffle_f32x4(eight.row[r], eight.row[r + 8], 0xdd);
    }
    return all;
}

PART __m512 lane(__m512 v, int i)
{
    return _mm512_permutexvar_ps(_mm512_set1_epi32(i), v);
}

/* The lanes after i; those before are ~lanes_after(i) without i itself. */
PART __mmask16 lanes_after(int i)
{
    return (__mmask16)(0xfffe << i);
}

/* ---- the factor ---- */

/* The block on the diagonal becomes its U, both triangles; scale (16) the reciprocals of its diagonal. */
AVX512 static int factor_diagonal(float *a, int n, float *scale)
{
    struct block d = block_load(a, n);
    int is_positive = 1;
    UNROLL
    for (int k = 0; k < LANES; k++) {
        const float pivot = _mm512_cvtss_f32(lane(d.row[k], k));
        is_positive &= pivot > 0;
        scale[k] = 1 / sqrtf(pivot);
        d.row[k] = _mm512_mul_ps(d.row[k], _mm512_set1_ps(scale[k]));
        UNROLL
        for (int i = 0; i < LANES; i++)
            if (i > k)
                d.row[i] = _mm512_fnmadd_ps(lane(d.row[k], i), d.row[k], d.row[i]);
    }
    const struct block turned = block_transpose(&d);
    UNROLL
    for (int k = 0; k < LANES; k++)
        d.row[k] = _mm512_mask_mov_ps(turned.row[k], lanes_after(k) | (__mmask16)(1 << k), d.row[k]);
    block_store(a, n, &d);
    return is_positive ? 0 : -1;
}

/* A block to the right of the diagonal becomes its part of U; its place below the diagonal the transpose. */
AVX512 static void factor_right(float *right, float *below, const float *diagonal, int n,
                                const float *scale)
{
    struct block x = block_load(right, n);
    UNROLL
    for (int k = 0; k < LANES; k++) {
        x.row[k] = _mm512_mul_ps(x.row[k], _mm512_set1_ps(scale[k]));
        UNROLL
        for (int i = 0; i < LANES; i++)
            if (i > k)
                x.row[i] = _mm512_fnmadd_ps(_mm512_set1_ps(diagonal[(size_t)k * (size_t)n + (size_t)i]),
                                            x.row[k], x.row[i]);
    }
    block_store(right, n, &x);
    x = block_transpose(&x);
    block_store(below, n, &x);
}

/* Sixteen rows at a time: what the rows of U above take away, then the block on the diagonal, then those right of it. */
AVX512 int cholesky_factor_avx512(float *a, int n)
{
    const size_t stride = (size_t)n;
    float scale[LANES];
    for (int k = 0; k < n; k += LANES) {
        for (int i = k; i < k + LANES; i += TILE_ROWS)
            strip(a, a, NULL, k, n, i, MINUS);
        float *diagonal = a + (size_t)k * stride + k;
        if (factor_diagonal(diagonal, n, scale) != 0)
            return -1;
        for (int j = k + LANES; j < n; j += LANES)
            factor_right(diagonal + (j - k), a + (size_t)j * stride + k, diagonal, n, scale);
    }
    return 0;
}

/* ---- solving ---- */

/* x (16) minus the sum over rows from .. end of factor's columns at `column` times what is solved of y already */
PART __m512 without_solved(__m512 x, const float *column, int n, const float *y, int from, int end)
{
    __m512 sum[4] = {x, _mm512_setzero_ps(), _mm512_setzero_ps(), _mm512_setzero_ps()};
    for (int p = from; p < end; p += 4)
        UNROLL
    for (int s = 0; s < 4; s++)
        sum[s] = _mm512_fnmadd_ps(_mm512_set1_ps(y[p + s]),
                                  _mm512_loadu_ps(column + (size_t)(p + s) * (size_t)n), sum[s]);
    return _mm512_add_ps(_mm512_add_ps(sum[0], sum[1]), _mm512_add_ps(sum[2], sum[3]));
}

PART __m512 diagonal_of(const float *block, int n)
{
    float values[LANES];
    for (int i = 0; i < LANES; i++)
        values[i] = block[(size_t)i * (size_t)n + (size_t)i];
    return _mm512_loadu_ps(values);
}

AVX512 void cholesky_solve_avx512(const float *factor, int n, float *x)
{
    const size_t stride = (size_t)n;
    for (int k = 0; k < n; k += LANES) { /* U'y = x */
        const float *block = factor + (size_t)k * stride + k;
        const __m512 scale = _mm512_div_ps(_mm512_set1_ps(1), diagonal_of(block, n));
        __m512 y = without_solved(_mm512_loadu_ps(x + k), factor + k, n, x, 0, k);
        for (int i = 0; i < LANES; i++) {
            y = _mm512_mask_mul_ps(y, (__mmask16)(1 << i), y, scale);
            y = _mm512_mask3_fnmadd_ps(lane(y, i), _mm512_loadu_ps(block + (size_t)i * stride), y,
                                       lanes_after(i));
        }
        _mm512_storeu_ps(x + k, y);
    }
    for (int k = n - LANES; k >= 0; k -= LANES) { /* Ux = y */
        const float *block = factor + (size_t)k * stride + k;
        const __m512 scale = _mm512_div_ps(_mm512_set1_ps(1), diagonal_of(block, n));
        __m512 y = without_solved(_mm512_loadu_ps(x + k), factor + k, n, x, k + LANES, n);
        for (int i = LANES - 1; i >= 0; i--) {
            y = _mm512_mask_mul_ps(y, (__mmask16)(1 << i), y, scale);
            y = _mm512_mask3_fnmadd_ps(lane(y, i), _mm512_loadu_ps(block + (size_t)i * stride), y,
                                       (__mmask16)((1 << i) - 1));
        }
        _mm512_storeu_ps(x + k, y);
    }
}
