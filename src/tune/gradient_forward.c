/* gradient_forward.c - the forward pass of a tile of rows, which keeps what the backward pass needs. */
#include "kernel/dropout.h"
#include "kernel/layers.h"
#include "llm/row_steps.h"
#include "product/quantised.h"
#include "tune/gradient_work.h"

#include <math.h>
#include <string.h>

static void *narrow_at(const struct tune_tile *tile, void *array, int row, int columns)
{
    return (char *)array + (size_t)row * (size_t)columns * dtype_block_bytes(tile->work->type);
}

/* One panel's product of x into lane->panel (rows, columns of the panel). */
static const struct panel *run_panel(const struct tune_tile *tile, const struct matrix *matrix,
                                     int p, const void *x)
{
    product_run(tile->lane->worker, matrix, p, x, tile->lane->panel, tile->rows);
    return &matrix->panels[p];
}

void tile_product(const struct tune_tile *tile, struct product_worker *worker,
                  const struct matrix *matrix, const void *x, float *y)
{
    if (matrix->n_panels == 1) {
        product_run(worker, matrix, 0, x, y, tile->rows);
        return;
    }
    for (int p = 0; p < matrix->n_panels; p++) {
        const struct panel *panel = &matrix->panels[p];
        product_run(worker, matrix, p, x, tile->lane->panel, tile->rows);
        for (int i = 0; i < tile->rows; i++)
            memcpy(rows_at(y, i, matrix->columns) + panel->first,
                   rows_at(tile->lane->panel, i, panel->columns),
                   (size_t)panel->columns * sizeof *y);
    }
}

const void *ready_backward(const struct gradient_work *work, void *to, const float *x, int rows,
                           int columns)
{
    if (work->type == DTYPE_F32)
        return x;
    scale_forward(to, work->type, x, 1.0f, rows * columns);
    return to;
}

const void *ready_forward(const struct gradient_work *work, void *to, const float *x, int rows,
                          int columns)
{
    if (work->model->weights != DTYPE_I8)
        return ready_backward(work, to, x, rows, columns);
    for (int i = 0; i < rows; i++)
        quantised_row((char *)to + (size_t)i * quantised_row_bytes(columns),
                      x + (size_t)i * (size_t)columns, columns);
    return to;
}

/* A tile's x (rows, columns) for a forward product. */
static const void *ready(const struct tune_tile *tile, const float *x, int columns)
{
    return ready_forward(tile->work, tile->lane->narrow, x, tile->rows, columns);
}

const float *adapter_input(const struct tune_tile *tile, int layer, enum linear linear,
                           const float *x, int n)
{
    const struct gradient_work *work = tile->work;
    if (work->lora->dropout == 0 || !work->gradient)
        return x;
    for (int i = 0; i < tile->rows; i++) {
        uint64_t number = (uint64_t)(layer * LINEARS + (int)linear) << 32 |
                          (uint32_t)(work->stretch.first + tile->row + i);
        struct dropout dropout =
            dropout_row(work->batch->dropout_seed, number, work->lora->dropout);
        dropout_forward(rows_at(tile->lane->masked, i, n), x + (size_t)i * (size_t)n, &dropout, n);
    }
    return tile->lane->masked;
}

static float *u_at(const struct tune_tile *tile, int layer, enum linear linear)
{
    const struct gradient_work *work = tile->work;
    return rows_at(work->kept[layer].u, tile->row, LINEARS * work->width) +
           (int)linear * work->width;
}

/* u of one linear layer, kept; x (rows, in). */
static void adapter_in(const struct tune_tile *tile, int layer, enum linear linear, const float *x)
{
    const struct low_rank *pair = &tile->work->pairs[layer * LINEARS + (int)linear];
    if (pair->rank > 0)
        low_rank_down(u_at(tile, layer, linear), (size_t)(LINEARS * tile->work->width), pair,
                      adapter_input(tile, layer, linear, x, pair->in), (size_t)pair->in,
                      tile->rows);
}

