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

void gram_prefetch(const float *rows, const int32_t *index, int n, int dim)
{
    for (int p = 0; p < n && p < GRAM_ROWS; p++)
        for (int d = 0; d < dim; d += LANES)
            __builtin_prefetch(rows + (size_t)index[p] * (size_t)dim + d, 0, 2);
}

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

/* LAPACK's own name: OpenBLAS carries it, its headers do not. A lower triangle in rows is an upper one in columns. */
void spotrf_(const char *triangle, const int *n, float *a, const int *stride, int *info, size_t);

struct large {
    float *a, *inverse, *scratch;
    int n, tiles, pivot; /* tile that is being eliminated */
};

static float *tile_at(const struct large *l, float *matrix, int row, int column)
{
    return matrix + (size_t)row * CHOLESKY_TILE * (size_t)l->n + (size_t)column * CHOLESKY_TILE;
}

static int tile_rows(const struct large *l, int tile)
{
    const int left = l->n - tile * CHOLESKY_TILE;
    return left < CHOLESKY_TILE ? left : CHOLESKY_TILE;
}

/* A tile below the pivot: L_tk = A_tk L_kk^-T */
static void solve_tile(void *context, size_t number, int thread)
{
    const struct large *l = context;
    const int row = l->pivot + 1 + (int)number;
    (void)thread;
    cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, tile_rows(l, row),
                tile_rows(l, l->pivot), 1, tile_at(l, l->a, l->pivot, l->pivot), l->n,
                tile_at(l, l->a, row, l->pivot), l->n);
}

/* A row of tiles of what is left: A_ij -= L_ik L_jk' */
static void update_row(void *context, size_t number, int thread)
{
    const struct large *l = context;
    const int row = l->pivot + 1 + (int)number;
    (void)thread;
    for (int column = l->pivot + 1; column <= row; column++)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, tile_rows(l, row),
                    tile_rows(l, column), tile_rows(l, l->pivot), -1,
                    tile_at(l, l->a, row, l->pivot), l->n, tile_at(l, l->a, column, l->pivot), l->n,
                    1, tile_at(l, l->a, row, column), l->n);
}

/* A column of tiles of the inverse, from the diagonal down: L Y = I, then L' X = Y. */
static void invert_column(void *context, size_t number, int thread)
{
    const struct large *l = context;
    const int column = (int)number, columns = tile_rows(l, column);
    const int rows = l->n - column * CHOLESKY_TILE;
    float *x = l->scratch + (size_t)thread * (size_t)l->n * CHOLESKY_TILE; /* (rows, columns) */
    const float *lower = tile_at(l, l->a, column, column);
    memset(x, 0, (size_t)rows * (size_t)columns * sizeof *x);
    for (int i = 0; i < columns; i++)
        x[i * columns + i] = 1;
    cblas_strsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, rows, columns, 1,
                lower, l->n, x, columns);
    cblas_strsm(CblasRowMajor, CblasLeft, CblasLower, CblasTrans, CblasNonUnit, rows, columns, 1,
                lower, l->n, x, columns);
    float *out = tile_at(l, l->inverse, column, column);
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            out[(size_t)i * (size_t)l->n + (size_t)j] = x[i * columns + j];
}

static void mirror_row(void *context, size_t row, int thread)
{
    const struct large *l = context;
    const size_t n = (size_t)l->n;
    (void)thread;
    for (size_t j = row + 1; j < n; j++)
        l->inverse[row * n + j] = l->inverse[j * n + row];
}

int cholesky_invert(float *inverse, float *a, int n, struct threads *pool, float *scratch)
{
    struct large l = {.a = a,
                      .inverse = inverse,
                      .scratch = scratch,
                      .n = n,
                      .tiles = (n + CHOLESKY_TILE - 1) / CHOLESKY_TILE};
    for (l.pivot = 0; l.pivot < l.tiles; l.pivot++) {
        const int rows = tile_rows(&l, l.pivot), below = l.tiles - l.pivot - 1;
        int info;
        spotrf_("U", &rows, tile_at(&l, a, l.pivot, l.pivot), &n, &info, 1);
        if (info != 0)
            return -1;
        threads_for(pool, (size_t)below, solve_tile, &l);
        threads_for(pool, (size_t)below, update_row, &l);
    }
    threads_for(pool, (size_t)l.tiles, invert_column, &l);
    threads_for(pool, (size_t)n, mirror_row, &l);
    return 0;
}
