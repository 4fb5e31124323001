/* forward.c - the layers of a LLaMA-family model over a ragged batch.
 *
 * Members share the work in one of two ways. Rows: each takes a stretch of rows through all products, and they meet
 * once a layer, when all new keys and values stand. Columns, when there are too few rows for that: each takes its
 * panels of every weight matrix, so that every weight is read once, and they meet after each product. */
#include "generate/forward.h"

#include "generate/adapt.h"
#include "generate/attend.h"
#include "generate/kv_layout.h"
#include "generate/workspace.h"
#include "kernel/layers.h"
#include "llm/adapter.h"
#include "llm/row_steps.h"
#include "product/quantised.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#define TILE PRODUCT_ROWS_MAX
#define ROWS_TO_SHARE                                                                              \
    16 /* a member; with fewer, reading all weights costs more than meeting more often */

/* With so many keys attention costs a row as much as all products (SmolLM2 in int8; a larger model needs more keys). */
#define KEYS_LIKE_PRODUCTS 1800

/* What one member does in this call. */
struct forward_part {
    const struct llmx_model *model;
    struct workspace *w;
    struct team_lane *lane;
    int member;
    int number; /* of the layer */
    bool is_columns;
    int row0, row1;     /* rows that it takes through products */
    int share0, share1; /* rows that it takes of work that goes by rows in either way */
    void *units;        /* (tile, ffn): its own, or the team's when columns are split */
};

static int minimum(int a, int b)
{
    return a < b ? a : b;
}

static void meet(const struct forward_part *part)
{
    barrier_wait(&part->w->barrier);
}

/* Where the panels of a matrix begin that are this member's, and end. */
static void panels_of(const struct forward_part *part, const struct matrix *matrix, int *first,
                      int *end)
{
    int members = part->is_columns ? part->w->team_size : 1;
    int member = part->is_columns ? part->member : 0;
    *first = matrix->n_panels * member / members;
    *end = matrix->n_panels * (member + 1) / members;
}

/* Of an array that feeds products. */
static void *row_at(const struct forward_part *part, void *array, int row, int columns)
{
    return (char *)array +
           (size_t)row * (size_t)columns * dtype_block_bytes(model_input(part->model));
}

/* What products take of rows x (n, inner), once for all panels. */
static const void *ready(const struct forward_part *part, const void *x, int n, int inner)
{
    if (part->model->weights != DTYPE_I8)
        return x;
    const size_t bytes = quantised_row_bytes(inner);
    for (int i = 0; i < n; i++)
        quantised_row((char *)part->lane->ready + (size_t)i * bytes,
                      (const float *)x + (size_t)i * (size_t)inner, inner);
    return part->lane->ready;
}

/* ---- before and after the layers ---- */

static void plan_rows(struct workspace *w, const struct token_span *spans, int n)
{
    w->n_rows = w->n_wanted = w->rank_max = 0;
    for (int s = 0; s < n; s++) {
        const struct token_span *span = &spans[s];
        const struct kv *own = span->sequence->own;
        const struct llmx_adapter *adapter = span->sequence->adapter;
        if (adapter && adapter->rank > w->rank_max)
            w->rank_max = adapter->rank;
        assert(w->n_rows + span->n <= w->rows_max && own->length + span->n <= own->capacity);
        for (int i = 0; i < span->n; i++) {
            bool is_wanted = i >= span->n - span->n_wanted;
            w->rows[w->n_rows++] = (struct row){.span = span,
                                                .id = span->ids[i],
                                                .token = own->length + i,
                                                .position = own->start + own->length + i,
                                                .wanted = is_wanted ? w->n_wanted++ : -1};
        }
    }
    assert(w->n_wanted <= w->wanted_max);
}

/* What a row costs: its products, and attention to what stands before it. */
static int64_t row_cost(const struct forward_part *part, const struct row *row)
{
    const int window = part->model->config.window;
    return KEYS_LIKE_PRODUCTS + (window ? minimum(row->position, window) : row->position);
}

