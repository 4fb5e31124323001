#include "kernel/cholesky.h"

#include <cblas.h>
#include <stddef.h>

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
