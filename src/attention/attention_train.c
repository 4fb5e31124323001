/* attention_train.c - keys go by in blocks of BLOCK; of each block the keys (and values, backward) are transposed
 * once, then every query row that sees it passes by, GROUP rows at a time, so that all work is products of small
 * tiles that stay in the first-level cache. What a row has seen so far is its normalised `out` and `lse`. */
#include "attention/attention_train.h"

#include "attention/attention_sight.h"
#include "kernel/dropout.h"
#include "kernel/layers.h"
#include "product/small_product.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define BLOCK 96 /* keys */
#define TILE  48 /* rows, backward */
#define GROUP 8 /* rows that pass by together: only the last of them sees all keys that are taken */

/* ---- one key head of a segment ---- */

struct attention_train_part {
    const struct attention_shape *shape;
    const float *q, *k, *v;        /* at this key head, and at the first query head that uses it */
    float *out, *lse;              /* likewise */
    size_t q_row, kv_row, out_row; /* from one row to the next */
    int end, kv_head, dim;
};

static struct attention_train_part part_of(const float *q, const float *k, const float *v, int end,
                                           int kv_head, const struct attention_shape *shape)
{
    size_t dim = (size_t)shape->head_dim, group = (size_t)(shape->heads / shape->kv_heads);
    size_t head = (size_t)kv_head, q_row = (size_t)shape->heads * dim;
    size_t kv_row = (size_t)shape->kv_heads * dim;
    return (struct attention_train_part){.shape = shape,
                                         .q = q + head * group * dim,
                                         .k = k + head * dim,
                                         .v = v + head * dim,
                                         .q_row = shape->q_row > 0 ? (size_t)shape->q_row : q_row,
                                         .kv_row =
                                             shape->kv_row > 0 ? (size_t)shape->kv_row : kv_row,
                                         .out_row = q_row,
                                         .end = end,
                                         .kv_head = kv_head,
                                         .dim = shape->head_dim};
}

static struct sight sight_of(const struct attention_train_part *part, int head, int row, int block,
                             int keys)
{
    const struct attention_shape *shape = part->shape;
    struct sight sight = {.block = block};
    int first = shape->window > 0 ? row - shape->window + 1 - block : 0;
    int number = part->kv_head * (shape->heads / shape->kv_heads) + head;
    sight.first = first > 0 ? first : 0;
    sight.end = row + 1 - block < keys ? row + 1 - block : keys;
    if (shape->dropout > 0)
        sight.dropout =
            dropout_row(shape->seed, (uint64_t)number << 32 | (uint32_t)row, shape->dropout);
    return sight;
}

/* Rows that see some of the keys block .. block + keys - 1: from `block` to here. */
static int rows_end(const struct attention_train_part *part, int block, int keys)
{
    int last = block + keys - 1 + part->shape->window;
    return part->shape->window > 0 && last < part->end ? last : part->end;
}

/* to (dim, BLOCK) from rows of keys or values; places past `keys` are zero. */
static void transpose(float *to, const float *from, size_t row, int keys, int dim)
{
    for (int s = 0; s < keys; s++)
        for (int d = 0; d < dim; d++)
            to[d * BLOCK + s] = from[(size_t)s * row + (size_t)d];
    for (int s = keys; s < BLOCK; s++)
        for (int d = 0; d < dim; d++)
            to[d * BLOCK + s] = 0;
}

static int minimum(int a, int b)
{
    return a < b ? a : b;
}

static int round_up(int n)
{
    return (n + SIGHT_UNIT - 1) / SIGHT_UNIT * SIGHT_UNIT;
}

/* ---- forward ---- */

/* Some rows of one query head (of those that use the key head) take in a block of keys. */
static void take_in(const struct attention_train_part *part, int head, int row, int rows, int block,
                    int keys, const float *keys_across)
{
    _Alignas(64) float scores[GROUP * BLOCK];
    float keep[GROUP];
    int dim = part->dim, visible = minimum(keys, row + rows - block);
    const float *q = part->q + (size_t)row * part->q_row + head * dim;
    float *out = part->out + (size_t)row * part->out_row + head * dim;
    small_product(scores, BLOCK, q, part->q_row, 1, keys_across, BLOCK, rows, dim,
                  round_up(visible), NULL);
    for (int r = 0; r < rows; r++) {
        struct sight sight = sight_of(part, head, row + r, block, keys);
        float *lse = part->lse + (size_t)(row + r) * (size_t)part->shape->heads + head;
        row_weights(scores + r * BLOCK, lse, keep + r, &sight, part->shape->scale);
        for (int s = round_up(sight.end); s < visible; s++)
            scores[r * BLOCK + s] = 0;
    }
    small_product(out, part->out_row, scores, BLOCK, 1, part->v + (size_t)block * part->kv_row,
                  part->kv_row, rows, visible, dim, keep);
}

