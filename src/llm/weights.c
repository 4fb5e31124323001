/* weights.c - from the tensors of a file to packed matrices: checked first, then dequantised and packed panel by
 * panel on all threads. */
#include "llm/model.h"
#include "llm/panel_jobs.h"
#include "product/dequantise.h"
#include "product/small_product.h"

#include <stdlib.h>

struct loading {
    struct llmx_model *model;
    const struct lora *lora; /* its scale is 1; NULL: none */
    struct panel_jobs jobs;  /* a piece's rows become columns of the panel */
};

/* ---- vectors ---- */

static float *load_vector(struct llmx_model *model, enum tensor_role role, int layer, int n,
                          struct llmx_error *err)
{
    struct tensor tensor;
    if (source_tensor(&tensor, &model->source, role, layer, 1, n, err) != 0)
        return NULL;
    float *values = arena_array(&model->arena, (size_t)n, sizeof *values, err);
    if (values)
        dequantise(values, tensor.data, tensor.type, (size_t)n);
    return values;
}

static int load_biases(struct llmx_model *model, struct layer *layer, int number,
                       struct llmx_error *err)
{
    const struct config *c = &model->config;
    int q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    bool has_any = c->family == FAMILY_QWEN2;
    for (int i = 0; i < 3; i++)
        has_any = has_any ||
                  source_has(&model->source, (enum tensor_role)(TENSOR_QUERY_BIAS + i), number);
    if (!has_any)
        return 0;
    const float *parts[3];
    for (int i = 0; i < 3; i++)
        if (!(parts[i] = load_vector(model, (enum tensor_role)(TENSOR_QUERY_BIAS + i), number,
                                     i == 0 ? q : kv, err)))
            return -1;
    float *all = arena_array(&model->arena, (size_t)(q + 2 * kv), sizeof *all, err);
    if (!all)
        return -1;
    for (int i = 0; i < q + 2 * kv; i++) {
        int part = i < q        ? 0
                   : i < q + kv ? 1
                                : 2,
            row = i - (part > 0 ? q : 0) - (part > 1 ? kv : 0);
        if (c->is_rope_interleaved && part < 2)
            row = interleaved_row(row, c->head_dim);
        all[i] = parts[part][row];
    }
    layer->qkv_bias = all;
    return 0;
}

static int load_vectors(struct llmx_model *model, struct layer *layer, int number,
                        struct llmx_error *err)
{
    const struct config *c = &model->config;
    bool has_head_norms = c->family == FAMILY_QWEN3;
    const struct {
        const float **vector;
        enum tensor_role role;
        int n;
        bool is_there;
    } vectors[] = {{&layer->attention_norm, TENSOR_ATTENTION_NORM, c->hidden, true},
                   {&layer->ffn_norm, TENSOR_FFN_NORM, c->hidden, true},
                   {&layer->query_norm, TENSOR_QUERY_NORM, c->head_dim, has_head_norms},
                   {&layer->key_norm, TENSOR_KEY_NORM, c->head_dim, has_head_norms}};
    for (int i = 0; i < 4; i++)
        if (vectors[i].is_there &&
            !(*vectors[i].vector = load_vector(model, vectors[i].role, number, vectors[i].n, err)))
            return -1;
    return load_biases(model, layer, number, err);
}

static int load_rope(struct llmx_model *model, struct llmx_error *err)
{
    const struct config *c = &model->config;
    int half = c->head_dim / 2;
    float *frequencies = arena_array(&model->arena, (size_t)half, sizeof *frequencies, err);
    const float *factors = NULL;
    if (!frequencies)
        return -1;
    if (model->source.is_gguf && source_has(&model->source, TENSOR_ROPE_FACTORS, 0) &&
        !(factors = load_vector(model, TENSOR_ROPE_FACTORS, 0, half, err)))
        return -1;
    for (int i = 0; i < half; i++) {
        double frequency = rope_frequency(c, i);
        frequencies[i] = (float)(factors ? frequency / factors[i] : frequency);
    }
    model->rope_frequencies = frequencies;
    return 0;
}

