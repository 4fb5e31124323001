#include "llm/transposed.h"

#include "base/memory.h"
#include "kernel/dequantise.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PANEL_UNIT 64
#define BLOCK      16 /* rows turned at a time: a cache line of each column */

/* Rows first .. first + n - 1 of a tensor, which become inner places of a matrix. */
struct piece {
    struct tensor tensor;
    int first, n;
    int interleaved; /* head size when rows stand as llama.cpp permutes them, else 0 */
};

#define PIECES_MAX 3

struct turn_job {
    struct matrix *matrix;
    int panel, n_pieces;
    struct piece pieces[PIECES_MAX];
};

struct turning {
    const struct llmx_model *model;
    struct transposed *transposed;
    struct turn_job *jobs;
    size_t n_jobs, jobs_capacity;
    float **values; /* (threads) a panel (columns, inner), then BLOCK rows of a tensor */
    pthread_mutex_t lock;
    struct llmx_error first_error;
    bool has_failed;
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
    for (int p = 0; p < matrix->n_panels; p++) {
        if (mem_grow(&turning->jobs, &turning->jobs_capacity, turning->n_jobs + 1,
                     sizeof *turning->jobs, err) != 0)
            return -1;
        struct turn_job *job = &turning->jobs[turning->n_jobs++];
        *job = (struct turn_job){.matrix = matrix, .panel = p, .n_pieces = n};
        for (int i = 0; i < n; i++)
            job->pieces[i] = pieces[i];
    }
    return 0;
}

static int plan_layer(struct turning *turning, int number, struct llmx_error *err)
{
    const struct config *c = &turning->model->config;
    struct transposed_layer *layer = &turning->transposed->layers[number];
    int q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const struct {
        enum tensor_role role;
        int rows, columns;
    } wanted[] = {{TENSOR_QUERY, q, c->hidden},     {TENSOR_KEY, kv, c->hidden},
                  {TENSOR_VALUE, kv, c->hidden},    {TENSOR_OUTPUT, c->hidden, q},
                  {TENSOR_GATE, c->ffn, c->hidden}, {TENSOR_UP, c->ffn, c->hidden},
                  {TENSOR_DOWN, c->hidden, c->ffn}};
    struct piece pieces[7];
    for (int i = 0; i < 7; i++) {
        pieces[i] = (struct piece){.n = wanted[i].rows};
        if (c->is_rope_interleaved && i < 2)
            pieces[i].interleaved = c->head_dim;
        if (source_tensor(&pieces[i].tensor, &turning->model->source, wanted[i].role, number,
                          wanted[i].rows, wanted[i].columns, err) != 0)
            return -1;
    }
    if (plan_matrix(turning, &layer->qkv, pieces, 3, err) != 0 ||
        plan_matrix(turning, &layer->output, pieces + 3, 1, err) != 0 ||
        plan_matrix(turning, &layer->gate_up, pieces + 4, 2, err) != 0 ||
        plan_matrix(turning, &layer->down, pieces + 6, 1, err) != 0)
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
        struct piece piece = {t->head_rows, head->panels[p].first, head->panels[p].columns, 0};
        if (plan_matrix(turning, &t->head[p], &piece, 1, err) != 0)
            return -1;
    }
    return 0;
}

/* ---- memory ---- */

static int place(struct turning *turning, struct llmx_error *err)
{
    size_t bytes = 0;
    for (size_t j = 0; j < turning->n_jobs; j++)
        if (turning->jobs[j].panel == 0)
            bytes += matrix_bytes(turning->jobs[j].matrix);
    char *at = mem_tensor(bytes, 1, err);
    turning->transposed->packed = at;
    if (!at)
        return -1;
    mem_advise_large_pages(at, bytes);
    for (size_t j = 0; j < turning->n_jobs; j++) {
        struct matrix *matrix = turning->jobs[j].matrix;
        if (turning->jobs[j].panel != 0)
            continue;
        if (matrix_place(matrix, at, err) != 0)
            return -1;
        at += matrix_bytes(matrix);
    }
    return 0;
}

static int make_values(struct turning *turning, int threads, struct llmx_error *err)
{
    size_t n = 0;
    for (size_t j = 0; j < turning->n_jobs; j++) {
        const struct matrix *matrix = turning->jobs[j].matrix;
        size_t columns = (size_t)matrix->panels[turning->jobs[j].panel].columns;
        size_t size = columns * (size_t)matrix->inner + (size_t)(BLOCK * matrix->columns);
        n = size > n ? size : n;
    }
    turning->values = mem_array((size_t)threads, sizeof *turning->values, err);
    for (int i = 0; turning->values && i < threads; i++)
        if (!(turning->values[i] = mem_tensor(n, sizeof(float), err)))
            return -1;
    return turning->values ? 0 : -1;
}

/* ---- packing ---- */

/* Where row `row` of the halves layout stands when each head's rows are permuted to pairs. */
static int place_of(const struct piece *piece, int row)
{
    int dim = piece->interleaved;
    if (dim == 0)
        return row;
    return row / dim * dim + row % dim % (dim / 2) * 2 + row % dim / (dim / 2);
}

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
                           (size_t)(piece->first + place_of(piece, row + i)) * tensor->row_bytes,
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
    const struct turn_job *job = &turning->jobs[number];
    const struct panel *panel = &job->matrix->panels[job->panel];
    float *values = turning->values[thread];
    float *rows = values + (size_t)panel->columns * (size_t)job->matrix->inner;
    for (int i = 0, at = 0; i < job->n_pieces; at += job->pieces[i++].n)
        turn_piece(values, rows, &job->pieces[i], panel, job->matrix->inner, at);
    struct llmx_error err;
    if (matrix_pack(job->matrix, job->panel, values, &err) == 0)
        return;
    pthread_mutex_lock(&turning->lock);
    if (!turning->has_failed)
        turning->first_error = err;
    turning->has_failed = true;
    pthread_mutex_unlock(&turning->lock);
}

int transposed_create(struct transposed **transposed, const struct llmx_model *model,
                      struct threads *threads, struct llmx_error *err)
{
    struct turning turning = {.model = model};
    int result = -1;
    turning.transposed = mem_array(1, sizeof *turning.transposed, err);
    if (!turning.transposed)
        return -1;
    pthread_mutex_init(&turning.lock, NULL);
    if (products_create(&turning.transposed->products, model->type, err) == 0 &&
        plan(&turning, err) == 0 && place(&turning, err) == 0 &&
        make_values(&turning, threads_count(threads), err) == 0) {
        threads_for(threads, turning.n_jobs, turn, &turning);
        if (turning.has_failed && err)
            *err = turning.first_error;
        result = turning.has_failed ? -1 : 0;
    }
    source_forget(&model->source);
    for (int i = 0; turning.values && i < threads_count(threads); i++)
        free(turning.values[i]);
    free(turning.values);
    free(turning.jobs);
    pthread_mutex_destroy(&turning.lock);
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
