/* cholesky_small.c - where n is a multiple of sixteen, in blocks of sixteen rows of sixteen, with fused multiply-adds:
 * tiles of sums of outer products, which stay in registers, make A, take from it what the rows of U above account for,
 * and solve beside it. Any other n goes row by row. */
#include "kernel/cholesky.h"

#include "kernel/vector.h"

#include <stdbool.h>
#include <stddef.h>

/* ---- sums of outer products ---- */

#define TILE_ROWS    4
#define TILE_VECTORS (LANES == 16 ? 4 : LANES == 8 ? 3 : 2) /* what registers hold */

enum job { ADD, ADD_WITH_SUM, TAKE_AWAY };

/* Rows i .. i+3 of `a`, `vectors` vectors from column `from` on, plus or minus the sum of outer products of n >= 1 rows:
 * the sums stay in registers over all of them. With the sum: b (dim) += the rows. */
BODY void tile(float *a, float *b, const float *const *rows, int n, int dim, int i, int from,
               int vectors, enum job job)
{
    floats sum[TILE_ROWS][TILE_VECTORS], plain[TILE_VECTORS], column[TILE_VECTORS];
    UNROLL
    for (int v = 0; v < vectors; v++) {
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++)
            sum[r][v] = floats_load(a + (size_t)(i + r) * (size_t)dim + from + v * LANES);
        plain[v] = job == ADD_WITH_SUM ? floats_load(b + from + v * LANES) : (floats){0};
    }
    int p = 0;
    do {
        const float *q = rows[p];
        UNROLL
        for (int v = 0; v < vectors; v++) {
            column[v] = floats_load(q + from + v * LANES);
            if (job == ADD_WITH_SUM)
                plain[v] += column[v];
        }
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++) {
            const floats factor = floats_all(q[i + r]);
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = job == TAKE_AWAY ? floats_fnma(factor, column[v], sum[r][v])
                                             : floats_fma(factor, column[v], sum[r][v]);
        }
    } while (++p < n);
    UNROLL
    for (int v = 0; v < vectors; v++) {
        UNROLL
        for (int r = 0; r < TILE_ROWS; r++)
            floats_store(a + (size_t)(i + r) * (size_t)dim + from + v * LANES, sum[r][v]);
        if (job == ADD_WITH_SUM)
            floats_store(b + from + v * LANES, plain[v]);
    }
}

/* So many of those left: no tile of one vector, which would wait for itself, where two can share. */
BODY int tile_vectors(int left)
{
    if (left == TILE_VECTORS + 1)
        return left / 2;
    return left < TILE_VECTORS ? left : TILE_VECTORS;
}

/* Each by itself, for then its sums stay in registers. */
typedef void tile_function(float *a, float *b, const float *const *rows, int n, int dim, int i,
                           int from);
#define TILE(VECTORS, JOB)                                                                         \
    APART void tile_##VECTORS##_##JOB(float *a, float *b, const float *const *rows, int n,         \
                                      int dim, int i, int from)                                    \
    {                                                                                              \
        tile(a, b, rows, n, dim, i, from, VECTORS, JOB);                                           \
    }
#define TILES(VECTORS)                                                                             \
    TILE(VECTORS, ADD)                                                                             \
    TILE(VECTORS, ADD_WITH_SUM)                                                                    \
    TILE(VECTORS, TAKE_AWAY)
#define NAMES(VECTORS)                                                                             \
    {                                                                                              \
        tile_##VECTORS##_ADD, tile_##VECTORS##_ADD_WITH_SUM, tile_##VECTORS##_TAKE_AWAY            \
    }

TILES(1)
TILES(2)
#if LANES > 4
TILES(3)
#endif
#if LANES > 8
TILES(4)
#endif

static tile_function *const tiles[TILE_VECTORS + 1][3] = {
    [1] = NAMES(1),
    [2] = NAMES(2),
#if LANES > 4
    [3] = NAMES(3),
#endif
#if LANES > 8
    [4] = NAMES(4),
#endif
};

/* Rows i .. i+3 from the vector that holds their diagonal on. */
BODY void strip(float *a, float *b, const float *const *rows, int n, int dim, int i, enum job job)
{
    for (int from = i / LANES * LANES, vectors; from < dim; from += vectors * LANES) {
        vectors = tile_vectors((dim - from) / LANES);
        tiles[vectors][job](a, b, rows, n, dim, i, from);
    }
}

