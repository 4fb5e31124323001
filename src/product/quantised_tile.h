/* quantised_tile.h - the sums of quantised_product.h in tiles of rows by columns, written once for vectors of any width.
 * The file of an instruction set defines
 *
 *     TARGET          the attribute that has its instructions
 *     LANES           32-bit numbers of a vector, which holds one quad of as many columns
 *     TILE_VECTORS    how many vectors of sums a row has in registers
 *     PLANES_4        vectors (1 or 2) that `split` makes of one of 4-bit q's, by then a byte each,
 *     PLANES_8        likewise of 8-bit q's
 *
 * includes this, defines the functions declared below and makes its product out of product_in_tiles. */
#include "product/quantised_kernels.h"

#include <string.h>

#define INLINE       static inline __attribute__((always_inline)) TARGET
#define TILE_ROWS    4
#define VECTOR_BYTES (LANES * 4)
#define AHEAD_BYTES  4096 /* two to four cells */
#define SECOND_LEVEL 2    /* cache; to ask for the first is slower with one row than not to ask */
#define CHUNK_ROWS   16   /* read a cell in turn while it is near */

typedef int32_t integers __attribute__((vector_size(VECTOR_BYTES)));
typedef uint32_t quads __attribute__((vector_size(VECTOR_BYTES)));
typedef float floats __attribute__((vector_size(VECTOR_BYTES)));

INLINE quads split(quads q, int plane, enum dtype type);
INLINE integers spread(int32_t x); /* a quad of inputs, for every column */

/* A group's integer sums with a vector of columns, a vector a plane: begin, dot for each quad, total. The offset, -zero *
 * sum(x), goes into one of begin (first plane) and total. */
INLINE integers begin(integers offset);
INLINE integers dot(integers sum, quads q, integers x);
INLINE integers total(const integers *sums, integers offset, enum dtype type);

INLINE floats halves(const unsigned char *from); /* f16 */

INLINE int planes_of(enum dtype type)
{
    return cell_is_4_bit(type) ? PLANES_4 : PLANES_8;
}

INLINE integers offset_of(const struct quantised_group *in, enum dtype type)
{
    return (integers){0} - cell_zero(type) * in->sum;
}

/* q of a quad of inputs for the v-th of all vectors of columns and planes. */
INLINE quads weights(const unsigned char *cell, int quad, int v, enum dtype type)
{
    const int is_4_bit = cell_is_4_bit(type), planes = planes_of(type);
    const int at = is_4_bit ? quad % (QUADS / 2) : quad;
    quads q;
    memcpy(&q, cell + at * COLUMNS * QUAD + v / planes * VECTOR_BYTES, sizeof q);
    if (is_4_bit)
        q = (quad < QUADS / 2 ? q : q >> 4) & 0x0f0f0f0f;
    return split(q, v % planes, type);
}

/* The integer sums (rows, TILE_VECTORS) of one group with the vectors of columns and planes from `first` on. */
INLINE void multiply(integers sums[][TILE_VECTORS], const struct quantised_group *in, int stride,
                     const unsigned char *cell, int first, enum dtype type, int rows)
{
    UNROLL
    for (int i = 0; i < rows * TILE_VECTORS; i++) {
        const int r = i / TILE_VECTORS, v = i % TILE_VECTORS;
        sums[r][v] = begin(v % planes_of(type) ? (integers){0} : offset_of(in + r * stride, type));
    }
    UNROLL
    for (int quad = 0; quad < QUADS; quad++) {
        quads w[TILE_VECTORS];
        UNROLL
        for (int v = 0; v < TILE_VECTORS; v++)
            w[v] = weights(cell, quad, first + v, type);
        UNROLL
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, in[r * stride].x + QUAD * quad, sizeof four);
            const integers x = spread(four);
            UNROLL
            for (int v = 0; v < TILE_VECTORS; v++)
                sums[r][v] = dot(sums[r][v], w[v], x);
        }
    }
}

