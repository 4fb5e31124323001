/* gradient_backward.c - the backward pass of a tile of rows, from the gradient of what a layer gives to that of what
 * it takes, and the tile's share of the adapter's gradient. */
#include "kernel/layers.h"
#include "kernel/layers_train.h"
#include "product/dequantise.h"
#include "tune/gradient_work.h"

#include <string.h>

/* The adapter of one linear layer, backward: x (rows, in) what went in, dy (rows, out) dy_row apart, what comes back;
 * dinput (rows, in) has the base's share already; NULL: not wanted. */
static void adapter_back(const struct tune_tile *tile, int layer, enum linear linear,
                         const float *x, const float *dy, int dy_row, float *dinput)
{
    const struct gradient_work *work = tile->work;
    const struct low_rank *pair = &work->pairs[layer * LINEARS + (int)linear];
    if (pair->rank == 0)
        return;
    const struct lora_pair *home = lora_pair_of(work->lora, layer, linear);
    size_t base = work->layer_values * (size_t)layer;
    float *partial = work->partial + work->layer_values * (size_t)tile->number;
    const float *u = work->kept[layer].u + (size_t)tile->row * (size_t)(LINEARS * work->width) +
                     (int)linear * work->width;
    float *du = tile->lane->du;
    x = adapter_input(tile, layer, linear, x, pair->in);
    low_rank_back(du, pair, dy, (size_t)dy_row, tile->rows);
    low_rank_gradient(partial + (home->a - base), partial + (home->b - base), pair, u,
                      (size_t)(LINEARS * work->width), x, (size_t)pair->in, du, dy, (size_t)dy_row,
                      tile->rows);
    if (!dinput)
        return;
    if (work->lora->dropout == 0) {
        low_rank_input(dinput, (size_t)pair->in, pair, du, tile->rows);
        return;
    }
    float *through = tile->lane->masked; /* x is done with */
    memset(through, 0, (size_t)(tile->rows * pair->in) * sizeof *through);
    low_rank_input(through, (size_t)pair->in, pair, du, tile->rows);
    adapter_input(tile, layer, linear, through, pair->in); /* the mask is its own transpose */
    add_forward(dinput, through, tile->rows * pair->in);
}

/* Gates and ups as they were kept, into lane->wide (rows, 2 ffn), and the gated units. */
static void recall_units(const struct tune_tile *tile, int layer)
{
    const struct gradient_work *work = tile->work;
    int ffn = work->model->config.ffn;
    size_t n = (size_t)tile->rows * (size_t)(2 * ffn);
    const char *kept = work->kept[layer].gate_up;
    kept += (size_t)tile->row * (size_t)(2 * ffn) * dtype_block_bytes(work->type);
    dequantise(tile->lane->wide, (const unsigned char *)kept, work->type, n);
    for (int i = 0; i < tile->rows; i++) {
        const float *gates = rows_at(tile->lane->wide, i, 2 * ffn);
        silu_gate_forward(rows_at(tile->lane->units, i, ffn), DTYPE_F32, gates, gates + ffn, ffn);
    }
}

static void units_back(const struct tune_tile *tile)
{
    int ffn = tile->work->model->config.ffn;
    for (int i = 0; i < tile->rows; i++) {
        float *gates = rows_at(tile->lane->wide, i, 2 * ffn), *ups = gates + ffn;
        silu_gate_backward(gates, ups, DTYPE_F32, rows_at(tile->lane->dunits, i, ffn), gates, ups,
                           ffn);
    }
}

/* dx (rows, columns) = dy (rows, inner) times a turned matrix. */
static void tile_back(const struct tune_tile *tile, const struct matrix *turned, const float *dy,
                      float *dx)
{
    const void *in = ready_backward(tile->work, tile->lane->narrow, dy, tile->rows, turned->inner);
    tile_product(tile, tile->lane->back_worker, turned, in, dx);
}

