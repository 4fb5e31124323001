/* attention_tiles.c - a tile of rows meets one block of keys after the other. Keys and values are made ready for their
 * products once a segment. Backward the tile stands on its side, (keys, rows), for then what is each row's own, its
 * lse among it, is a vector, and weights and gradients of scores feed the products for keys and values as they are. */
#include "attention/attention_tiles.h"

#include "attention/attention_tile.h"
#include "base/memory.h"
#include "kernel/layers.h"
#include "product/product.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define NO_WINDOW (1 << 30)

struct attention_tiles {
    int dim;
    struct product_worker *worker;
    /* "scores": (dim) -> (SIDE); "sums": (SIDE) -> (dim). Some are pointed at the blocks in turn. */
    struct matrix scores[2], sums[3];
    char *tile_memory; /* of scores[0], scores[1], sums[0], sums[1] */
    char *blocks[3];   /* by block of keys: what is made ready of keys and values */
    size_t block_bytes;
    float *dense, *turned, *y;                /* (SIDE, dim), (dim, SIDE), (SIDE, dim) */
    float *acc;                               /* (SIDE, dim) */
    float *s, *d;                             /* (SIDE, SIDE) scores and gradients of weights */
    uint16_t *x, *weights, *dscores, *across; /* (SIDE, dim), (SIDE, SIDE) each */
    struct tile_rows rows;
};

/* One segment's key head. */
struct attention_tiles_part {
    const struct attention_shape *shape;
    const float *q, *k, *v; /* at the key head, and at the first query head that uses it */
    float *out, *lse;
    size_t q_row, kv_row, out_row;
    int first, end, group, dim;
};

/* ---- making and unmaking ---- */

static int make_matrices(struct attention_tiles *t, struct products *products,
                         struct llmx_error *err)
{
    int dim = t->dim;
    for (int i = 0; i < 2; i++)
        if (matrix_init(&t->scores[i], products, dim, SIDE, SIDE, 1, err) != 0)
            return -1;
    for (int i = 0; i < 3; i++)
        if (matrix_init(&t->sums[i], products, SIDE, dim, dim, 1, err) != 0)
            return -1;
    size_t a = matrix_bytes(&t->scores[0]), b = matrix_bytes(&t->sums[0]);
    size_t plain = (size_t)SIDE * (size_t)dim * sizeof(uint16_t);
    t->block_bytes = a > b ? a : b;
    t->block_bytes = t->block_bytes > plain ? t->block_bytes : plain;
    t->tile_memory = mem_tensor(2 * (a + b), 1, err);
    if (!t->tile_memory || matrix_place(&t->scores[0], t->tile_memory, err) != 0 ||
        matrix_place(&t->scores[1], t->tile_memory + a, err) != 0 ||
        matrix_place(&t->sums[0], t->tile_memory + 2 * a, err) != 0 ||
        matrix_place(&t->sums[1], t->tile_memory + 2 * a + b, err) != 0 ||
        matrix_place(&t->sums[2], t->tile_memory, err) != 0 ||
        products_prepare(products, SIDE, err) != 0)
        return -1;
    return product_worker_create(&t->worker, products, err);
}

static int make_arrays(struct attention_tiles *t, int rows_max, struct llmx_error *err)
{
    size_t rows = (size_t)SIDE * (size_t)t->dim, square = SIDE * SIDE;
    size_t blocks = ((size_t)rows_max + SIDE - 1) / SIDE;
    for (int i = 0; i < 3; i++)
        if (!(t->blocks[i] = mem_tensor(blocks, t->block_bytes, err)))
            return -1;
    float **floats[] = {&t->dense, &t->turned, &t->y, &t->acc, &t->s, &t->d};
    uint16_t **halves[] = {&t->x, &t->weights, &t->dscores, &t->across};
    for (int i = 0; i < 6; i++) {
        size_t n = i < 4 ? rows : square;
        if (!(*floats[i] = mem_tensor(n, sizeof(float), err)))
            return -1;
        memset(*floats[i], 0, n * sizeof(float));
    }
    for (int i = 0; i < 4; i++) {
        size_t n = i < 1 ? rows : square;
        if (!(*halves[i] = mem_tensor(n, sizeof(uint16_t), err)))
            return -1;
        memset(*halves[i], 0, n * sizeof(uint16_t));
    }
    return 0;
}

