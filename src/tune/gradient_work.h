/* gradient_work.h - what a gradient keeps while it is computed, and the parts it is computed in.
 *
 * A batch goes by in stretches of whole sequences, forward and backward through all layers each, so that memory does
 * not grow with the batch. Within a stretch all threads work on the same layer: on tiles of TILE rows, then on
 * heads of attention, in phases between which they meet. Whoever is free takes the next tile; what a tile gives is
 * stored apart and summed up in order, so the result does not depend on who computed it. */
#ifndef TUNE_GRADIENT_WORK_H
#define TUNE_GRADIENT_WORK_H

#include "attention/attention_tiles.h"
#include "base/threads.h"
#include "llm/lora.h"
#include "llm/model.h"
#include "tune/low_rank_train.h"
#include "tune/packed.h"
#include "tune/transposed.h"

#define TILE PRODUCT_ROWS_MAX

/* What the backward pass of one layer needs of its forward pass, for every row of the stretch. */
struct kept {
    float *qkv;       /* (T, qkv) after norms and rotation */
    float *raw;       /* (T, (heads + kv_heads) * head_dim) before them; NULL without norms */
    float *attention; /* (T, heads * head_dim) */
    float *lse;       /* (T, heads) */
    float *middle;    /* (T, hidden) the residual stream between the layer's halves */
    void *gate_up;    /* (T, 2 ffn) of the gradient's type: gates, then ups */
    float *u;         /* (T, LINEARS * width) of the low-rank pairs */
};

/* A thread's own memory: one tile's rows of this and that. */
struct tune_lane {
    struct product_worker *worker, *back_worker;
    struct attention_tiles *attention; /* NULL in f32 */
    void *narrow;                      /* (TILE, widest) what goes into a product of another type */
    float *hidden;                     /* (TILE, hidden) what goes into the head */
    void *hidden_ready;                /* (TILE, hidden) the same as its product takes it */
    float *panel;                      /* (TILE, widest panel) what comes out of one */
    float *input;                      /* (TILE, hidden) normalised */
    float *units;                      /* (TILE, ffn) gated units */
    float *dunits;                     /* (TILE, ffn) */
    float *wide;                       /* (TILE, 2 ffn) gates and ups, then their gradients */
    float *dinput;                     /* (TILE, hidden) */
    float *masked;                     /* (TILE, widest input) after dropout */
    float *du;                         /* (TILE, width) */
};

/* The stretch in work: rows are batch tokens first .. first + T - 1. */
struct batch_stretch {
    int first, T, n_tiles;
    int n_segments; /* start[s] of segment s, counted from the stretch */
    int n_wanted;   /* rows whose prediction is learnt */
    int n_kept;     /* layers, the last ones, whose `kept` is their own */
};

struct gradient_work {
    const struct llmx_model *model;
    struct transposed *transposed;
    struct products *attention; /* kernels of the lanes' */
    struct threads *threads;
    struct barrier barrier;
    _Atomic int next[3];     /* task of phase p % 3 */
    struct tune_lane *lanes; /* (threads) */
    enum dtype type;         /* of products backward, and forward but for a model in int8 */
    int rank, width, tokens_max;
    int q, kv, qkv;          /* columns */
    size_t layer_values_max; /* of an adapter of this rank in one layer */

    size_t memory_bytes; /* the caller's limit */
    int stretch_rows;    /* of several sequences together, at most */
    char *slab;          /* everything (T, ...) of a stretch */
    size_t slab_bytes;
    struct kept *kept; /* (layers), some the same */
    float *x;          /* (layers + 1, T, hidden) what goes into each layer, and out of the last */
    float *dx, *dattention, *dqkv; /* (T, hidden), (T, heads * head_dim), (T, qkv) */
    float *cosine, *sine;          /* (T, head_dim / 2) */
    float *partial; /* (tiles, layer_values) a layer's gradient; B turned, without scale */
    int *start;     /* (tokens_max + 1) */
    int *wanted;    /* (tokens_max) */
    bool *learns;   /* (tiles) has any of them */
    struct batch_stretch stretch;

    struct low_rank *pairs; /* (layers, LINEARS) */
    float *pair_memory;
    float *logprob;      /* (tokens_max) of the batch */
    unsigned char *best; /* (tokens_max) */

    /* the call in work */
    const struct lora *lora;
    const struct packed *batch;
    float *gradient;     /* NULL: the loss alone */
    size_t layer_values; /* of the adapter in one layer */
    int next_sequence;   /* after the stretch in work */
};

/* One thread in one phase. */
struct member {
    struct gradient_work *work;
    struct tune_lane *lane;
    int thread;
    unsigned phase;
    int layer;
};

struct tune_tile {
    const struct gradient_work *work;
    struct tune_lane *lane;
    int number, row, rows;
};

static inline struct tune_tile tile_of(const struct member *member, int number)
{
    int row = number * TILE, left = member->work->stretch.T - row;
    return (struct tune_tile){member->work, member->lane, number, row, left < TILE ? left : TILE};
}

static inline float *rows_at(float *array, int row, int columns)
{
    return array + (size_t)row * (size_t)columns;
}

static inline float *x_of(const struct gradient_work *work, int layer, int row)
{
    int hidden = work->model->config.hidden;
    return work->x + ((size_t)layer * (size_t)work->stretch.T + (size_t)row) * (size_t)hidden;
}

/* x (rows, columns) as products take it, forward (of the model's weights) and backward (of the turned ones): in `to`, or
 * x itself. */
const void *ready_forward(const struct gradient_work *work, void *to, const float *x, int rows,
                          int columns);
const void *ready_backward(const struct gradient_work *work, void *to, const float *x, int rows,
                           int columns);

/* y (rows, columns) = x (rows, inner) times all panels; y has room for TILE rows, columns apart. */
void tile_product(const struct tune_tile *tile, struct product_worker *worker,
                  const struct matrix *matrix, const void *x, float *y);

/* The rows of `x` (rows, n) as the linear layer's adapter sees them: after dropout, in lane->masked, or x itself. */
const float *adapter_input(const struct tune_tile *tile, int layer, enum linear linear,
                           const float *x, int n);

/* ---- forward, of one tile ---- */

void tile_embed(const struct tune_tile *tile);
void tile_queries(const struct tune_tile *tile, int layer); /* before attention */
/* After attention. is_again: for what is kept alone, the layer's output is known. */
void tile_rest(const struct tune_tile *tile, int layer, bool is_again);

/* Attention of one segment's key head: task number segment * kv_heads + head. */
void attention_task(const struct gradient_work *work, struct tune_lane *lane, int layer, int number,
                    bool is_backward);

/* ---- the loss ---- */

/* Rows wanted[first] .. wanted[first + n - 1], n <= TILE: log-probabilities, and dx when there is a gradient. */
void head_rows(const struct gradient_work *work, struct tune_lane *lane, int first, int n);

/* ---- backward, of one tile ---- */

void tile_feed_forward_back(const struct tune_tile *tile,
                            int layer); /* down to attention's output */
/* The same where nothing comes back. */
void tile_nothing_back(const struct tune_tile *tile);
void tile_queries_back(const struct tune_tile *tile, int layer);

#endif
