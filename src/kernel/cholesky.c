#include "kernel/cholesky.h"

#include "kernel/cholesky_avx512.h"
#include "kernel/vector.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether cholesky_avx512.c serves matrices of this size. */
static bool is_for_avx512(int n)
{
    return cpu()->has_avx512 && n % LANES == 0;
}

/* y (n) -= factor * x */
BODY void subtract(float *y, const float *x, float factor, int n)
{
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        f32x16_store(y + i, f32x16_load(y + i) - f32x16_load(x + i) * factor);
    for (; i < n; i++)
        y[i] -= factor * x[i];
}

/* ---- sums of outer products ---- */

void gram_add(float *a, float *b, const float *rows, const int32_t *index, int n, int dim)
{
    if (is_for_avx512(dim)) {
        gram_add_avx512(a, b, rows, index, n, dim);
        return;
    }
    for (int p = 0; p < n; p++) {
        const float *q = rows + (size_t)index[p] * (size_t)dim;
        subtract(b, q, -1, dim);
        for (int i = 0; i < dim; i++)
            subtract(a + (size_t)i * (size_t)dim + i, q + i, -q[i], dim - i);
    }
}

/* ---- small systems ---- */

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
        f32x16 sum = f32x16_load(y + i);
        UNROLL
        for (int r = 0; r < PIVOTS; r++)
            sum -= f32x16_load(x + (size_t)r * stride + i) * factor[r];
        f32x16_store(y + i, sum);
    }
    for (; i < n; i++)
        for (int r = 0; r < PIVOTS; r++)
            y[i] -= factor[r] * x[(size_t)r * stride + (size_t)i];
}

BODY void factor_into_body(int *status, float *a, int n)
{
    const size_t stride = (size_t)n;
    *status = -1;
    for (int k = 0; k < n; k += PIVOTS) {
        const int pivots = n - k < PIVOTS ? n - k : PIVOTS;
        float *panel = a + (size_t)k * stride;
        for (int r = 0; r < pivots; r++) {
            float *row = panel + (size_t)r * stride;
            for (int above = 0; above < r; above++)
                subtract(row + k + r, panel + (size_t)above * stride + k + r,
                         panel[(size_t)above * stride + (size_t)(k + r)], n - k - r);
            if (finish_row(row, k + r, n) != 0)
                return;
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
    *status = 0;
}
static void factor_into(int *status, float *a, int n);
KERNEL(factor_into, (int *status, float *a, int n), (status, a, n))

int cholesky_factor(float *a, int n)
{
    if (is_for_avx512(n))
        return cholesky_factor_avx512(a, n);
    int status;
    factor_into(&status, a, n);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            a[(size_t)i * (size_t)n + (size_t)j] = a[(size_t)j * (size_t)n + (size_t)i];
    return status;
}

BODY void solve_one_body(const float *factor, int n, float *x)
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
static void solve_one(const float *factor, int n, float *x);
KERNEL(solve_one, (const float *factor, int n, float *x), (factor, n, x))

void cholesky_solve(const float *factor, int n, float *x, int rows)
{
    for (int r = 0; r < rows; r++) {
        float *one = x + (size_t)r * (size_t)n;
        if (is_for_avx512(n))
            cholesky_solve_avx512(factor, n, one);
        else
            solve_one(factor, n, one);
    }
}

/* ---- one large one ---- */

/* The matrix is swept tile by tile (Goodnight 1979). With A_kk = LL' the pivot, and W_i = A_ik L'^-1, a sweep makes
 *
 *     A_ij -= W_i W_j',     A_ik = W_i L^-1,     A_kk = -(LL')^-1     (i, j other than k),
 *
 * and when every tile has been the pivot, -A^-1 stands in A's place: as many operations as a factor and its inverse take. */

/* LAPACK's own names: OpenBLAS carries them, its headers do not. A lower triangle in rows is an upper one in columns. */
void spotrf_(const char *triangle, const int *n, float *a, const int *stride, int *info, size_t);
void spotri_(const char *triangle, const int *n, float *a, const int *stride, int *info, size_t);

struct large {
    float *a,
        *panel; /* (n, n) its lower triangle; (n, CHOLESKY_TILE) W, but for the pivot's rows */
    int n, tiles, pivot;
};

static float *tile_at(const struct large *l, int row, int column)
{
    return l->a + ((size_t)row * (size_t)l->n + (size_t)column) * CHOLESKY_TILE;
}

static float *panel_at(const struct large *l, int tile)
{
    return l->panel + (size_t)tile * CHOLESKY_TILE * CHOLESKY_TILE;
}

static int tile_rows(const struct large *l, int tile)
{
    const int left = l->n - tile * CHOLESKY_TILE;
    return left < CHOLESKY_TILE ? left : CHOLESKY_TILE;
}

/* From A_ik: W_i into the panel, W_i L^-1 into its place. Left of the pivot's tile stands A_ki, its transpose. */
static void sweep_tile(void *context, size_t number, int thread)
{
    const struct large *l = context;
    const int tile = (int)number, rows = tile_rows(l, tile), columns = tile_rows(l, l->pivot);
    const float *lower = tile_at(l, l->pivot, l->pivot);
    float *w = panel_at(l, tile);
    (void)thread;
    if (tile == l->pivot)
        return;
    if (tile > l->pivot) {
        float *a = tile_at(l, tile, l->pivot);
        cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, rows, columns,
                    1, lower, l->n, a, l->n);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                w[i * CHOLESKY_TILE + j] = a[(size_t)i * (size_t)l->n + (size_t)j];
        cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, rows,
                    columns, 1, lower, l->n, a, l->n);
    } else {
        float *a = tile_at(l, l->pivot, tile);
        cblas_strsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, columns, rows,
                    1, lower, l->n, a, l->n);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                w[i * CHOLESKY_TILE + j] = a[(size_t)j * (size_t)l->n + (size_t)i];
        cblas_strsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, columns, rows,
                    1, lower, l->n, a, l->n);
    }
}