int attention_tiles_create(struct attention_tiles **tiles, struct products *products, int head_dim,
                           int rows_max, struct llmx_error *err)
{
    struct attention_tiles *t = mem_array(1, sizeof *t, err);
    if (!t)
        return -1;
    t->dim = head_dim;
    if (make_matrices(t, products, err) != 0 || make_arrays(t, rows_max, err) != 0) {
        attention_tiles_destroy(t);
        return -1;
    }
    *tiles = t;
    return 0;
}

void attention_tiles_destroy(struct attention_tiles *t)
{
    if (!t)
        return;
    product_worker_destroy(t->worker);
    for (int i = 0; i < 2; i++)
        matrix_release(&t->scores[i]);
    for (int i = 0; i < 3; i++) {
        matrix_release(&t->sums[i]);
        free(t->blocks[i]);
    }
    void *arrays[] = {t->tile_memory, t->dense, t->turned,  t->y,       t->acc,   t->s,
                      t->d,           t->x,     t->weights, t->dscores, t->across};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
    free(t);
}

/* ---- rows, keys ---- */

static struct attention_tiles_part part_of(const float *q, const float *k, const float *v,
                                           int first, int end, int kv_head,
                                           const struct attention_shape *shape)
{
    size_t dim = (size_t)shape->head_dim, group = (size_t)(shape->heads / shape->kv_heads);
    size_t q_row = (size_t)shape->heads * dim, kv_row = (size_t)shape->kv_heads * dim;
    assert(shape->dropout == 0 && group <= SIDE);
    return (struct attention_tiles_part){.shape = shape,
                                         .q = q + (size_t)kv_head * group * dim,
                                         .k = k + (size_t)kv_head * dim,
                                         .v = v + (size_t)kv_head * dim,
                                         .q_row = shape->q_row > 0 ? (size_t)shape->q_row : q_row,
                                         .kv_row =
                                             shape->kv_row > 0 ? (size_t)shape->kv_row : kv_row,
                                         .out_row = q_row,
                                         .first = first,
                                         .end = end,
                                         .group = (int)group,
                                         .dim = shape->head_dim};
}

static int minimum(int a, int b)
{
    return a < b ? a : b;
}

/* The tile that begins at a position: how many fit, and where each row stands. */
static void begin_rows(struct tile_rows *rows, const struct attention_tiles_part *part,
                       int position)
{
    rows->first = position;
    rows->count = minimum(SIDE / part->group, part->end - position);
    rows->n = rows->count * part->group;
    for (int r = 0; r < SIDE; r++)
        rows->position[r] = r < rows->n ? position + r / part->group : -1;
}

/* The tile's rows of an array like q, one head after the other, into dense (rows, dim); the rest is zero. */
static void gather(float *dense, const struct attention_tiles_part *part,
                   const struct tile_rows *rows, const float *from, size_t row)
{
    size_t n = (size_t)part->group * (size_t)part->dim;
    for (int i = 0; i < rows->count; i++)
        memcpy(dense + (size_t)i * n, from + (size_t)(rows->first + i) * row, n * sizeof *dense);
    size_t used = (size_t)rows->count * n, all = (size_t)SIDE * (size_t)part->dim;
    memset(dense + used, 0, (all - used) * sizeof *dense);
}

/* Keys or values of a block into dense (SIDE, dim); the rest is zero. */
static void gather_keys(float *dense, const struct attention_tiles_part *part, int block,
                        const float *from)
{
    int n = minimum(SIDE, part->end - block), dim = part->dim;
    for (int s = 0; s < n; s++)
        memcpy(dense + s * dim, from + (size_t)(block + s) * part->kv_row,
               (size_t)dim * sizeof *dense);
    memset(dense + n * dim, 0, (size_t)((SIDE - n) * dim) * sizeof *dense);
}

/* to (dim, SIDE) of from (SIDE, dim) */
static void turn(float *to, const float *from, int dim)
{
    for (int r = 0; r < SIDE; r++)
        for (int d = 0; d < dim; d++)
            to[d * SIDE + r] = from[r * dim + d];
}

/* The first block of keys that a position sees. */
static int first_block(const struct attention_tiles_part *part, int position)
{
    int window = part->shape->window;
    int key =
        window > 0 && position - window + 1 > part->first ? position - window + 1 : part->first;
    return part->first + (key - part->first) / SIDE * SIDE;
}

static char *block_memory(const struct attention_tiles *t, const struct attention_tiles_part *part,
                          int which, int block)
{
    return t->blocks[which] + (size_t)((block - part->first) / SIDE) * t->block_bytes;
}