/* The first row of a member's share, so that all cost the same. */
static int share_start(const struct forward_part *part, int member)
{
    const struct workspace *w = part->w;
    int64_t all = 0, before = 0;
    int r = 0;
    for (int i = 0; i < w->n_rows; i++)
        all += row_cost(part, &w->rows[i]);
    while (r < w->n_rows && before < all * member / w->team_size)
        before += row_cost(part, &w->rows[r++]);
    return r;
}

static void plan_part(struct forward_part *part)
{
    struct workspace *w = part->w;
    int n = w->n_rows, team = w->team_size, member = part->member;
    part->is_columns = team > 1 && n <= TILE && n < team * ROWS_TO_SHARE;
    part->share0 = share_start(part, member);
    part->share1 = share_start(part, member + 1);
    part->row0 = part->is_columns ? 0 : part->share0;
    part->row1 = part->is_columns ? n : part->share1;
    part->units = part->is_columns ? w->units : part->lane->units;
}

static void embed(const struct forward_part *part)
{
    const struct llmx_model *model = part->model;
    const int half = model->config.head_dim / 2;
    for (int r = part->share0; r < part->share1; r++) {
        const struct row *row = &part->w->rows[r];
        assert(row->position < model->config.context);
        row_embed(part->w->x + (size_t)r * (size_t)model->config.hidden, model, row->id);
        row_angles(part->w->cosine + (size_t)r * (size_t)half,
                   part->w->sine + (size_t)r * (size_t)half, model, row->position);
    }
}

static void leave_wanted(const struct forward_part *part)
{
    const struct config *c = &part->model->config;
    for (int r = part->share0; r < part->share1; r++) {
        int wanted = part->w->rows[r].wanted;
        if (wanted >= 0)
            rmsnorm_forward(row_at(part, part->w->hidden, wanted, c->hidden),
                            model_input(part->model), part->w->x + (size_t)r * (size_t)c->hidden,
                            part->model->final_norm, 1, c->hidden, (float)c->norm_eps);
    }
}

/* ---- attention ---- */

/* One head (head_dim) of what the query-key-value product gave for a row, into w->q or the sequence's kv. */
static void take_head(const struct forward_part *part, const struct layer *layer, int r, int head,
                      float *values)
{
    const struct config *c = &part->model->config;
    const struct row *row = &part->w->rows[r];
    struct kv *own = row->span->sequence->own;
    int dim = c->head_dim, key = head - c->heads, value = key - c->kv_heads;
    enum dtype type = part->model->type;
    if (layer->qkv_bias)
        add_forward(values, layer->qkv_bias + (size_t)head * (size_t)dim, dim);
    if (value >= 0) {
        value_store(kv_head(own->data, own->capacity, part->model, part->number, value), type,
                    row->token, values, dim);
        return;
    }
    row_turn_head(values, c, layer, head, part->w->cosine + (size_t)r * (size_t)(dim / 2),
                  part->w->sine + (size_t)r * (size_t)(dim / 2));
    if (key >= 0)
        key_store(kv_head(own->data, own->capacity, part->model, part->number, key), type,
                  row->token, values, dim);
    else
        scale_forward((char *)part->w->q +
                          (size_t)(r * c->heads + head) * (size_t)dim * dtype_block_bytes(type),
                      type, values, (float)(M_LOG2E / sqrt(dim)), dim);
}

/* A panel may hold parts of all three. */
static void adapt_heads(const struct forward_part *part, const struct panel *panel, int row, int n)
{
    const struct config *c = &part->model->config;
    int q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const int start[] = {0, q, q + kv, q + 2 * kv};
    for (int i = 0; i < 3; i++) {
        int from = panel->first > start[i] ? panel->first : start[i];
        int to = minimum(panel->first + panel->columns, start[i + 1]);
        if (from < to)
            adapt_out(part->w, part->lane, part->lane->panel + (from - panel->first),
                      panel->columns, row, n, part->number, LINEAR_Q, i, from - start[i],
                      to - from);
    }
}