static bool is_fast(const struct attention_shape *shape)
{
    return shape->head_dim % SIGHT_UNIT == 0 && shape->head_dim <= ATTENTION_TRAIN_DIM_MAX;
}

static void clear_rows(float *x, size_t row, int first, int end, int n)
{
    for (int t = first; t < end; t++)
        memset(x + (size_t)t * row, 0, (size_t)n * sizeof *x);
}

void segment_attention_forward(float *out, float *lse, const float *q, const float *k,
                               const float *v, int first, int end, int kv_head,
                               const struct attention_shape *shape)
{
    if (!is_fast(shape)) {
        segment_attention_forward_scalar(out, lse, q, k, v, first, end, kv_head, shape);
        return;
    }
    _Alignas(64) float keys_across[ATTENTION_TRAIN_DIM_MAX * BLOCK];
    int group = shape->heads / shape->kv_heads;
    struct attention_train_part part = part_of(q, k, v, end, kv_head, shape);
    part.out = out + kv_head * group * part.dim;
    part.lse = lse + kv_head * group;
    clear_rows(part.out, part.out_row, first, end, group * part.dim);
    for (int t = first; t < end; t++)
        for (int head = 0; head < group; head++)
            part.lse[(size_t)t * (size_t)shape->heads + (size_t)head] = SIGHT_LOWEST;
    for (int block = first; block < end; block += BLOCK) {
        int keys = minimum(BLOCK, end - block), stop = rows_end(&part, block, keys);
        transpose(keys_across, part.k + (size_t)block * part.kv_row, part.kv_row, keys, part.dim);
        for (int head = 0; head < group; head++)
            for (int row = block; row < stop; row += GROUP)
                take_in(&part, head, row, minimum(GROUP, stop - row), block, keys, keys_across);
    }
}

/* ---- backward ---- */

struct attention_train_gradients {
    float *dq, *dk, *dv; /* at this key head, and at the first query head that uses it */
    const float *dout;
};

/* A block of keys and values, and both transposed. */
struct key_block {
    int first, keys;
    _Alignas(64) float keys_across[ATTENTION_TRAIN_DIM_MAX * BLOCK];
    _Alignas(64) float values_across[ATTENTION_TRAIN_DIM_MAX * BLOCK];
};

/* Some rows of a tile: their weights and the gradients of their scores, and of their queries. */
static void group_gradients(const struct attention_train_part *part,
                            const struct attention_train_gradients *g,
                            const struct key_block *block, int head, int row, int rows,
                            float *weights, float *dscores)
{
    int dim = part->dim, visible = minimum(block->keys, row + rows - block->first);
    size_t at = (size_t)row * part->q_row + (size_t)(head * dim);
    size_t out_at = (size_t)row * part->out_row + (size_t)(head * dim);
    small_product(weights, BLOCK, part->q + at, part->q_row, 1, block->keys_across, BLOCK, rows,
                  dim, round_up(visible), NULL);
    small_product(dscores, BLOCK, g->dout + out_at, part->out_row, 1, block->values_across, BLOCK,
                  rows, dim, round_up(visible), NULL);
    for (int r = 0; r < rows; r++) {
        struct sight sight = sight_of(part, head, row + r, block->first, block->keys);
        size_t here = out_at + (size_t)r * part->out_row;
        float lse = part->lse[(size_t)(row + r) * (size_t)part->shape->heads + (size_t)head];
        float whole = dot_forward(g->dout + here, part->out + here, dim);
        row_gradients(weights + r * BLOCK, dscores + r * BLOCK, round_up(visible), &sight,
                      part->shape->scale, lse, whole);
    }
    small_product_add(g->dq + at, part->q_row, dscores, BLOCK, 1,
                      part->k + (size_t)block->first * part->kv_row, part->kv_row, rows, visible,
                      dim);
}