/* ---- matrices: what each panel is made of ---- */

/* What is folded into the linear layer after `first`, `nth`; `first` NULL: the matrix is none of them. */
static const struct lora_pair *pair_at(const struct lora_pair *first, int nth)
{
    return first && first[nth].rank ? first + nth : NULL;
}

/* What a matrix of rows of n tensors is packed as in int8: as its file holds it where that is exact, for all of it alike,
 * so that it does not matter where panels begin. What an adapter is folded into takes 8 bits. */
static enum dtype packed_type(const struct tensor *tensors, int n, const struct lora_pair *pairs)
{
    const enum dtype type = tensors[0].type;
    bool is_kept = is_packed_as_held(type);
    for (int i = 0; i < n; i++)
        is_kept = is_kept && tensors[i].type == type && !pair_at(pairs, i);
    return is_kept ? type : DTYPE_Q8_0;
}

static int init_matrix(const struct loading *loading, struct matrix *matrix, int columns, int unit,
                       const struct tensor *tensors, int n, const struct lora_pair *pairs,
                       struct llmx_error *err)
{
    const struct llmx_model *model = loading->model;
    const int inner = tensors[0].columns, panels = threads_count(model->threads);
    return model->weights == DTYPE_I8
               ? matrix_init_quantised(matrix, model->products, packed_type(tensors, n, pairs),
                                       inner, columns, unit, panels, err)
               : matrix_init(matrix, model->products, inner, columns, unit, panels, err);
}

/* A matrix whose columns are the rows of up to three tensors, one after the other. */
static int plan_stacked(struct loading *loading, struct matrix *matrix, int unit,
                        const struct tensor *tensors, int n, int interleaved,
                        const struct lora_pair *pairs, struct llmx_error *err)
{
    int columns = 0;
    for (int i = 0; i < n; i++)
        columns += tensors[i].rows;
    if (init_matrix(loading, matrix, columns, unit, tensors, n, pairs, err) != 0)
        return -1;
    for (int p = 0; p < matrix->n_panels; p++) {
        struct piece pieces[PIECES_MAX];
        int n_pieces = 0, start = 0;
        int first = matrix->panels[p].first, end = first + matrix->panels[p].columns;
        for (int i = 0; i < n; start += tensors[i++].rows) {
            int from = first > start ? first : start, stop = start + tensors[i].rows;
            int to = end < stop ? end : stop;
            if (from < to)
                pieces[n_pieces++] = (struct piece){tensors[i], pair_at(pairs, i), from - start,
                                                    to - from, i < 2 ? interleaved : 0};
        }
        if (panel_jobs_add(&loading->jobs, matrix, p, pieces, n_pieces, err) != 0)
            return -1;
    }
    return 0;
}

/* tensors: gate, up. */
static int plan_gate_up(struct loading *loading, struct matrix *matrix,
                        const struct tensor *tensors, const struct lora_pair *pairs,
                        struct llmx_error *err)
{
    if (init_matrix(loading, matrix, 2 * tensors[0].rows, 2 * PANEL_UNIT, tensors, 2, pairs, err) !=
        0)
        return -1;
    for (int p = 0; p < matrix->n_panels; p++) {
        int first = matrix->panels[p].first / 2, n = matrix->panels[p].columns / 2;
        struct piece pieces[] = {{tensors[0], pair_at(pairs, 0), first, n, 0},
                                 {tensors[1], pair_at(pairs, 1), first, n, 0}};
        if (panel_jobs_add(&loading->jobs, matrix, p, pieces, 2, err) != 0)
            return -1;
    }
    return 0;
}

/* A whole number of heads and of oneDNN's column blocks. */
static int head_unit(int head_dim)
{
    int unit = head_dim;
    while (unit % PANEL_UNIT != 0)
        unit += head_dim;
    return unit;
}