/* Does every row of the tile see every key of the block? */
static bool is_seen_whole(const struct attention_tiles_part *part, const struct tile_rows *rows,
                          int block)
{
    int last = rows->first + rows->count - 1, window = part->shape->window;
    return rows->n == SIDE && block + SIDE - 1 <= rows->first &&
           (window == 0 || last - block < window);
}

/* ---- forward ---- */

static void forward_tile(struct attention_tiles *t, const struct attention_tiles_part *part)
{
    struct tile_rows *rows = &t->rows;
    int dim = part->dim, n = rows->n, window = part->shape->window;
    gather(t->dense, part, rows, part->q, part->q_row);
    scale_forward(t->x, DTYPE_BF16, t->dense, 1.0f, SIDE * dim);
    memset(t->acc, 0, (size_t)(n * dim) * sizeof *t->acc);
    for (int r = 0; r < SIDE; r++) {
        rows->max[r] = TILE_LOWEST;
        rows->sum[r] = rows->keep[r] = 0;
    }
    for (int block = first_block(part, rows->first); block < rows->first + rows->count;
         block += SIDE) {
        matrix_point(&t->scores[0], block_memory(t, part, 0, block));
        matrix_point(&t->sums[0], block_memory(t, part, 1, block));
        product_run(t->worker, &t->scores[0], 0, t->x, t->s, n);
        tile_weights(t->weights, t->s, rows, block, window > 0 ? window : NO_WINDOW,
                     part->shape->scale);
        product_run(t->worker, &t->sums[0], 0, t->weights, t->y, n);
        keep_and_add(t->acc, rows->keep, t->y, n, dim);
    }
    for (int r = 0; r < n; r++) {
        size_t position = (size_t)rows->position[r];
        int head = r % part->group;
        scale_forward(part->out + position * part->out_row + head * dim, DTYPE_F32,
                      t->acc + r * dim, 1.0f / rows->sum[r], dim);
        part->lse[position * (size_t)part->shape->heads + (size_t)head] =
            rows->max[r] + logf(rows->sum[r]);
    }
}

void attention_tiles_forward(struct attention_tiles *t, float *out, float *lse, const float *q,
                             const float *k, const float *v, int first, int end, int kv_head,
                             const struct attention_shape *shape)
{
    struct attention_tiles_part part = part_of(q, k, v, first, end, kv_head, shape);
    part.out = out + (size_t)(kv_head * part.group * part.dim);
    part.lse = lse + kv_head * part.group;
    for (int block = first; block < end; block += SIDE) {
        gather_keys(t->dense, &part, block, part.k);
        matrix_point(&t->scores[0], block_memory(t, &part, 0, block));
        product_pack(t->worker, &t->scores[0], 0, t->dense);
        gather_keys(t->dense, &part, block, part.v);
        turn(t->turned, t->dense, part.dim);
        matrix_point(&t->sums[0], block_memory(t, &part, 1, block));
        product_pack(t->worker, &t->sums[0], 0, t->turned);
    }
    for (int position = first; position < end; position += t->rows.count) {
        begin_rows(&t->rows, &part, position);
        forward_tile(t, &part);
    }
}

/* ---- backward ---- */

struct attention_tiles_gradients {
    float *dq, *dk, *dv; /* at this key head, and at the first query head that uses it */
    const float *dout;
};

static void turn_square(uint16_t *to, const uint16_t *from)
{
    for (int a = 0; a < SIDE; a++)
        for (int b = 0; b < SIDE; b++)
            to[b * SIDE + a] = from[a * SIDE + b];
}

static void add_to_keys(float *to, size_t row, const float *y, int keys, int dim)
{
    for (int s = 0; s < keys; s++)
        add_forward(to + (size_t)s * row, y + s * dim, dim);
}

/* Queries and gradients of the output, ready for both kinds of product; lse and dout . out of each row. */
static void ready_rows(struct attention_tiles *t, const struct attention_tiles_part *part,
                       const struct attention_tiles_gradients *g)
{
    struct tile_rows *rows = &t->rows;
    int dim = part->dim;
    gather(t->dense, part, rows, part->q, part->q_row);
    turn(t->turned, t->dense, dim);
    product_pack(t->worker, &t->scores[0], 0, t->dense);
    product_pack(t->worker, &t->sums[0], 0, t->turned);
    gather(t->dense, part, rows, g->dout, part->out_row);
    turn(t->turned, t->dense, dim);
    product_pack(t->worker, &t->scores[1], 0, t->dense);
    product_pack(t->worker, &t->sums[1], 0, t->turned);
    gather(t->acc, part, rows, part->out, part->out_row);
    for (int r = 0; r < SIDE; r++) {
        rows->lse[r] = -TILE_LOWEST; /* of no row: all weights are 0 */
        rows->whole[r] = 0;
    }
    for (int r = 0; r < rows->n; r++) {
        size_t place = (size_t)rows->position[r] * (size_t)part->shape->heads;
        rows->lse[r] = part->lse[place + (size_t)(r % part->group)];
        rows->whole[r] = dot_forward(t->dense + r * dim, t->acc + r * dim, dim);
    }
}

