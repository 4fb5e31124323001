#include "tune/transposed.h"

#include "base/memory.h"
#include "llm/panel_jobs.h"
#include "product/dequantise.h"

#include <stdlib.h>

#define BLOCK 16 /* rows turned at a time: a cache line of each column */

struct turning {
    const struct llmx_model *model;
    struct transposed *transposed;
    struct panel_jobs jobs; /* a piece's rows become inner places of every panel of its matrix */
};

/* ---- what each panel is made of ---- */

static int plan_matrix(struct turning *turning, struct matrix *matrix, const struct piece *pieces,
                       int n, struct llmx_error *err)
{
    int inner = 0;
    for (int i = 0; i < n; i++)
        inner += pieces[i].n;
    if (matrix_init(matrix, turning->transposed->products, inner, pieces[0].tensor.columns,
                    PANEL_UNIT, 1, err) != 0)
        return -1;
    for (int p = 0; p < matrix->n_panels; p++)
        if (panel_jobs_add(&turning->jobs, matrix, p, pieces, n, err) != 0)
            return -1;
    return 0;
}

static int plan_layer(struct turning *turning, int number, struct llmx_error *err)
{
    const struct config *c = &turning->model->config;
    struct transposed_layer *layer = &turning->transposed->layers[number];
    struct tensor tensors[LINEARS];
    struct piece pieces[LINEARS];
    if (linear_tensors(tensors, &turning->model->source, c, number, err) != 0)
        return -1;
    for (int i = 0; i < LINEARS; i++)
        pieces[i] = (struct piece){.tensor = tensors[i],
                                   .n = tensors[i].rows,
                                   .interleaved =
                                       c->is_rope_interleaved && i <= LINEAR_K ? c->head_dim : 0};
    if (plan_matrix(turning, &layer->qkv, pieces, 3, err) != 0 ||
        plan_matrix(turning, &layer->output, pieces + LINEAR_O, 1, err) != 0 ||
        plan_matrix(turning, &layer->gate_up, pieces + LINEAR_GATE, 2, err) != 0 ||
        plan_matrix(turning, &layer->down, pieces + LINEAR_DOWN, 1, err) != 0)
        return -1;
    return 0;
}

static int plan(struct turning *turning, struct llmx_error *err)
{
    struct transposed *t = turning->transposed;
    const struct config *c = &turning->model->config;
    const struct matrix *head = &turning->model->head;
    if (source_tensor(&t->head_rows, &turning->model->source,
                      c->is_tied ? TENSOR_EMBEDDING : TENSOR_HEAD, 0, c->vocabulary, c->hidden,
                      err) != 0)
        return -1;
    t->layers = mem_array((size_t)c->layers, sizeof *t->layers, err);
    t->head = mem_array((size_t)head->n_panels, sizeof *t->head, err);
    if (!t->layers || !t->head)
        return -1;
    t->n_layers = c->layers;
    t->n_head = head->n_panels;
    for (int i = 0; i < c->layers; i++)
        if (plan_layer(turning, i, err) != 0)
            return -1;
    for (int p = 0; p < head->n_panels; p++) {
        struct piece piece = {
            .tensor = t->head_rows, .first = head->panels[p].first, .n = head->panels[p].columns};
        if (plan_matrix(turning, &t->head[p], &piece, 1, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- packing ---- */

/* values (columns, inner): rows of the piece become places from `at` on. */
static void turn_piece(float *values, float *rows, const struct piece *piece,
                       const struct panel *panel, int inner, int at)
{
    const struct tensor *tensor = &piece->tensor;
    for (int row = 0; row < piece->n; row += BLOCK) {
        int n = piece->n - row < BLOCK ? piece->n - row : BLOCK;
        for (int i = 0; i < n; i++)
            dequantise(rows + i * tensor->columns,
                       tensor->data +
                           (size_t)(piece->first + interleaved_row(row + i, piece->interleaved)) *
                               tensor->row_bytes,
                       tensor->type, (size_t)tensor->columns);
        for (int c = 0; c < panel->columns; c++) {
            float *to = values + (size_t)c * (size_t)inner + at + row;
            for (int i = 0; i < n; i++)
                to[i] = rows[i * tensor->columns + panel->first + c];
        }
    }
}

static void turn(void *context, size_t number, int thread)
{
    struct turning *turning = context;
    const struct panel_job *job = &turning->jobs.jobs[number];
    const struct panel *panel = &job->matrix->panels[job->panel];
    float *values = turning->jobs.values[thread];
    float *rows = values + (size_t)panel->columns * (size_t)job->matrix->inner;
    for (int i = 0, at = 0; i < job->n_pieces; at += job->pieces[i++].n)
        turn_piece(values, rows, &job->pieces[i], panel, job->matrix->inner, at);
    panel_jobs_pack(&turning->jobs, job, values);
}

int transposed_create(struct transposed **transposed, const struct llmx_model *model,
                      enum dtype type, struct threads *threads, struct llmx_error *err)
{
    struct turning turning = {.model = model};
    int result = -1;
    turning.transposed = mem_array(1, sizeof *turning.transposed, err);
    if (!turning.transposed)
        return -1;
    panel_jobs_init(&turning.jobs, threads_count(threads));
    if (products_create(&turning.transposed->products, type, err) == 0 &&
        plan(&turning, err) == 0 &&
        (turning.transposed->packed = panel_jobs_place(&turning.jobs, err)) &&
        panel_jobs_scratch(&turning.jobs, BLOCK, err) == 0) {
        threads_for(threads, turning.jobs.n, turn, &turning);
        result = panel_jobs_status(&turning.jobs, err);
    }
    source_forget(&model->source);
    panel_jobs_release(&turning.jobs);
    if (result == 0)
        *transposed = turning.transposed;
    else
        transposed_destroy(turning.transposed);
    return result;
}

void transposed_destroy(struct transposed *transposed)
{
    if (!transposed)
        return;
    for (int i = 0; i < transposed->n_layers; i++) {
        matrix_release(&transposed->layers[i].qkv);
        matrix_release(&transposed->layers[i].output);
        matrix_release(&transposed->layers[i].gate_up);
        matrix_release(&transposed->layers[i].down);
    }
    for (int p = 0; p < transposed->n_head; p++)
        matrix_release(&transposed->head[p]);
    products_destroy(transposed->products);
    free(transposed->layers);
    free(transposed->head);
    free(transposed->packed);
    free(transposed);
}