static int plan_layer(struct loading *loading, struct layer *layer, int number,
                      struct llmx_error *err)
{
    struct llmx_model *model = loading->model;
    const struct config *c = &model->config;
    struct tensor t[LINEARS];
    if (linear_tensors(t, &model->source, c, number, err) != 0)
        return -1;
    int interleaved = c->is_rope_interleaved ? c->head_dim : 0;
    const struct lora_pair *pairs[LINEARS] = {NULL};
    for (int i = 0; loading->lora && i < LINEARS; i++)
        pairs[i] = lora_pair_of(loading->lora, number, (enum linear)i);
    if (load_vectors(model, layer, number, err) != 0 ||
        plan_stacked(loading, &layer->qkv, head_unit(c->head_dim), t, 3, interleaved,
                     pairs[LINEAR_Q], err) != 0 ||
        plan_stacked(loading, &layer->output, PANEL_UNIT, t + LINEAR_O, 1, 0, pairs[LINEAR_O],
                     err) != 0 ||
        plan_gate_up(loading, &layer->gate_up, t + LINEAR_GATE, pairs[LINEAR_GATE], err) != 0 ||
        plan_stacked(loading, &layer->down, PANEL_UNIT, t + LINEAR_DOWN, 1, 0, pairs[LINEAR_DOWN],
                     err) != 0)
        return -1;
    return 0;
}

static int plan(struct loading *loading, struct llmx_error *err)
{
    struct llmx_model *model = loading->model;
    const struct config *c = &model->config;
    struct tensor head;
    if (source_tensor(&model->embedding, &model->source, TENSOR_EMBEDDING, 0, c->vocabulary,
                      c->hidden, err) != 0 ||
        source_tensor(&head, &model->source, c->is_tied ? TENSOR_EMBEDDING : TENSOR_HEAD, 0,
                      c->vocabulary, c->hidden, err) != 0 ||
        load_rope(model, err) != 0)
        return -1;
    model->final_norm = load_vector(model, TENSOR_FINAL_NORM, 0, c->hidden, err);
    model->layers = arena_array(&model->arena, (size_t)c->layers, sizeof *model->layers, err);
    if (!model->final_norm || !model->layers)
        return -1;
    for (int i = 0; i < c->layers; i++)
        if (plan_layer(loading, &model->layers[i], i, err) != 0)
            return -1;
    return plan_stacked(loading, &model->head, PANEL_UNIT, &head, 1, 0, NULL, err);
}

/* ---- packing ---- */

/* rows (n, in) of the linear layer, as Hugging Face orders them, += rows first .. of B A. */
static void fold(const struct lora *lora, const struct lora_pair *pair, int first, int n,
                 float *rows)
{
    const float *b = lora->values + pair->b + (size_t)first * (size_t)pair->rank;
    small_product_add(rows, (size_t)pair->in, b, (size_t)pair->rank, 1, lora->values + pair->a,
                      (size_t)pair->in, n, pair->rank, pair->in);
}

static const unsigned char *row_of(const struct piece *piece, int i)
{
    const int place = interleaved_row(piece->first + i, piece->interleaved);
    return piece->tensor.data + (size_t)place * piece->tensor.row_bytes;
}

/* rows (n of the piece, inner) */
static void read_piece(const struct loading *loading, const struct piece *piece, float *rows)
{
    const struct tensor *tensor = &piece->tensor;
    for (int i = 0; i < piece->n; i++)
        dequantise(rows + (size_t)i * (size_t)tensor->columns, row_of(piece, i), tensor->type,
                   (size_t)tensor->columns);
    if (piece->pair)
        fold(loading->lora, piece->pair, piece->first, piece->n, rows);
}