/* Columns first .. first + columns - 1 of what the adapter adds; adapter_in comes first. */
static void adapter_out(const struct tune_tile *tile, int layer, enum linear linear, float *y,
                        int y_row, int first, int columns)
{
    const struct low_rank *pair = &tile->work->pairs[layer * LINEARS + (int)linear];
    if (pair->rank > 0)
        low_rank_up(y, (size_t)y_row, pair, first, columns, u_at(tile, layer, linear),
                    (size_t)(LINEARS * tile->work->width), tile->rows);
}

/* ---- before the layers ---- */

static int position_of(const struct gradient_work *work, int row)
{
    int segment = 0;
    while (work->start[segment + 1] <= row)
        segment++;
    return row - work->start[segment];
}

void tile_embed(const struct tune_tile *tile)
{
    const struct gradient_work *work = tile->work;
    const int half = work->model->config.head_dim / 2;
    for (int r = tile->row; r < tile->row + tile->rows; r++) {
        row_embed(x_of(work, 0, r), work->model, work->batch->ids[work->stretch.first + r]);
        row_angles(rows_at(work->cosine, r, half), rows_at(work->sine, r, half), work->model,
                   position_of(work, r));
    }
}

/* ---- attention ---- */

/* Bias, norm and rotation of a row's heads, in place. */
static void turn_row(const struct tune_tile *tile, const struct layer *layer,
                     const struct kept *kept, int row)
{
    const struct gradient_work *work = tile->work;
    const struct config *c = &work->model->config;
    int dim = c->head_dim, half = dim / 2, turned = work->q + work->kv;
    float *values = rows_at(kept->qkv, row, work->qkv);
    if (layer->qkv_bias)
        add_forward(values, layer->qkv_bias, work->qkv);
    if (kept->raw)
        memcpy(rows_at(kept->raw, row, turned), values, (size_t)turned * sizeof *values);
    for (int head = 0; head < c->heads + c->kv_heads; head++, values += dim)
        row_turn_head(values, c, layer, head, rows_at(work->cosine, row, half),
                      rows_at(work->sine, row, half));
}

void tile_queries(const struct tune_tile *tile, int number)
{
    const struct gradient_work *work = tile->work;
    const struct config *c = &work->model->config;
    const struct layer *layer = &work->model->layers[number];
    const struct kept *kept = &work->kept[number];
    float *input = tile->lane->input, *out = rows_at(kept->qkv, tile->row, work->qkv);
    rmsnorm_forward(input, DTYPE_F32, x_of(work, number, tile->row), layer->attention_norm,
                    tile->rows, c->hidden, (float)c->norm_eps);
    const void *in = ready(tile, input, c->hidden);
    for (int p = 0; p < layer->qkv.n_panels; p++) {
        const struct panel *panel = run_panel(tile, &layer->qkv, p, in);
        for (int i = 0; i < tile->rows; i++)
            memcpy(rows_at(out, i, work->qkv) + panel->first,
                   rows_at(tile->lane->panel, i, panel->columns),
                   (size_t)panel->columns * sizeof *out);
    }
    const int columns[] = {work->q, work->kv, work->kv};
    for (int i = 0, first = 0; i < 3; first += columns[i++]) {
        adapter_in(tile, number, (enum linear)(LINEAR_Q + i), input);
        adapter_out(tile, number, (enum linear)(LINEAR_Q + i), out + first, work->qkv, 0,
                    columns[i]);
    }
    for (int i = 0; i < tile->rows; i++)
        turn_row(tile, layer, kept, tile->row + i);
}

void attention_task(const struct gradient_work *work, struct tune_lane *lane, int layer, int number,
                    bool is_backward)
{
    const struct config *c = &work->model->config;
    const struct kept *kept = &work->kept[layer];
    const struct attention_shape shape = {.heads = c->heads,
                                          .kv_heads = c->kv_heads,
                                          .head_dim = c->head_dim,
                                          .window = c->window,
                                          .scale = (float)(1 / sqrt(c->head_dim)),
                                          .q_row = work->qkv,
                                          .kv_row = work->qkv};
    int segment = number / c->kv_heads, head = number % c->kv_heads;
    int first = work->start[segment], end = work->start[segment + 1];
    const float *q = kept->qkv, *k = q + work->q, *v = k + work->kv;
    float *out = kept->attention, *lse = kept->lse;
    const float *dout = work->dattention;
    float *dq = work->dqkv, *dk = dq + work->q, *dv = dk + work->kv;
    if (!is_backward && lane->attention)
        attention_tiles_forward(lane->attention, out, lse, q, k, v, first, end, head, &shape);
    else if (!is_backward)
        segment_attention_forward(out, lse, q, k, v, first, end, head, &shape);
    else if (lane->attention)
        attention_tiles_backward(lane->attention, dq, dk, dv, dout, out, lse, q, k, v, first, end,
                                 head, &shape);
    else
        segment_attention_backward(dq, dk, dv, dout, out, lse, q, k, v, first, end, head, &shape);
}