static void queries_keys_values(const struct forward_part *part, const struct layer *layer)
{
    const struct config *c = &part->model->config;
    int first, end;
    panels_of(part, &layer->qkv, &first, &end);
    for (int row = part->row0, n; row < part->row1; row += n) {
        n = minimum(part->row1 - row, TILE);
        rmsnorm_forward(part->lane->input, model_input(part->model),
                        part->w->x + (size_t)row * (size_t)c->hidden, layer->attention_norm, n,
                        c->hidden, (float)c->norm_eps);
        adapt_in(part->w, part->lane, part->lane->input, model_input(part->model), row, n,
                 part->number, LINEAR_Q, 3);
        const void *input = ready(part, part->lane->input, n, c->hidden);
        for (int p = first; p < end; p++) {
            const struct panel *panel = &layer->qkv.panels[p];
            product_run(part->lane->worker, &layer->qkv, p, input, part->lane->panel, n);
            adapt_heads(part, panel, row, n);
            int head0 = panel->first / c->head_dim, heads = panel->columns / c->head_dim;
            for (int i = 0; i < n * heads; i++)
                take_head(part, layer, row + i / heads, head0 + i % heads,
                          part->lane->panel + (size_t)i * (size_t)c->head_dim);
        }
    }
}

/* ---- products whose result is added to the residual stream ---- */

static void add_panels(const struct forward_part *part, const struct matrix *matrix, const void *x,
                       int row, int n, enum linear linear)
{
    int first, end, hidden = part->model->config.hidden;
    panels_of(part, matrix, &first, &end);
    adapt_in(part->w, part->lane, x, model_input(part->model), row, n, part->number, linear, 1);
    const void *input = ready(part, x, n, matrix->inner);
    for (int p = first; p < end; p++) {
        const struct panel *panel = &matrix->panels[p];
        product_run(part->lane->worker, matrix, p, input, part->lane->panel, n);
        adapt_out(part->w, part->lane, part->lane->panel, panel->columns, row, n, part->number,
                  linear, 0, panel->first, panel->columns);
        for (int i = 0; i < n; i++)
            add_forward(part->w->x + (size_t)(row + i) * (size_t)hidden + panel->first,
                        part->lane->panel + (size_t)i * (size_t)panel->columns, panel->columns);
    }
}

static void gated_units(const struct forward_part *part, const struct layer *layer, int row, int n)
{
    const struct config *c = &part->model->config;
    int first, end;
    const enum dtype type = model_input(part->model);
    rmsnorm_forward(part->lane->input, type, part->w->x + (size_t)row * (size_t)c->hidden,
                    layer->ffn_norm, n, c->hidden, (float)c->norm_eps);
    adapt_in(part->w, part->lane, part->lane->input, type, row, n, part->number, LINEAR_GATE, 2);
    const void *input = ready(part, part->lane->input, n, c->hidden);
    panels_of(part, &layer->gate_up, &first, &end);
    for (int p = first; p < end; p++) {
        const struct panel *panel = &layer->gate_up.panels[p];
        int units = panel->columns / 2;
        product_run(part->lane->worker, &layer->gate_up, p, input, part->lane->panel, n);
        for (int side = 0; side < 2; side++) /* gates, then ups */
            adapt_out(part->w, part->lane, part->lane->panel + side * units, panel->columns, row, n,
                      part->number, LINEAR_GATE, side, panel->first / 2, units);
        for (int i = 0; i < n; i++) {
            const float *gate = part->lane->panel + (size_t)i * (size_t)panel->columns;
            void *out = (char *)row_at(part, part->units, i, c->ffn) +
                        (size_t)(panel->first / 2) * dtype_block_bytes(type);
            silu_gate_forward(out, type, gate, gate + units, units);
        }
    }
}