void tile_feed_forward_back(const struct tune_tile *tile, int number)
{
    const struct gradient_work *work = tile->work;
    const struct config *c = &work->model->config;
    const struct layer *layer = &work->model->layers[number];
    const struct transposed_layer *turned = &work->transposed->layers[number];
    const struct kept *kept = &work->kept[number];
    struct tune_lane *lane = tile->lane;
    float *dx = rows_at(work->dx, tile->row, c->hidden);
    const float *middle = rows_at(kept->middle, tile->row, c->hidden);
    const float *attention = rows_at(kept->attention, tile->row, work->q);
    float eps = (float)c->norm_eps;

    tile_back(tile, &turned->down, dx, lane->dunits);
    recall_units(tile, number);
    adapter_back(tile, number, LINEAR_DOWN, lane->units, dx, c->hidden, lane->dunits);
    units_back(tile);
    tile_back(tile, &turned->gate_up, lane->wide, lane->dinput);
    rmsnorm_forward(lane->input, DTYPE_F32, middle, layer->ffn_norm, tile->rows, c->hidden, eps);
    adapter_back(tile, number, LINEAR_GATE, lane->input, lane->wide, 2 * c->ffn, lane->dinput);
    adapter_back(tile, number, LINEAR_UP, lane->input, lane->wide + c->ffn, 2 * c->ffn,
                 lane->dinput);
    rmsnorm_backward(dx, lane->dinput, middle, layer->ffn_norm, tile->rows, c->hidden, eps, true);

    float *dattention = lane->dunits; /* (TILE, heads * head_dim) */
    tile_back(tile, &turned->output, dx, dattention);
    adapter_back(tile, number, LINEAR_O, attention, dx, c->hidden, dattention);
    memcpy(rows_at(work->dattention, tile->row, work->q), dattention,
           (size_t)(tile->rows * work->q) * sizeof *dattention);
}

void tile_nothing_back(const struct tune_tile *tile)
{
    const struct gradient_work *work = tile->work;
    memset(rows_at(work->dattention, tile->row, work->q), 0,
           (size_t)(tile->rows * work->q) * sizeof *work->dattention);
    memset(work->partial + work->layer_values * (size_t)tile->number, 0,
           work->layer_values * sizeof *work->partial);
}

/* Rotation and norm of a row's heads, backward and in place. */
static void turn_row_back(const struct gradient_work *work, const struct layer *layer,
                          const struct kept *kept, int row)
{
    const struct config *c = &work->model->config;
    int dim = c->head_dim, half = dim / 2;
    float *d = rows_at(work->dqkv, row, work->qkv);
    const float *raw = kept->raw ? rows_at(kept->raw, row, work->q + work->kv) : NULL;
    for (int head = 0; head < c->heads + c->kv_heads; head++, d += dim) {
        const float *norm = head < c->heads ? layer->query_norm : layer->key_norm;
        rope_backward(d, rows_at(work->cosine, row, half), rows_at(work->sine, row, half), dim);
        if (norm)
            rmsnorm_backward(d, d, raw + (size_t)head * (size_t)dim, norm, 1, dim,
                             (float)c->norm_eps, false);
    }
}

void tile_queries_back(const struct tune_tile *tile, int number)
{
    const struct gradient_work *work = tile->work;
    const struct config *c = &work->model->config;
    const struct layer *layer = &work->model->layers[number];
    struct tune_lane *lane = tile->lane;
    const float *x = x_of(work, number, tile->row);
    float *dqkv = rows_at(work->dqkv, tile->row, work->qkv);
    float *dinput = number > 0 ? lane->dinput : NULL; /* embeddings are frozen */
    for (int i = 0; i < tile->rows; i++)
        turn_row_back(work, layer, &work->kept[number], tile->row + i);
    if (dinput)
        tile_back(tile, &work->transposed->layers[number].qkv, dqkv, dinput);
    rmsnorm_forward(lane->input, DTYPE_F32, x, layer->attention_norm, tile->rows, c->hidden,
                    (float)c->norm_eps);
    adapter_back(tile, number, LINEAR_Q, lane->input, dqkv, work->qkv, dinput);
    adapter_back(tile, number, LINEAR_K, lane->input, dqkv + work->q, work->qkv, dinput);
    adapter_back(tile, number, LINEAR_V, lane->input, dqkv + work->q + work->kv, work->qkv, dinput);
    if (dinput)
        rmsnorm_backward(rows_at(work->dx, tile->row, c->hidden), dinput, x, layer->attention_norm,
                         tile->rows, c->hidden, (float)c->norm_eps, true);
}