BODY void gram_add_blocks(float *a, float *b, const float *rows, const int32_t *index, int n,
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

/* Lanes of a and b in turn: those of their lower halves, those of their higher halves. */
#if LANES == 16
#define ZIP_LOW(A, B)                                                                              \
    __builtin_shufflevector(A, B, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define ZIP_HIGH(A, B)                                                                             \
    __builtin_shufflevector(A, B, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
#elif LANES == 8
#define ZIP_LOW(A, B)  __builtin_shufflevector(A, B, 0, 8, 1, 9, 2, 10, 3, 11)
#define ZIP_HIGH(A, B) __builtin_shufflevector(A, B, 4, 12, 5, 13, 6, 14, 7, 15)
#else
#define ZIP_LOW(A, B)  __builtin_shufflevector(A, B, 0, 4, 1, 5)
#define ZIP_HIGH(A, B) __builtin_shufflevector(A, B, 2, 6, 3, 7)
#endif

/* Row r with row r + LANES / 2: after as many rounds as a lane's number has bits, rows are columns. */
BODY void transpose(floats row[LANES])
{
    UNROLL
    for (int round = 1; round < LANES; round *= 2) {
        floats zipped[LANES];
        UNROLL
        for (int r = 0; r < LANES / 2; r++) {
            zipped[2 * r] = ZIP_LOW(row[r], row[r + LANES / 2]);
            zipped[2 * r + 1] = ZIP_HIGH(row[r], row[r + LANES / 2]);
        }
        UNROLL
        for (int r = 0; r < LANES; r++)
            row[r] = zipped[r];
    }
}

/* ---- the factor ---- */

BODY floats lane_of(const floats part[PARTS], int i)
{
    return floats_lane(part[i / LANES], i % LANES);
}

/* A block on the diagonal from the part of it that is on and above the diagonal. */
BODY void store_both_triangles(float *a, size_t n, floats row[WIDE][PARTS])
{
    EACH_PART(q)
    EACH_PART(p)
    {
        floats turned[LANES];
        UNROLL
        for (int r = 0; r < LANES && q <= p; r++)
            turned[r] = row[q * LANES + r][p];
        if (q <= p)
            transpose(turned);
        UNROLL
        for (int r = 0; r < LANES && q <= p; r++) {
            const floats own = row[q * LANES + r][p];
            const ints is_below = lane_numbers() < (q < p ? 0 : r);
            floats_store(a + (size_t)(p * LANES + r) * n + q * LANES, turned[r]);
            floats_store(a + (size_t)(q * LANES + r) * n + p * LANES,
                         floats_select(is_below, turned[r], own));
        }
    }
}

/* The block on the diagonal becomes its U, both triangles; scale (16) the reciprocals of U's diagonal. Eliminated
 * without roots, which are taken of all pivots at once: each waits for the one before it. */
APART int factor_diagonal(float *a, size_t n, float *scale)
{
    floats row[WIDE][PARTS], factor[PARTS], pivots[PARTS] = {{0}};
    bool is_positive = true;
    UNROLL
    for (int r = 0; r < WIDE; r++)
        EACH_PART(p) row[r][p] = floats_load(a + (size_t)r * n + p * LANES);
    UNROLL
    for (int k = 0; k < WIDE; k++) {
        const int part = k / LANES;
        EACH_PART(p) factor[p] = row[k][p] / lane_of(row[k], k);
        UNROLL
        for (int i = 0; i < WIDE; i++)
            EACH_PART(p)
        if (i > k && p >= i / LANES)
            row[i][p] = floats_fnma(lane_of(factor, i), row[k][p], row[i][p]);
        pivots[part] = floats_select(lane_numbers() == k % LANES, row[k][part], pivots[part]);
    }
    EACH_PART(p)
    {
        is_positive &= ints_bits(pivots[p] > 0.0f) == (1u << LANES) - 1;
        pivots[p] = 1.0f / floats_sqrt(pivots[p]);
        floats_store(scale + p * LANES, pivots[p]);
    }
    UNROLL
    for (int k = 0; k < WIDE; k++)
        EACH_PART(p) row[k][p] *= lane_of(pivots, k);
    store_both_triangles(a, n, row);
    return is_positive ? 0 : -1;
}

/* Rows that are solved for together, as many as registers hold. */
#define SOLVED_ROWS (LANES == 16 ? 16 : 8)

/* Rows first .. first + SOLVED_ROWS - 1 of LANES columns of such a block, those above them being solved. */
BODY void solve_right(floats x[SOLVED_ROWS], float *right, const float *diagonal, size_t n,
                      const float *scale, int first)
{
    UNROLL
    for (int i = 0; i < SOLVED_ROWS; i++)
        x[i] = floats_load(right + (size_t)(first + i) * n);
    for (int k = 0; k < first; k++) {
        const float *u = diagonal + (size_t)k * n + first;
        const floats above = floats_load(right + (size_t)k * n);
        UNROLL
        for (int i = 0; i < SOLVED_ROWS; i++)
            x[i] = floats_fnma(floats_all(u[i]), above, x[i]);
    }
    UNROLL
    for (int k = 0; k < SOLVED_ROWS; k++) {
        const float *u = diagonal + (size_t)(first + k) * n + first;
        x[k] *= scale[first + k];
        UNROLL
        for (int i = 0; i < SOLVED_ROWS; i++)
            if (i > k)
                x[i] = floats_fnma(floats_all(u[i]), x[k], x[i]);
        floats_store(right + (size_t)(first + k) * n, x[k]);
    }
}

/* A block to the right of the diagonal becomes its part of U; its place below the diagonal the transpose. */
APART void factor_right(float *right, float *below, const float *diagonal, size_t n,
                        const float *scale)
{
    for (int column = 0; column < WIDE; column += LANES)
        for (int first = 0; first < WIDE; first += SOLVED_ROWS) {
            floats x[SOLVED_ROWS];
            float *to = below + (size_t)column * n + first;
            solve_right(x, right + column, diagonal, n, scale, first);
            UNROLL
            for (int i = 0; i < SOLVED_ROWS; i += LANES)
                transpose(x + i);
            UNROLL
            for (int i = 0; i < SOLVED_ROWS; i++)
                floats_store(to + (size_t)(i % LANES) * n + i / LANES * LANES, x[i]);
        }
}

/* Rows k .. k+15 without what the rows of U above them account for */
APART void take_away(float *a, int n, int k)
{
    const float *above[GRAM_ROWS];
    for (int first = 0; first < k; first += GRAM_ROWS) {
        const int count = k - first < GRAM_ROWS ? k - first : GRAM_ROWS;
        for (int p = 0; p < count; p++)
            above[p] = a + (size_t)(first + p) * (size_t)n;
        for (int i = k; i < k + WIDE; i += TILE_ROWS)
            strip(a, NULL, above, count, n, i, TAKE_AWAY);
    }
}

/* Sixteen rows at a time: what the rows of U above take away, then the block on the diagonal, then those right of it. */
BODY int factor_blocks(float *a, int n)
{
    const size_t stride = (size_t)n;
    float scale[WIDE];
    for (int k = 0; k < n; k += WIDE) {
        take_away(a, n, k);
        float *diagonal = a + (size_t)k * stride + k;
        if (factor_diagonal(diagonal, stride, scale) != 0)
            return -1;
        for (int j = k + WIDE; j < n; j += WIDE)
            factor_right(diagonal + (j - k), a + (size_t)j * stride + k, diagonal, stride, scale);
    }
    return 0;
}

/* ---- solving ---- */

/* x minus the sum over rows from .. end of factor's columns at `column` times what is solved of y already */
BODY floats without_solved(floats x, const float *column, size_t n, const float *y, int from,
                           int end)
{
    floats sum[4] = {x};
    for (int p = from; p < end; p += 4) {
        UNROLL
        for (int s = 0; s < 4; s++)
            sum[s] = floats_fnma(floats_all(y[p + s]), floats_load(column + (size_t)(p + s) * n),
                                 sum[s]);
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Element k.. k+15 of x, of which `solved` elements are solved; then those of the block in turn, upwards or down. */
BODY void solve_block(const float *factor, size_t n, float *x, int k, int from, int end,
                      bool is_down)
{
    const float *block = factor + (size_t)k * n + k;
    float diagonal[WIDE];
    floats y[PARTS], scale[PARTS];
    for (int i = 0; i < WIDE; i++)
        diagonal[i] = block[(size_t)i * n + (size_t)i];
    EACH_PART(p)
    {
        const int at = p * LANES;
        scale[p] = 1.0f / floats_load(diagonal + at);
        y[p] = without_solved(floats_load(x + k + at), factor + k + at, n, x, from, end) * scale[p];
    }
    UNROLL
    for (int step = 0; step < WIDE; step++) {
        const int i = is_down ? step : WIDE - 1 - step;
        const floats solved = lane_of(y, i);
        EACH_PART(p)
        {
            const ints lane = lane_numbers() + p * LANES;
            const floats entry = floats_load(block + (size_t)i * n + p * LANES) * scale[p];
            y[p] = floats_fnma(solved, floats_if(is_down ? lane > i : lane < i, entry), y[p]);
        }
    }
    EACH_PART(p) floats_store(x + k + p * LANES, y[p]);
}

APART void solve_blocks(const float *factor, int n, float *x)
{
    for (int k = 0; k < n; k += WIDE) /* U'y = x */
        solve_block(factor, (size_t)n, x, k, 0, k, true);
    for (int k = n - WIDE; k >= 0; k -= WIDE) /* Ux = y */
        solve_block(factor, (size_t)n, x, k, k + WIDE, n, false);
}

/* ---- row by row ---- */

/* y (n) -= factor * x */
BODY void subtract(float *y, const float *x, float factor, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        floats_store(y + i, floats_load(y + i) - floats_load(x + i) * factor);
    for (; i < n; i++)
        y[i] -= factor * x[i];
}

BODY void gram_add_rows(float *a, float *b, const float *rows, const int32_t *index, int n, int dim)
{
    for (int p = 0; p < n; p++) {
        const float *q = rows + (size_t)index[p] * (size_t)dim;
        subtract(b, q, -1, dim);
        for (int i = 0; i < dim; i++)
            subtract(a + (size_t)i * (size_t)dim + i, q + i, -q[i], dim - i);
    }
}

#define PIVOTS 4 /* rows of U made before what is below them is touched: a quarter of the traffic */

/* One row of U from what is left of it. */
BODY int finish_row(float *row, int k, int n)
{
    if (!(row[k] > 0))
        return -1;
    const float scale = 1 / sqrtf(row[k]);
    for (int j = k; j < n; j++)
        row[j] *= scale;
    return 0;
}

/* y (n) -= the sum over PIVOTS rows, `stride` apart, of factor[r] * row */
BODY void subtract_rows(float *y, const float *x, size_t stride, const float *factor, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        floats sum = floats_load(y + i);
        UNROLL
        for (int r = 0; r < PIVOTS; r++)
            sum -= floats_load(x + (size_t)r * stride + i) * factor[r];
        floats_store(y + i, sum);
    }
    for (; i < n; i++)
        for (int r = 0; r < PIVOTS; r++)
            y[i] -= factor[r] * x[(size_t)r * stride + (size_t)i];
}

BODY int factor_rows(float *a, int n)
{
    const size_t stride = (size_t)n;
    for (int k = 0; k < n; k += PIVOTS) {
        const int pivots = n - k < PIVOTS ? n - k : PIVOTS;
        float *panel = a + (size_t)k * stride;
        for (int r = 0; r < pivots; r++) {
            float *row = panel + (size_t)r * stride;
            for (int above = 0; above < r; above++)
                subtract(row + k + r, panel + (size_t)above * stride + k + r,
                         panel[(size_t)above * stride + (size_t)(k + r)], n - k - r);
            if (finish_row(row, k + r, n) != 0)
                return -1;
        }
        for (int i = k + PIVOTS; i < n; i++) {
            const int from =
                i / LANES * LANES; /* whole vectors: what is left of the diagonal does not matter */
            float factor[PIVOTS];
            for (int r = 0; r < PIVOTS; r++)
                factor[r] = panel[(size_t)r * stride + (size_t)i];
            subtract_rows(a + (size_t)i * stride + from, panel + from, stride, factor, n - from);
        }
    }
    for (size_t i = 0; i < stride; i++)
        for (size_t j = 0; j < i; j++)
            a[i * stride + j] = a[j * stride + i];
    return 0;
}

BODY void solve_rows(const float *factor, int n, float *x)
{
    for (int k = 0; k < n; k++) { /* U'y = x */
        const float *row = factor + (size_t)k * (size_t)n;
        x[k] /= row[k];
        subtract(x + k + 1, row + k + 1, x[k], n - k - 1);
    }
    for (int k = n - 1; k >= 0; k--) { /* Ux = y */
        const float *row = factor + (size_t)k * (size_t)n;
        x[k] /= row[k];
        subtract(x, row, x[k], k);
    }
}

/* ---- either ---- */

BODY void gram_add_body(float *a, float *b, const float *rows, const int32_t *index, int n, int dim)
{
    if (dim % WIDE == 0)
        gram_add_blocks(a, b, rows, index, n, dim);
    else
        gram_add_rows(a, b, rows, index, n, dim);
}
KERNEL(gram_add, (float *a, float *b, const float *rows, const int32_t *index, int n, int dim),
       (a, b, rows, index, n, dim))

BODY int cholesky_factor_body(float *a, int n)
{
    return n % WIDE == 0 ? factor_blocks(a, n) : factor_rows(a, n);
}
KERNEL_OF(int, cholesky_factor, (float *a, int n), (a, n))

BODY void cholesky_solve_body(const float *factor, int n, float *x, int rows)
{
    for (int r = 0; r < rows; r++, x += n) {
        if (n % WIDE == 0)
            solve_blocks(factor, n, x);
        else
            solve_rows(factor, n, x);
    }
}
KERNEL(cholesky_solve, (const float *factor, int n, float *x, int rows), (factor, n, x, rows))