/* Rows are split: no one else touches these rows from here to the next layer's keys. */
static void rest_of_layer(const struct forward_part *part, const struct layer *layer)
{
    const struct config *c = &part->model->config;
    for (int row = part->row0, n; row < part->row1; row += n) {
        n = minimum(part->row1 - row, TILE);
        add_panels(part, &layer->output,
                   row_at(part, part->w->attended, row, c->heads * c->head_dim), row, n, LINEAR_O);
        if (part->is_columns)
            meet(part);
        gated_units(part, layer, row, n);
        if (part->is_columns)
            meet(part);
        add_panels(part, &layer->down, part->units, row, n, LINEAR_DOWN);
        if (part->is_columns)
            meet(part);
    }
}

/* Of the others nothing more is read than the keys and values that now stand. */
static void keep_wanted(const struct forward_part *part)
{
    const struct config *c = &part->model->config;
    struct workspace *w = part->w;
    const size_t x = (size_t)c->hidden;
    const size_t q = (size_t)c->heads * (size_t)c->head_dim * dtype_block_bytes(part->model->type);
    for (int r = 0; r < w->n_rows; r++) {
        const int to = w->rows[r].wanted;
        if (to < 0 || to == r)
            continue;
        w->rows[to] = w->rows[r];
        memcpy(w->x + (size_t)to * x, w->x + (size_t)r * x, x * sizeof *w->x);
        memcpy((char *)w->q + (size_t)to * q, (char *)w->q + (size_t)r * q, q);
    }
    w->n_rows = w->n_wanted;
}

static void take_wanted(struct forward_part *part)
{
    if (part->w->n_wanted == part->w->n_rows)
        return;
    meet(part); /* or one could find that all are wanted when they have been taken */
    if (part->member == 0)
        keep_wanted(part);
    meet(part);
    plan_part(part);
}

static void run_layer(struct forward_part *part)
{
    const struct layer *layer = &part->model->layers[part->number];
    struct workspace *w = part->w;
    queries_keys_values(part, layer);
    meet(part);
    if (part->number == part->model->config.layers - 1)
        take_wanted(part);
    attend(part->model, w, part->lane->attention, part->number, part->row0, part->row1,
           part->is_columns ? part->member : 0, part->is_columns ? w->team_size : 1);
    if (part->is_columns)
        meet(part);
    rest_of_layer(part, layer);
}

void forward(const struct llmx_model *model, struct workspace *workspace,
             const struct token_span *spans, int n, int member)
{
    struct forward_part part = {
        .model = model, .w = workspace, .lane = &workspace->lanes[member], .member = member};
    if (member == 0)
        plan_rows(workspace, spans, n);
    meet(&part);
    plan_part(&part);
    embed(&part);
    if (part.is_columns)
        meet(&part);
    for (; part.number < model->config.layers; part.number++)
        run_layer(&part);
    leave_wanted(&part);
    for (int s = 0; s < n && member == 0; s++)
        spans[s].sequence->own->length += spans[s].n;
    meet(&part);
}

void forward_logits(const struct llmx_model *model, struct workspace *workspace, int first, int n,
                    float *logits, int member)
{
    struct forward_part part = {.model = model,
                                .w = workspace,
                                .lane = &workspace->lanes[member],
                                .member = member,
                                .is_columns = true};
    const struct config *c = &model->config;
    int panel0, panel1;
    assert(first + n <= workspace->n_wanted);
    panels_of(&part, &model->head, &panel0, &panel1);
    for (int row = 0, rows; row < n; row += rows) {
        rows = minimum(n - row, TILE);
        const void *input =
            ready(&part, row_at(&part, workspace->hidden, first + row, c->hidden), rows, c->hidden);
        for (int p = panel0; p < panel1; p++) {
            const struct panel *panel = &model->head.panels[p];
            product_run(part.lane->worker, &model->head, p, input, part.lane->panel, rows);
            for (int i = 0; i < rows; i++)
                memcpy(logits + (size_t)(row + i) * (size_t)c->vocabulary + panel->first,
                       part.lane->panel + (size_t)i * (size_t)panel->columns,
                       (size_t)panel->columns * sizeof *logits);
        }
    }
    meet(&part);
}