/* ---- after attention ---- */

/* to (rows, hidden) = from + x times the matrix + the adapter's share. */
static void add_product(const struct tune_tile *tile, int layer, enum linear linear,
                        const struct matrix *matrix, const float *x, float *to, const float *from)
{
    const void *in = ready(tile, x, matrix->inner);
    int hidden = tile->work->model->config.hidden;
    memcpy(to, from, (size_t)(tile->rows * hidden) * sizeof *to);
    for (int p = 0; p < matrix->n_panels; p++) {
        const struct panel *panel = run_panel(tile, matrix, p, in);
        for (int i = 0; i < tile->rows; i++)
            add_forward(rows_at(to, i, hidden) + panel->first,
                        rows_at(tile->lane->panel, i, panel->columns), panel->columns);
    }
    adapter_out(tile, layer, linear, to, hidden, 0, hidden);
}

/* From lane->input gates and ups into kept->gate_up, gated units into lane->units. */
static void gated_units(const struct tune_tile *tile, int number)
{
    const struct gradient_work *work = tile->work;
    const struct layer *layer = &work->model->layers[number];
    int ffn = work->model->config.ffn;
    enum dtype type = work->type;
    void *kept = narrow_at(tile, work->kept[number].gate_up, tile->row, 2 * ffn);
    const void *in = ready(tile, tile->lane->input, work->model->config.hidden);
    for (int p = 0; p < layer->gate_up.n_panels; p++) {
        const struct panel *panel = run_panel(tile, &layer->gate_up, p, in);
        int units = panel->columns / 2, first = panel->first / 2;
        float *gates = tile->lane->panel, *ups = gates + units;
        adapter_out(tile, number, LINEAR_GATE, gates, panel->columns, first, units);
        adapter_out(tile, number, LINEAR_UP, ups, panel->columns, first, units);
        for (int i = 0; i < tile->rows; i++, gates += panel->columns, ups += panel->columns) {
            char *row = narrow_at(tile, kept, i, 2 * ffn);
            scale_forward(narrow_at(tile, row, 1, first), type, gates, 1.0f, units);
            scale_forward(narrow_at(tile, row, 1, ffn + first), type, ups, 1.0f, units);
            silu_gate_forward(rows_at(tile->lane->units, i, ffn) + first, DTYPE_F32, gates, ups,
                              units);
        }
    }
}

void tile_rest(const struct tune_tile *tile, int number, bool is_again)
{
    const struct gradient_work *work = tile->work;
    const struct config *c = &work->model->config;
    const struct layer *layer = &work->model->layers[number];
    const struct kept *kept = &work->kept[number];
    float *attention = rows_at(kept->attention, tile->row, work->q);
    float *middle = rows_at(kept->middle, tile->row, c->hidden);
    adapter_in(tile, number, LINEAR_O, attention);
    add_product(tile, number, LINEAR_O, &layer->output, attention, middle,
                x_of(work, number, tile->row));
    rmsnorm_forward(tile->lane->input, DTYPE_F32, middle, layer->ffn_norm, tile->rows, c->hidden,
                    (float)c->norm_eps);
    adapter_in(tile, number, LINEAR_GATE, tile->lane->input);
    adapter_in(tile, number, LINEAR_UP, tile->lane->input);
    gated_units(tile, number);
    adapter_in(tile, number, LINEAR_DOWN, tile->lane->units);
    if (is_again)
        return;
    add_product(tile, number, LINEAR_DOWN, &layer->down, tile->lane->units,
                x_of(work, number + 1, tile->row), middle);
}
