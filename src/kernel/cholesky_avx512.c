/* cholesky_avx512.c - small systems in blocks of sixteen rows of sixteen, which AVX-512 keeps in registers: tiles of sums
 * of outer products make A, take from it what the rows of U above account for, and solve beside it. */
#include "kernel/cholesky_avx512.h"

#include "kernel/gram_prefetch.h"
#include "kernel/vector.h"

#include <immintrin.h>
#include <stddef.h>

#define AVX512 __attribute__((target("avx512f")))
#define PART   __attribute__((always_inline, target("avx512f"))) static inline

#define TILE_ROWS    4
#define TILE_VECTORS 4

enum job { ADD, ADD_WITH_SUM, TAKE_AWAY };

/* Rows i .. i+3 of `a`, `vectors` vectors from column `from` on, plus or minus the sum of outer products of n rows:
 * sixteen sums stay in registers over all of them. With the sum: b (dim) += the rows. */
PART void tile(float *a, float *b, const float *const *rows, int n, int dim, int i, int from,
               int vectors, enum job job)
{
    __m512 sum[TILE_ROWS][TILE_VECTORS], plain[TILE_VECTORS], column[TILE_VECTORS];
    UNROLL
    for (int v = 0; v < vectors; v++) {
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++)
            sum[r][v] = _mm512_loadu_ps(a + (size_t)(i + r) * (size_t)dim + from + v * LANES);
        plain[v] =
            job == ADD_WITH_SUM ? _mm512_loadu_ps(b + from + v * LANES) : _mm512_setzero_ps();
    }
    for (int p = 0; p < n; p++) {
        const float *q = rows[p];
        UNROLL
        for (int v = 0; v < vectors; v++) {
            column[v] = _mm512_loadu_ps(q + from + v * LANES);
            if (job == ADD_WITH_SUM)
                plain[v] = _mm512_add_ps(plain[v], column[v]);
        }
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            const __m512 factor = _mm512_set1_ps(q[i + r]);
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = job == TAKE_AWAY ? _mm512_fnmadd_ps(factor, column[v], sum[r][v])
                                             : _mm512_fmadd_ps(factor, column[v], sum[r][v]);
        }
    }
    UNROLL
    for (int v = 0; v < vectors; v++) {
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++)
            _mm512_storeu_ps(a + (size_t)(i + r) * (size_t)dim + from + v * LANES, sum[r][v]);
        if (job == ADD_WITH_SUM)
            _mm512_storeu_ps(b + from + v * LANES, plain[v]);
    }
}

/* Rows i .. i+3 from the vector that holds their diagonal on. */
PART void strip(float *a, float *b, const float *const *rows, int n, int dim, int i, enum job job)
{
    for (int from = i / LANES * LANES; from < dim; from += TILE_VECTORS * LANES) {
        const int vectors = (dim - from) / LANES;
        if (vectors >= 4)
            tile(a, b, rows, n, dim, i, from, 4, job);
        else if (vectors == 3)
            tile(a, b, rows, n, dim, i, from, 3, job);
        else if (vectors == 2)
            tile(a, b, rows, n, dim, i, from, 2, job);
        else
            tile(a, b, rows, n, dim, i, from, 1, job);
    }
}

AVX512 void gram_add_avx512(float *a, float *b, const float *rows, const int32_t *index, int n,
                            int dim)
{
    const float *some[GRAM_ROWS];
    for (int first = 0; first < n; first += GRAM_ROWS) {
        const int count = n - first < GRAM_ROWS ? n - first : GRAM_ROWS;
        for (int p = 0; p < count; p++)
            some[p] = rows + (size_t)index[first + p] * (size_t)dim;
        gram_prefetch(rows, index + first + count, n - first - count, dim);
        strip(a, b, some, count, dim, 0, ADD_WITH_SUM);
        for (int i = TILE_ROWS; i < dim; i += TILE_ROWS)
            strip(a, NULL, some, count, dim, i, ADD);
    }
}

/* ---- sixteen rows of sixteen ---- */

struct register_block {
    __m512 row[LANES];
};

PART struct register_block block_load(const float *a, int stride)
{
    struct register_block b;
    UNROLL
    for (int r = 0; r < LANES; r++)
        b.row[r] = _mm512_loadu_ps(a + (size_t)r * (size_t)stride);
    return b;
}

PART void block_store(float *a, int stride, const struct register_block *b)
{
    UNROLL
    for (int r = 0; r < LANES; r++)
        _mm512_storeu_ps(a + (size_t)r * (size_t)stride, b->row[r]);
}