/* One query head's rows row .. row + rows - 1, at most TILE. */
static void tile_gradients(const struct attention_train_part *part,
                           const struct attention_train_gradients *g, const struct key_block *block,
                           int head, int row, int rows)
{
    _Alignas(64) float weights[TILE * BLOCK], dscores[TILE * BLOCK]; /* (rows, keys) */
    int dim = part->dim, offset = row - block->first;
    for (int r = 0; r < rows; r += GROUP)
        group_gradients(part, g, block, head, row + r, minimum(GROUP, rows - r),
                        weights + r * BLOCK, dscores + r * BLOCK);
    for (int s = 0; s < minimum(block->keys, offset + rows); s += GROUP) {
        int keys = minimum(GROUP, block->keys - s);
        int hidden = s > offset ? s - offset : 0; /* rows before the keys */
        size_t to = (size_t)(block->first + s) * part->kv_row;
        size_t q = (size_t)(row + hidden) * part->q_row + (size_t)(head * dim);
        size_t out = (size_t)(row + hidden) * part->out_row + (size_t)(head * dim);
        small_product_add(g->dk + to, part->kv_row, dscores + hidden * BLOCK + s, 1, BLOCK,
                          part->q + q, part->q_row, keys, rows - hidden, dim);
        small_product_add(g->dv + to, part->kv_row, weights + hidden * BLOCK + s, 1, BLOCK,
                          g->dout + out, part->out_row, keys, rows - hidden, dim);
    }
}

void segment_attention_backward(float *dq, float *dk, float *dv, const float *dout,
                                const float *out, const float *lse, const float *q, const float *k,
                                const float *v, int first, int end, int kv_head,
                                const struct attention_shape *shape)
{
    if (!is_fast(shape)) {
        segment_attention_backward_scalar(dq, dk, dv, dout, out, lse, q, k, v, first, end, kv_head,
                                          shape);
        return;
    }
    struct key_block block;
    int group = shape->heads / shape->kv_heads;
    struct attention_train_part part = part_of(q, k, v, end, kv_head, shape);
    size_t q_at = (size_t)(part.q - q), kv_at = (size_t)(part.k - k);
    struct attention_train_gradients g = {dq + q_at, dk + kv_at, dv + kv_at, dout + q_at};
    part.out = (float *)(size_t)(out + q_at); /* only read from here on */
    part.lse = (float *)(size_t)(lse + kv_head * group);
    clear_rows(g.dq, part.q_row, first, end, group * part.dim);
    clear_rows(g.dk, part.kv_row, first, end, part.dim);
    clear_rows(g.dv, part.kv_row, first, end, part.dim);
    for (block.first = first; block.first < end; block.first += BLOCK) {
        block.keys = minimum(BLOCK, end - block.first);
        size_t from = (size_t)block.first * part.kv_row;
        int stop = rows_end(&part, block.first, block.keys);
        transpose(block.keys_across, part.k + from, part.kv_row, block.keys, part.dim);
        transpose(block.values_across, part.v + from, part.kv_row, block.keys, part.dim);
        for (int head = 0; head < group; head++)
            for (int row = block.first; row < stop; row += TILE)
                tile_gradients(&part, &g, &block, head, row, minimum(TILE, stop - row));
    }
}

/* ---- many segments ---- */

void segments_attention_forward(float *out, float *lse, const float *q, const float *k,
                                const float *v, const int *start, int segments,
                                const struct attention_shape *shape)
{
    for (int s = 0; s < segments; s++)
        for (int head = 0; head < shape->kv_heads; head++)
            segment_attention_forward(out, lse, q, k, v, start[s], start[s + 1], head, shape);
}

void segments_attention_backward(float *dq, float *dk, float *dv, const float *dout,
                                 const float *out, const float *lse, const float *q, const float *k,
                                 const float *v, const int *start, int segments,
                                 const struct attention_shape *shape)
{
    for (int s = 0; s < segments; s++)
        for (int head = 0; head < shape->kv_heads; head++)
            segment_attention_backward(dq, dk, dv, dout, out, lse, q, k, v, start[s], start[s + 1],
                                       head, shape);
}