/* A_ij -= W_i W_j' for the tiles j from `first` to before `end`. */
static void update_tiles(const struct large *l, int row, int first, int end)
{
    if (first >= end)
        return;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, tile_rows(l, row),
                (end - 1 - first) * CHOLESKY_TILE + tile_rows(l, end - 1), tile_rows(l, l->pivot),
                -1, panel_at(l, row), CHOLESKY_TILE, panel_at(l, first), CHOLESKY_TILE, 1,
                tile_at(l, row, first), l->n);
}

/* A row of tiles up to its diagonal; the longest rows first, so that threads end together. */
static void update_row(void *context, size_t number, int thread)
{
    const struct large *l = context;
    const int row = l->tiles - 1 - (int)number;
    (void)thread;
    if (row < l->pivot)
        update_tiles(l, row, 0, row + 1);
    if (row > l->pivot) {
        update_tiles(l, row, 0, l->pivot);
        update_tiles(l, row, l->pivot + 1, row + 1);
    }
}

/* A row of tiles of -A^-1 becomes the inverse's, in both triangles. */
static void mirror_row(void *context, size_t number, int thread)
{
    const struct large *l = context;
    const size_t n = (size_t)l->n, first = number * CHOLESKY_TILE,
                 end = first + (size_t)tile_rows(l, (int)number);
    (void)thread;
    for (size_t column = 0; column < end; column += CHOLESKY_TILE)
        for (size_t i = first; i < end; i++)
            for (size_t j = column; j <= i && j < column + CHOLESKY_TILE; j++)
                l->a[j * n + i] = l->a[i * n + j] = -l->a[i * n + j];
}

int cholesky_invert(float *a, int n, struct threads *pool, float *scratch)
{
    struct large l = {
        .a = a, .panel = scratch, .n = n, .tiles = (n + CHOLESKY_TILE - 1) / CHOLESKY_TILE};
    for (l.pivot = 0; l.pivot < l.tiles; l.pivot++) {
        const int rows = tile_rows(&l, l.pivot);
        float *pivot = tile_at(&l, l.pivot, l.pivot);
        int info;
        spotrf_("U", &rows, pivot, &n, &info, 1);
        if (info != 0)
            return -1;
        threads_for(pool, (size_t)l.tiles, sweep_tile, &l);
        threads_for(pool, (size_t)l.tiles, update_row, &l);
        spotri_("U", &rows, pivot, &n, &info, 1);
        for (int i = 0; i < rows; i++)
            for (int j = 0; j <= i; j++)
                pivot[(size_t)i * (size_t)n + (size_t)j] *= -1;
    }
    threads_for(pool, (size_t)l.tiles, mirror_row, &l);
    return 0;
}