/* Columns first .. of a quantised panel: from the file's own blocks where it holds what the panel does. */
static void pack_piece(const struct loading *loading, const struct panel_job *job,
                       const struct piece *piece, int first, float *rows)
{
    const bool is_held = piece->tensor.type == job->matrix->panels[job->panel].type && !piece->pair;
    if (!is_held) {
        read_piece(loading, piece, rows);
        matrix_pack_rows(job->matrix, job->panel, first, piece->n, rows, DTYPE_F32);
        return;
    }
    for (int i = 0; i < piece->n; i++)
        matrix_pack_rows(job->matrix, job->panel, first + i, 1, row_of(piece, i),
                         piece->tensor.type);
}

static void pack(void *context, size_t number, int thread)
{
    struct loading *loading = context;
    const struct panel_job *job = &loading->jobs.jobs[number];
    const bool is_quantised = loading->model->weights == DTYPE_I8;
    float *values = loading->jobs.values[thread]; /* (columns of the panel, inner) */
    for (int i = 0, column = 0; i < job->n_pieces; column += job->pieces[i++].n)
        if (is_quantised)
            pack_piece(loading, job, &job->pieces[i], column, values);
        else
            read_piece(loading, &job->pieces[i],
                       values + (size_t)column * (size_t)job->matrix->inner);
    if (!is_quantised)
        panel_jobs_pack(&loading->jobs, job, values);
}

#define PACK_STAGES 20 /* how often progress is told */

struct load_stretch {
    struct loading *loading;
    size_t first;
};

static void pack_in_stretch(void *context, size_t number, int thread)
{
    const struct load_stretch *stretch = context;
    pack(stretch->loading, stretch->first + number, thread);
}

static int pack_all(struct loading *loading, const struct llmx_progress *progress,
                    struct llmx_error *err)
{
    size_t n = loading->jobs.n;
    for (size_t stage = 0; stage < PACK_STAGES; stage++) {
        struct load_stretch stretch = {loading, n * stage / PACK_STAGES};
        size_t end = n * (stage + 1) / PACK_STAGES;
        threads_for(loading->model->threads, end - stretch.first, pack_in_stretch, &stretch);
        if (panel_jobs_status(&loading->jobs, err) != 0)
            return -1;
        if (progress->report &&
            progress->report(progress->context, "loading the model", (double)end, (double)n, ""))
            return err_set(err, LLMX_INTERRUPTED, "interrupted while loading %s",
                           loading->model->path);
    }
    return 0;
}

int weights_load(struct llmx_model *model, const struct lora *lora,
                 const struct llmx_progress *progress, struct llmx_error *err)
{
    struct loading loading = {.model = model, .lora = lora};
    panel_jobs_init(&loading.jobs, threads_count(model->threads));
    int result = -1;
    if (products_create(&model->products, model->weights, err) == 0 && plan(&loading, err) == 0 &&
        (model->packed = panel_jobs_place(&loading.jobs, err)) &&
        panel_jobs_scratch(&loading.jobs, 0, err) == 0)
        result = pack_all(&loading, progress, err);
    source_forget(&model->source);
    panel_jobs_release(&loading.jobs);
    return result;
}

void weights_release(struct llmx_model *model)
{
    for (int i = 0; model->layers && i < model->config.layers; i++) {
        matrix_release(&model->layers[i].qkv);
        matrix_release(&model->layers[i].output);
        matrix_release(&model->layers[i].gate_up);
        matrix_release(&model->layers[i].down);
    }
    matrix_release(&model->head);
    products_destroy(model->products);
    free(model->packed);
    arena_release(&model->arena);
}

size_t weights_bytes(const struct llmx_model *model)
{
    size_t bytes = matrix_bytes(&model->head);
    for (int i = 0; i < model->config.layers; i++)
        bytes += matrix_bytes(&model->layers[i].qkv) + matrix_bytes(&model->layers[i].output) +
                 matrix_bytes(&model->layers[i].gate_up) + matrix_bytes(&model->layers[i].down);
    return bytes;
}