static void backward_tile(struct attention_tiles *t, const struct attention_tiles_part *part,
                          const struct attention_tiles_gradients *g)
{
    struct tile_rows *rows = &t->rows;
    int dim = part->dim, window = part->shape->window > 0 ? part->shape->window : NO_WINDOW;
    size_t group = (size_t)(part->group * dim);
    ready_rows(t, part, g);
    memset(t->acc, 0, (size_t)(SIDE * dim) * sizeof *t->acc);
    for (int block = first_block(part, rows->first); block < rows->first + rows->count;
         block += SIDE) {
        int keys = minimum(SIDE, part->end - block);
        size_t at = (size_t)block * part->kv_row;
        product_run(t->worker, &t->scores[0], 0, block_memory(t, part, 0, block), t->s, SIDE);
        product_run(t->worker, &t->scores[1], 0, block_memory(t, part, 1, block), t->d, SIDE);
        tile_gradients(t->weights, t->dscores, t->s, t->d, rows, block, window, part->shape->scale,
                       is_seen_whole(part, rows, block));
        product_run(t->worker, &t->sums[1], 0, t->weights, t->y, SIDE);
        add_to_keys(g->dv + at, part->kv_row, t->y, keys, dim);
        product_run(t->worker, &t->sums[0], 0, t->dscores, t->y, SIDE);
        add_to_keys(g->dk + at, part->kv_row, t->y, keys, dim);
        turn_square(t->across, t->dscores);
        matrix_point(&t->sums[2], block_memory(t, part, 2, block));
        product_run(t->worker, &t->sums[2], 0, t->across, t->y, SIDE);
        add_forward(t->acc, t->y, SIDE * dim);
    }
    for (int i = 0; i < rows->count; i++)
        memcpy(g->dq + (size_t)(rows->first + i) * part->q_row, t->acc + (size_t)i * group,
               group * sizeof *t->acc);
}

static void clear_rows(float *x, size_t row, int first, int end, int n)
{
    for (int i = first; i < end; i++)
        memset(x + (size_t)i * row, 0, (size_t)n * sizeof *x);
}

void attention_tiles_backward(struct attention_tiles *t, float *dq, float *dk, float *dv,
                              const float *dout, const float *out, const float *lse, const float *q,
                              const float *k, const float *v, int first, int end, int kv_head,
                              const struct attention_shape *shape)
{
    struct attention_tiles_part part = part_of(q, k, v, first, end, kv_head, shape);
    size_t q_at = (size_t)(part.q - q), kv_at = (size_t)(part.k - k);
    struct attention_tiles_gradients g = {dq + q_at, dk + kv_at, dv + kv_at, dout + q_at};
    part.out = (float *)(size_t)(out + q_at); /* only read from here on */
    part.lse = (float *)(size_t)(lse + kv_head * part.group);
    clear_rows(g.dk, part.kv_row, first, end, part.dim);
    clear_rows(g.dv, part.kv_row, first, end, part.dim);
    size_t a = matrix_bytes(&t->scores[0]);
    matrix_point(&t->scores[0], t->tile_memory);
    matrix_point(&t->sums[0], t->tile_memory + 2 * a);
    for (int block = first; block < end; block += SIDE) {
        gather_keys(t->dense, &part, block, part.k);
        scale_forward(block_memory(t, &part, 0, block), DTYPE_BF16, t->dense, 1.0f,
                      SIDE * part.dim);
        turn(t->turned, t->dense, part.dim);
        matrix_point(&t->sums[2], block_memory(t, &part, 2, block));
        product_pack(t->worker, &t->sums[2], 0, t->turned);
        gather_keys(t->dense, &part, block, part.v);
        scale_forward(block_memory(t, &part, 1, block), DTYPE_BF16, t->dense, 1.0f,
                      SIDE * part.dim);
    }
    for (int position = first; position < end; position += t->rows.count) {
        begin_rows(&t->rows, &part, position);
        backward_tile(t, &part, &g);
    }
}