/* Pairs of rows, then of pairs, then of quarters: 2 x 2, 4 x 4, 8 x 8 and 16 x 16 turned in turn. */
PART struct register_block block_transpose(const struct register_block *b)
{
    struct register_block two, four, eight, all;
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

PART __mmask16 lanes_before(int i)
{
    return (__mmask16)((1 << i) - 1);
}

PART __mmask16 lanes_after(int i)
{
    return (__mmask16)(0xfffe << i);
}

/* ---- the factor ---- */

/* The block on the diagonal becomes its U, both triangles; scale the reciprocals of U's diagonal. Eliminated without
 * roots, which are taken of all pivots at once: each waits for the one before it. */
PART int factor_diagonal(float *a, int n, __m512 *scale)
{
    struct register_block d = block_load(a, n);
    __m512 pivots = d.row[0];
    UNROLL
    for (int k = 0; k < LANES; k++) {
        const __m512 factor = _mm512_div_ps(d.row[k], lane(d.row[k], k));
        UNROLL
        for (int i = 0; i < LANES; i++)
            if (i > k)
                d.row[i] = _mm512_fnmadd_ps(lane(factor, i), d.row[k], d.row[i]);
        pivots = _mm512_mask_mov_ps(pivots, (__mmask16)(1 << k), d.row[k]);
    }
    *scale = _mm512_div_ps(_mm512_set1_ps(1), _mm512_sqrt_ps(pivots));
    UNROLL
    for (int k = 0; k < LANES; k++)
        d.row[k] = _mm512_mul_ps(d.row[k], lane(*scale, k));
    const struct register_block turned = block_transpose(&d);
    UNROLL
    for (int k = 0; k < LANES; k++)
        d.row[k] = _mm512_mask_mov_ps(d.row[k], lanes_before(k), turned.row[k]);
    block_store(a, n, &d);
    return _mm512_cmp_ps_mask(pivots, _mm512_setzero_ps(), _CMP_GT_OQ) == 0xffff ? 0 : -1;
}

/* A block to the right of the diagonal becomes its part of U; its place below the diagonal the transpose. */
PART void factor_right(float *right, float *below, const float *diagonal, int n, __m512 scale)
{
    struct register_block x = block_load(right, n);
    UNROLL
    for (int k = 0; k < LANES; k++) {
        x.row[k] = _mm512_mul_ps(x.row[k], lane(scale, k));
        UNROLL
        for (int i = 0; i < LANES; i++)
            if (i > k)
                x.row[i] =
                    _mm512_fnmadd_ps(_mm512_set1_ps(diagonal[(size_t)k * (size_t)n + (size_t)i]),
                                     x.row[k], x.row[i]);
    }
    block_store(right, n, &x);
    x = block_transpose(&x);
    block_store(below, n, &x);
}

/* Rows k .. k+15 without what the rows of U above them account for */
AVX512 static void take_away(float *a, int n, int k)
{
    const float *above[GRAM_ROWS];
    for (int first = 0; first < k; first += GRAM_ROWS) {
        const int count = k - first < GRAM_ROWS ? k - first : GRAM_ROWS;
        for (int p = 0; p < count; p++)
            above[p] = a + (size_t)(first + p) * (size_t)n;
        for (int i = k; i < k + LANES; i += TILE_ROWS)
            strip(a, NULL, above, count, n, i, TAKE_AWAY);
    }
}

/* Sixteen rows at a time: what the rows of U above take away, then the block on the diagonal, then those right of it. */
AVX512 int cholesky_factor_avx512(float *a, int n)
{
    const size_t stride = (size_t)n;
    __m512 scale;
    for (int k = 0; k < n; k += LANES) {
        take_away(a, n, k);
        float *diagonal = a + (size_t)k * stride + k;
        if (factor_diagonal(diagonal, n, &scale) != 0)
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

/* y, scaled already, without what its element i, which is solved, adds to those in `lanes` */
PART __m512 less_column(__m512 y, __mmask16 lanes, const float *row, __m512 scale, int i)
{
    return _mm512_mask3_fnmadd_ps(lane(y, i), _mm512_mul_ps(_mm512_loadu_ps(row), scale), y, lanes);
}

AVX512 void cholesky_solve_avx512(const float *factor, int n, float *x)
{
    const size_t stride = (size_t)n;
    for (int k = 0; k < n; k += LANES) { /* U'y = x */
        const float *block = factor + (size_t)k * stride + k;
        const __m512 scale = _mm512_div_ps(_mm512_set1_ps(1), diagonal_of(block, n));
        __m512 y = without_solved(_mm512_loadu_ps(x + k), factor + k, n, x, 0, k);
        y = _mm512_mul_ps(y, scale);
        for (int i = 0; i < LANES; i++)
            y = less_column(y, lanes_after(i), block + (size_t)i * stride, scale, i);
        _mm512_storeu_ps(x + k, y);
    }
    for (int k = n - LANES; k >= 0; k -= LANES) { /* Ux = y */
        const float *block = factor + (size_t)k * stride + k;
        const __m512 scale = _mm512_div_ps(_mm512_set1_ps(1), diagonal_of(block, n));
        __m512 y = without_solved(_mm512_loadu_ps(x + k), factor + k, n, x, k + LANES, n);
        y = _mm512_mul_ps(y, scale);
        for (int i = LANES - 1; i >= 0; i--)
            y = less_column(y, lanes_before(i), block + (size_t)i * stride, scale, i);
        _mm512_storeu_ps(x + k, y);
    }
}
