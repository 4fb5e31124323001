/* f32_panels.c - packed, W is slices of `inner`, as even as they come and at most DEPTH deep; each is blocks of BLOCK
 * columns, (depth, BLOCK), the last one filled up with zeros. A block of a slice stays in the first-level cache while
 * all rows go by, a few at a time in registers; meanwhile the next block is asked for, a share of it by each of
 * these tiles. With few rows several blocks go by side by side, for a sum alone would wait for itself. */
#ifdef __clang__ /* against -ffp-contract=off, which holds everywhere else */
#pragma STDC FP_CONTRACT ON
#else
#pragma GCC optimize("fp-contract=fast")
#endif

#include "product/f32_panels.h"

#include "base/cpu.h"

#include <stdbool.h>
#include <string.h>

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define BLOCK   16  /* columns: a line of the cache */
#define LINE    64  /* bytes of it */
#define DEPTH   384 /* 24 KB of a block; the fastest of 256 to 576 */
#define STRETCH 64  /* rows at a time; their inputs of a slice stay in the second-level cache */
#define X_ROW                                                                                      \
    (DEPTH +                                                                                       \
     16) /* floats from a row's inputs to the next: neighbours share no place of the cache */

_Static_assert(F32_PANELS_SCRATCH >= STRETCH * X_ROW, "inputs of a stretch fit the scratch memory");

/* Some rows times some blocks that lie `block` floats apart, through one slice. */
struct tile {
    float *y; /* y_row floats from row to row */
    const float *x, *packed;
    const char *
        ahead; /* to be asked for, ahead_step bytes on for each of `depth`, likewise in every block */
    size_t y_row, block, ahead_step;
    int depth;
    bool adds; /* to y: not the first slice */
};

#ifdef __x86_64__

#define LANES 4
#define SUMS  2
#define TARGET
#define NAMED(x) x##_sse2
#include "product/f32_panels_tile.h"

#define LANES    8
#define SUMS     6
#define TARGET   __attribute__((target("avx2,fma")))
#define NAMED(x) x##_avx2
#include "product/f32_panels_tile.h"

#else

#define LANES 4
#define SUMS  6
#define TARGET
#define NAMED(x) x##_neon
#include "product/f32_panels_tile.h"

#endif

struct way {
    const char *name;
    void (*run_tile)(const struct tile *tile, int rows, int streams);
    int sums; /* rows times streams at most */
};

static const struct way *way_here(void)
{
#ifdef __x86_64__
    static const struct way avx2 = {"panels:avx2", run_tile_avx2, 6};
    static const struct way sse2 = {"panels:sse2", run_tile_sse2, 2};
    return cpu()->has_avx2 ? &avx2 : &sse2;
#else
    static const struct way neon = {"panels:neon", run_tile_neon, 6};
    return &neon;
#endif
}

const char *f32_panels_name(void)
{
    return way_here()->name;
}

/* ---- packing ---- */

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static int parts(int n, int most)
{
    return (n + most - 1) / most;
}

/* The next part of what is left, at most `most`: as even as they come. */
static int share(int left, int most)
{
    return parts(left, parts(left, most));
}

static int padded(int columns)
{
    return parts(columns, BLOCK) * BLOCK;
}

size_t f32_panels_bytes(int inner, int columns)
{
    return (size_t)inner * (size_t)padded(columns) * sizeof(float);
}

void f32_panels_pack(float *packed, const float *values, int inner, int columns)
{
    for (int from = 0, depth; from < inner; from += depth) {
        depth = share(inner - from, DEPTH);
        for (int first = 0; first < columns; first += BLOCK)
            for (int k = from; k < from + depth; k++)
                for (int c = first; c < first + BLOCK; c++)
                    *packed++ = c < columns ? values[(size_t)c * (size_t)inner + (size_t)k] : 0;
    }
}

/* ---- products ---- */

/* One slice of a product of at most STRETCH rows. */
struct slice {
    const struct way *way;
    const float *x;      /* (rows, X_ROW) */
    const float *packed; /* (blocks, depth, BLOCK) */
    int rows, columns, depth;
    bool adds;
};

static void multiply_blocks(const struct slice *slice, float *y)
{
    const int blocks = slice->columns / BLOCK, most = slice->way->sums, rows = slice->rows;
    const int streams = rows < most ? most / rows : 1;
    struct tile tile = {.y_row = (size_t)slice->columns,
                        .block = (size_t)slice->depth * BLOCK,
                        .ahead_step = LINE / (size_t)parts(rows, most),
                        .depth = slice->depth,
                        .adds = slice->adds};
    for (int b = 0, n; b < blocks; b += n) {
        n = smaller(streams, blocks - b);
        tile.packed = slice->packed + (size_t)b * tile.block;
        tile.ahead = (const char *)(tile.packed + (size_t)n * tile.block);
        for (int row = 0, m; row < rows; row += m) {
            m = share(rows - row, most);
            tile.x = slice->x + row * X_ROW;
            tile.y = y + (size_t)row * tile.y_row + (size_t)b * BLOCK;
            slice->way->run_tile(&tile, m, n);
            tile.ahead += (size_t)tile.depth * tile.ahead_step;
        }
    }
}

/* The last block, where it has fewer columns than others, a row at a time. */
static void multiply_edge(const struct slice *slice, float *y)
{
    const int first = slice->columns / BLOCK * BLOCK;
    const size_t bytes = (size_t)(slice->columns - first) * sizeof *y;
    float sums[BLOCK] = {0};
    struct tile tile = {.y = sums,
                        .packed = slice->packed + (size_t)first * (size_t)slice->depth,
                        .ahead = (const char *)slice->packed,
                        .depth = slice->depth,
                        .adds = slice->adds};
    for (int row = 0; row < slice->rows && bytes > 0; row++) {
        float *to = y + (size_t)row * (size_t)slice->columns + first;
        if (slice->adds)
            memcpy(sums, to, bytes);
        tile.x = slice->x + row * X_ROW;
        slice->way->run_tile(&tile, 1, 1);
        memcpy(to, sums, bytes);
    }
}

static void multiply_stretch(float *y, const float *x, const float *packed, int rows, int inner,
                             int columns, float *scratch)
{
    struct slice slice = {.way = way_here(), .x = scratch, .rows = rows, .columns = columns};
    for (int from = 0; from < inner; from += slice.depth) {
        slice.depth = share(inner - from, DEPTH);
        slice.packed = packed + (size_t)from * (size_t)padded(columns);
        slice.adds = from > 0;
        for (int row = 0; row < rows; row++)
            memcpy(scratch + row * X_ROW, x + (size_t)row * (size_t)inner + from,
                   (size_t)slice.depth * sizeof *x);
        multiply_blocks(&slice, y);
        multiply_edge(&slice, y);
    }
}

void f32_panels_product(float *y, const float *x, const float *packed, int rows, int inner,
                        int columns, float *scratch)
{
    for (int row = 0; row < rows; row += STRETCH)
        multiply_stretch(y + (size_t)row * (size_t)columns, x + (size_t)row * (size_t)inner, packed,
                         smaller(rows - row, STRETCH), inner, columns, scratch);
}
