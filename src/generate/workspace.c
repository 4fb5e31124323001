#include "generate/workspace.h"

#include "base/memory.h"
#include "llm/lora.h"
#include "product/quantised.h"

#include <stdlib.h>
#include <string.h>

/* Rows past the last are read by products that round up. */
static void *rows_of(int rows, int columns, enum dtype type, struct llmx_error *err)
{
    size_t n = (size_t)rows + PRODUCT_ROWS_MAX;
    size_t bytes = n * (size_t)columns * dtype_block_bytes(type);
    void *p = mem_tensor(bytes, 1, err);
    return p ? memset(p, 0, bytes) : NULL;
}

/* A tile of the widest input of a product, quantised. */
static void *ready_rows(const struct llmx_model *model, struct llmx_error *err)
{
    const struct config *c = &model->config;
    int inner = c->heads * c->head_dim > c->hidden ? c->heads * c->head_dim : c->hidden;
    inner = c->ffn > inner ? c->ffn : inner;
    return mem_tensor(PRODUCT_ROWS_MAX, model->weights == DTYPE_I8 ? quantised_row_bytes(inner) : 1,
                      err);
}

static int widest(const struct matrix *matrix, int so_far)
{
    for (int p = 0; p < matrix->n_panels; p++)
        so_far = matrix->panels[p].columns > so_far ? matrix->panels[p].columns : so_far;
    return so_far;
}

static int lane_init(struct team_lane *lane, const struct llmx_model *model, struct llmx_error *err)
{
    const struct config *c = &model->config;
    const struct layer *layer = &model->layers[0]; /* all layers are alike */
    int panel = widest(&layer->qkv, widest(&layer->output, widest(&model->head, 0)));
    panel = widest(&layer->gate_up, widest(&layer->down, panel));
    if (product_worker_create(&lane->worker, model->products, err) != 0)
        return -1;
    lane->input = rows_of(0, c->hidden, model_input(model), err);
    lane->units = rows_of(0, c->ffn, model_input(model), err);
    lane->ready = ready_rows(model, err);
    lane->panel = rows_of(0, panel, DTYPE_F32, err);
    lane->u =
        mem_tensor((size_t)ADAPT_TOGETHER * PRODUCT_ROWS_MAX * LORA_RANK_MAX, sizeof *lane->u, err);
    lane->attention = mem_tensor(1, sizeof *lane->attention, err);
    return lane->input && lane->units && lane->ready && lane->panel && lane->u && lane->attention
               ? 0
               : -1;
}

static int workspace_fill(struct workspace *w, const struct llmx_model *model,
                          struct llmx_error *err)
{
    const struct config *c = &model->config;
    w->rows = mem_array((size_t)w->rows_max, sizeof *w->rows, err);
    w->x = rows_of(w->rows_max, c->hidden, DTYPE_F32, err);
    w->q = rows_of(w->rows_max, c->heads * c->head_dim, model->type, err);
    w->attended = model_input(model) == model->type
                      ? w->q
                      : rows_of(w->rows_max, c->heads * c->head_dim, model_input(model), err);
    w->units = rows_of(0, c->ffn, model_input(model), err);
    w->hidden = rows_of(w->wanted_max, c->hidden, model_input(model), err);
    w->cosine = rows_of(w->rows_max, c->head_dim / 2, DTYPE_F32, err);
    w->sine = rows_of(w->rows_max, c->head_dim / 2, DTYPE_F32, err);
    w->lanes = mem_array((size_t)w->team_size, sizeof *w->lanes, err);
    if (!w->rows || !w->x || !w->q || !w->attended || !w->units || !w->hidden || !w->cosine ||
        !w->sine || !w->lanes)
        return -1;
    for (int i = 0; i < w->team_size; i++)
        if (lane_init(&w->lanes[i], model, err) != 0)
            return -1;
    return 0;
}

int workspace_create(struct workspace **workspace, const struct llmx_model *model, int rows_max,
                     int wanted_max, int team_size, struct llmx_error *err)
{
    int rows = rows_max > wanted_max ? rows_max : wanted_max;
    if (products_prepare(model->products, rows, err) != 0)
        return -1;
    struct workspace *w = mem_array(1, sizeof *w, err);
    if (!w)
        return -1;
    w->rows_max = rows_max;
    w->wanted_max = wanted_max;
    w->team_size = team_size;
    w->barrier.size = team_size;
    if (workspace_fill(w, model, err) != 0) {
        workspace_destroy(w);
        return -1;
    }
    *workspace = w;
    return 0;
}

void workspace_few_rows(struct workspace *workspace, int may)
{
    for (int i = 0; i < workspace->team_size; i++)
        product_worker_few_rows(workspace->lanes[i].worker, may);
}

void workspace_destroy(struct workspace *w)
{
    if (!w)
        return;
    for (int i = 0; w->lanes && i < w->team_size; i++) {
        product_worker_destroy(w->lanes[i].worker);
        free(w->lanes[i].input);
        free(w->lanes[i].units);
        free(w->lanes[i].ready);
        free(w->lanes[i].panel);
        free(w->lanes[i].u);
        free(w->lanes[i].attention);
    }
    free(w->lanes);
    free(w->rows);
    free(w->x);
    if (w->attended != w->q)
        free(w->attended);
    free(w->q);
    free(w->units);
    free(w->hidden);
    free(w->cosine);
    free(w->sine);
    free(w);
}