/* y (rows, 64), from `column` on, += those sums, scaled. */
INLINE void add_scaled(float *y, integers sums[][TILE_VECTORS], const struct quantised_group *in,
                       int stride, const unsigned char *cell, int column, enum dtype type, int rows)
{
    const int planes = planes_of(type), n = TILE_VECTORS / planes, has_m = type == DTYPE_Q4_1;
    const unsigned char *from = cell + cell_q_bytes(type) + column * 2;
    floats d[TILE_VECTORS], m[TILE_VECTORS], before;
    UNROLL
    for (int v = 0; v < n; v++) {
        d[v] = halves(from + v * LANES * 2);
        m[v] = has_m ? halves(from + (COLUMNS + v * LANES) * 2) : (floats){0};
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        const struct quantised_group *group = in + r * stride;
        const integers offset = offset_of(group, type);
        const floats scale = group->scale - (floats){0}; /* + is an addition: -0 + 0 is 0 */
        const floats sum = __builtin_convertvector((integers){0} + group->sum, floats);
        UNROLL
        for (int v = 0; v < n; v++) {
            float *to = y + r * COLUMNS + column + v * LANES;
            floats t = __builtin_convertvector(total(sums[r] + v * planes, offset, type), floats);
            t = (has_m ? t * d[v] + m[v] * sum : t * d[v]) * scale;
            memcpy(&before, to, sizeof before);
            t += before;
            memcpy(to, &t, sizeof t);
        }
    }
}

/* y (rows, 64) += the part of one group; `rows` is a constant in each caller. */
INLINE void add_group(float *y, const struct quantised_group *in, int stride,
                      const unsigned char *cell, enum dtype type, int rows)
{
    const int planes = planes_of(type), vectors = COLUMNS / LANES * planes;
    __asm__("" : "+r"(cell)); /* or gcc unpacks it before the loop over tiles, into memory */
    for (int first = 0; first < vectors; first += TILE_VECTORS) {
        integers sums[TILE_ROWS][TILE_VECTORS];
        multiply(sums, in, stride, cell, first, type, rows);
        add_scaled(y, sums, in, stride, cell, first / planes * LANES, type, rows);
    }
}

/* y (n, 64) += the part of one group, n <= CHUNK_ROWS. */
INLINE void add_cell(float *y, const struct quantised_group *in, int stride,
                     const unsigned char *cell, enum dtype type, int n)
{
    for (; n >= TILE_ROWS; n -= TILE_ROWS) {
        add_group(y, in, stride, cell, type, TILE_ROWS);
        y += TILE_ROWS * COLUMNS;
        in += (long)TILE_ROWS * stride;
    }
    if (n == 3)
        add_group(y, in, stride, cell, type, 3);
    else if (n == 2)
        add_group(y, in, stride, cell, type, 2);
    else if (n == 1)
        add_group(y, in, stride, cell, type, 1);
}

/* The first `width` columns of a panel, all rows. */
INLINE void panel(float *y, const struct quantised *w, const unsigned char *cells, int width,
                  const struct quantised_group *in, int n_rows, enum dtype type)
{
    _Alignas(64) float sums[CHUNK_ROWS * COLUMNS];
    const int groups = w->inner / GROUP;
    for (int row = 0; row < n_rows; row += CHUNK_ROWS, in += (long)CHUNK_ROWS * groups) {
        const int n = n_rows - row < CHUNK_ROWS ? n_rows - row : CHUNK_ROWS;
        memset(sums, 0, (size_t)n * COLUMNS * sizeof *sums);
        for (int g = 0; g < groups; g++) {
            const unsigned char *cell = cells + (size_t)g * cell_bytes(type);
            for (size_t i = 0; row == 0 && i < cell_bytes(type); i += 64)
                __builtin_prefetch(cell + AHEAD_BYTES + i, 0, SECOND_LEVEL); /* panels follow on */
            add_cell(sums, in + g, groups, cell, type, n);
        }
        for (int r = 0; r < n; r++)
            memcpy(y + (long)(row + r) * w->columns, sums + r * COLUMNS, (size_t)width * sizeof *y);
    }
}

#define PANEL(NAME, TYPE)                                                                          \
    TARGET static void NAME(float *y, const struct quantised *w, const unsigned char *cell,        \
                            int width, const struct quantised_group *in, int n_rows)               \
    {                                                                                              \
        panel(y, w, cell, width, in, n_rows, TYPE);                                                \
    }

PANEL(panel_q4_0, DTYPE_Q4_0)
PANEL(panel_q4_1, DTYPE_Q4_1)
PANEL(panel_q8_0, DTYPE_Q8_0)

static void product_in_tiles(float *y, const struct quantised *w, const void *rows, int n_rows)
{
    const enum dtype type = w->type;
    const unsigned char *cell = w->data;
    for (int c = 0; c < w->columns; c += COLUMNS, cell += quantised_panel_bytes(w)) {
        const int width = w->columns - c < COLUMNS ? w->columns - c : COLUMNS;
        (type == DTYPE_Q4_0   ? panel_q4_0
         : type == DTYPE_Q4_1 ? panel_q4_1
                              : panel_q8_0)(y + c, w, cell, width, rows, n_rows);
    }
}
