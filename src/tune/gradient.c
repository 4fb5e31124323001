#include "tune/gradient.h"

#include "base/cpu.h"
#include "base/memory.h"
#include "tune/gradient_work.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define STRETCH_ROWS                                                                               \
    1280 /* of several sequences: two of the usual length, so that heads share out evenly */
#define ALIGNMENT 64

/* ---- memory of a stretch ---- */

static int tiles_of(int rows)
{
    return (rows + TILE - 1) / TILE;
}

/* Carves the next (rows, columns) array out of the slab; with slab NULL only counts. */
static void *carve(char *slab, size_t *used, size_t rows, size_t columns, size_t element)
{
    size_t bytes = (rows * columns * element + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    void *place = slab ? slab + *used : NULL;
    *used += bytes;
    return place;
}

static void carve_kept(struct kept *kept, const struct gradient_work *work, char *slab,
                       size_t *used, size_t rows)
{
    const struct config *c = &work->model->config;
    size_t f32 = sizeof(float), q = (size_t)work->q, turned = q + (size_t)work->kv;
    bool has_norms = work->model->layers[0].query_norm != NULL;
    kept->qkv = carve(slab, used, rows, (size_t)work->qkv, f32);
    kept->raw = has_norms ? carve(slab, used, rows, turned, f32) : NULL;
    kept->attention = carve(slab, used, rows, q, f32);
    kept->lse = carve(slab, used, rows, (size_t)c->heads, f32);
    kept->middle = carve(slab, used, rows, (size_t)c->hidden, f32);
    kept->gate_up = carve(slab, used, rows, (size_t)(2 * c->ffn), dtype_block_bytes(work->type));
    kept->u = carve(slab, used, rows, (size_t)(LINEARS * work->width), f32);
}

/* Places everything of a stretch of so many rows that keeps the last n_kept layers, or only counts the bytes. */
static size_t carve_stretch(struct gradient_work *work, char *slab, int n_rows, int n_kept)
{
    const struct config *c = &work->model->config;
    size_t used = 0, rows = (size_t)n_rows, f32 = sizeof(float), half = (size_t)c->head_dim / 2;
    size_t layers = (size_t)c->layers, hidden = (size_t)c->hidden;
    work->x = carve(slab, &used, (layers + 1) * rows, hidden, f32);
    work->dx = carve(slab, &used, rows, hidden, f32);
    work->dattention = carve(slab, &used, rows, (size_t)work->q, f32);
    work->dqkv = carve(slab, &used, rows, (size_t)work->qkv, f32);
    work->cosine = carve(slab, &used, rows, half, f32);
    work->sine = carve(slab, &used, rows, half, f32);
    work->partial = carve(slab, &used, (size_t)tiles_of(n_rows), work->layer_values_max, f32);
    int shared = c->layers - n_kept;
    for (int i = shared; i < c->layers; i++)
        carve_kept(&work->kept[i], work, slab, &used, rows);
    for (int i = 0; i < shared; i++)
        work->kept[i] = work->kept[shared];
    carve(slab, &used, TILE, (size_t)work->q, f32); /* f32 products read some rows past the last */
    return used;
}

/* ---- making and unmaking ---- */

static int widest(const struct matrix *matrix, int so_far)
{
    for (int p = 0; p < matrix->n_panels; p++)
        so_far = matrix->panels[p].columns > so_far ? matrix->panels[p].columns : so_far;
    return so_far;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Zeroed, for rows past a tile's last are read by products that round up. */
static void *tile_rows(int columns, size_t element, struct llmx_error *err)
{
    size_t bytes = (size_t)TILE * (size_t)columns * element;
    void *p = mem_tensor(bytes, 1, err);
    return p ? memset(p, 0, bytes) : NULL;
}

static int lane_init(struct tune_lane *lane, const struct gradient_work *work,
                     struct llmx_error *err)
{
    const struct llmx_model *model = work->model;
    const struct config *c = &model->config;
    const struct layer *layer = &model->layers[0]; /* all layers are alike */
    const struct transposed_layer *turned = &work->transposed->layers[0];
    int head = widest(&model->head, 0), input = larger(c->hidden, larger(work->q, c->ffn));
    int panel = widest(&layer->qkv, widest(&layer->output, widest(&layer->down, head)));
    panel = widest(&layer->gate_up, widest(&turned->down, widest(&turned->output, panel)));
    panel = larger(panel, c->hidden);
    size_t f32 = sizeof(float), element = dtype_block_bytes(work->type);
    if (product_worker_create(&lane->worker, model->products, err) != 0 ||
        product_worker_create(&lane->back_worker, work->transposed->products, err) != 0 ||
        (work->attention && attention_tiles_create(&lane->attention, work->attention, c->head_dim,
                                                   work->tokens_max, err) != 0))
        return -1;
    lane->narrow =
        tile_rows(larger(larger(2 * c->ffn, work->qkv), larger(input, head)), element, err);
    lane->hidden = tile_rows(c->hidden, f32, err);
    lane->hidden_ready = tile_rows(c->hidden, element, err);
    lane->panel = tile_rows(panel, f32, err);
    lane->input = tile_rows(c->hidden, f32, err);
    lane->units = tile_rows(c->ffn, f32, err);
    lane->dunits = tile_rows(larger(c->ffn, work->q), f32, err);
    lane->wide = tile_rows(2 * c->ffn, f32, err);
    lane->dinput = tile_rows(c->hidden, f32, err);
    lane->masked = tile_rows(input, f32, err);
    lane->du = tile_rows(work->width, f32, err);
    return lane->narrow && lane->hidden && lane->hidden_ready && lane->panel && lane->input &&
                   lane->units && lane->dunits && lane->wide && lane->dinput && lane->masked &&
                   lane->du
               ? 0
               : -1;
}

static void lane_release(struct tune_lane *lane)
{
    void *arrays[] = {lane->narrow, lane->hidden, lane->hidden_ready, lane->panel,  lane->input,
                      lane->units,  lane->dunits, lane->wide,         lane->dinput, lane->masked,
                      lane->du};
    product_worker_destroy(lane->worker);
    product_worker_destroy(lane->back_worker);
    attention_tiles_destroy(lane->attention);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

/* The low-rank pairs of all linear layers, should the adapter have them all. */
static int make_pairs(struct gradient_work *work, struct llmx_error *err)
{
    struct lora *all;
    const struct config *c = &work->model->config;
    size_t floats = 0;
    if (lora_create(&all, c, work->rank, (1u << LINEARS) - 1, err) != 0)
        return -1;
    work->layer_values_max = all->n / (size_t)c->layers;
    for (int i = 0; i < c->layers * LINEARS; i++)
        floats += low_rank_floats(all->pairs[i].in, all->pairs[i].out, work->rank);
    lora_destroy(all);
    work->pairs = mem_array((size_t)(c->layers * LINEARS), sizeof *work->pairs, err);
    work->pair_memory = mem_tensor(floats, sizeof *work->pair_memory, err);
    return work->pairs && work->pair_memory ? 0 : -1;
}

/* The most rows, up to STRETCH_ROWS, of which one layer can be kept within the limit. */
static int rows_within(struct gradient_work *work, size_t limit)
{
    int rows = STRETCH_ROWS;
    while (limit > 0 && rows > 1 && carve_stretch(work, NULL, rows, 1) > limit)
        rows--;
    return rows;
}

static int longest_of(const struct packed *batch)
{
    int longest = 0;
    for (int s = 0; s < batch->sequences; s++)
        longest = larger(longest, batch->start[s + 1] - batch->start[s]);
    return longest;
}

/* Memory for all layers of a usual stretch, as far as the limit allows, and for one of the batch's longest sequence. */
static int make_slab(struct gradient_work *work, const struct packed *batch, struct llmx_error *err)
{
    int longest = longest_of(batch);
    int usual = work->tokens_max < STRETCH_ROWS ? work->tokens_max : STRETCH_ROWS;
    size_t least = carve_stretch(work, NULL, longest, 1), limit = work->memory_bytes;
    if (limit > 0 && least > limit)
        return err_set(err, LLMX_TOO_LARGE,
                       "a sequence of %d tokens takes %zu MB to tune on; allow more memory, or "
                       "shorten it",
                       longest, (least >> 20) + 1);
    size_t wanted = carve_stretch(work, NULL, usual, work->model->config.layers);
    wanted = wanted > least ? wanted : least;
    wanted = limit > 0 && wanted > limit ? limit : wanted;
    if (wanted <= work->slab_bytes)
        return 0;
    free(work->slab);
    work->slab_bytes = 0;
    work->slab = mem_tensor(wanted, 1, err);
    if (!work->slab)
        return -1;
    work->slab_bytes = wanted;
    mem_advise_large_pages(work->slab, wanted);
    return 0;
}

static int work_fill(struct gradient_work *w, int threads, struct llmx_error *err)
{
    const struct config *c = &w->model->config;
    size_t tokens = (size_t)w->tokens_max;
    w->q = c->heads * c->head_dim;
    w->kv = c->kv_heads * c->head_dim;
    w->qkv = w->q + 2 * w->kv;
    w->width = low_rank_width(w->rank);
    w->threads = threads_create(threads, err);
    if (!w->threads || transposed_create(&w->transposed, w->model, w->type, w->threads, err) != 0 ||
        products_prepare(w->model->products, TILE, err) != 0 ||
        products_prepare(w->transposed->products, TILE, err) != 0 ||
        (w->type == DTYPE_BF16 && products_create(&w->attention, DTYPE_BF16, err) != 0) ||
        make_pairs(w, err) != 0)
        return -1;
    int n = threads_count(w->threads);
    w->barrier.size = n;
    w->lanes = mem_array((size_t)n, sizeof *w->lanes, err);
    w->kept = mem_array((size_t)c->layers, sizeof *w->kept, err);
    w->start = mem_array(tokens + 1, sizeof *w->start, err);
    w->wanted = mem_array(tokens, sizeof *w->wanted, err);
    w->learns = mem_array((size_t)tiles_of(w->tokens_max), sizeof *w->learns, err);
    w->logprob = mem_array(tokens, sizeof *w->logprob, err);
    w->best = mem_array(tokens, sizeof *w->best, err);
    if (!w->lanes || !w->kept || !w->start || !w->wanted || !w->learns || !w->logprob || !w->best)
        return -1;
    for (int i = 0; i < n; i++)
        if (lane_init(&w->lanes[i], w, err) != 0)
            return -1;
    w->stretch_rows = rows_within(w, w->memory_bytes);
    return 0;
}

/* A model in int8 has whole numbers forward alone. */
static enum dtype gradient_type(const struct llmx_model *model)
{
    if (model->weights != DTYPE_I8)
        return model->type;
    return cpu()->has_avx512_bf16 ? DTYPE_BF16 : DTYPE_F32;
}

int gradient_work_create(struct gradient_work **work, const struct llmx_model *model, int rank,
                         int tokens_max, size_t memory_bytes, int threads, struct llmx_error *err)
{
    assert(tokens_max > 0);
    struct gradient_work *w = mem_array(1, sizeof *w, err);
    if (!w)
        return -1;
    w->model = model;
    w->type = gradient_type(model);
    w->rank = rank;
    w->tokens_max = tokens_max;
    w->memory_bytes = memory_bytes;
    if (work_fill(w, threads, err) != 0) {
        gradient_work_destroy(w);
        return -1;
    }
    *work = w;
    return 0;
}

void gradient_work_destroy(struct gradient_work *w)
{
    if (!w)
        return;
    for (int i = 0; w->lanes && i < threads_count(w->threads); i++)
        lane_release(&w->lanes[i]);
    transposed_destroy(w->transposed);
    products_destroy(w->attention);
    threads_destroy(w->threads);
    free(w->lanes);
    free(w->kept);
    free(w->start);
    free(w->wanted);
    free(w->learns);
    free(w->logprob);
    free(w->best);
    free(w->pairs);
    free(w->pair_memory);
    free(w->slab);
    free(w);
}

/* ---- one stretch ---- */

/* The next whole sequences of the batch, from sequence *next on. */
static void plan_stretch(struct gradient_work *work, int *next)
{
    const struct packed *batch = work->batch;
    struct batch_stretch *s = &work->stretch;
    *s = (struct batch_stretch){.first = batch->start[*next]};
    do {
        work->start[s->n_segments++] = s->T;
        s->T = batch->start[++*next] - s->first;
    } while (*next < batch->sequences && batch->start[*next + 1] - s->first <= work->stretch_rows);
    work->start[s->n_segments] = s->T;
    s->n_tiles = tiles_of(s->T);
    memset(work->learns, 0, (size_t)s->n_tiles * sizeof *work->learns);
    for (int i = 0; i < s->n_segments; i++)
        for (int row = work->start[i]; row + 1 < work->start[i + 1]; row++)
            if (batch->weight[s->first + row + 1] > 0) {
                work->wanted[s->n_wanted++] = row;
                work->learns[row / TILE] = true;
            }
    int layers = work->model->config.layers;
    s->n_kept = work->gradient ? layers : 1;
    while (s->n_kept > 1 && carve_stretch(work, NULL, s->T, s->n_kept) > work->slab_bytes)
        s->n_kept--;
    carve_stretch(work, work->slab, s->T, s->n_kept);
}

/* Hands out n tasks to all threads, which meet at its end. */
static void phase(struct member *member, int n,
                  void (*task)(const struct member *member, int number))
{
    struct gradient_work *work = member->work;
    _Atomic int *next = work->next;
    if (member->thread == 0)
        next[(member->phase + 1) % 3] = 0; /* whose last use all have left behind */
    for (int i; (i = next[member->phase % 3]++) < n;)
        task(member, i);
    barrier_wait(&work->barrier);
    member->phase++;
}

static void embed_and_query(const struct member *member, int number)
{
    struct tune_tile tile = tile_of(member, number);
    tile_embed(&tile);
    tile_queries(&tile, 0);
}

static void attend(const struct member *member, int number)
{
    attention_task(member->work, member->lane, member->layer, number, false);
}

/* After the last layer only rows whose prediction is learnt are looked at. */
static bool is_last(const struct member *member)
{
    return member->layer + 1 == member->work->model->config.layers;
}

static void finish_layer(const struct member *member, int number)
{
    struct tune_tile tile = tile_of(member, number);
    if (!is_last(member) || member->work->learns[number])
        tile_rest(&tile, member->layer, false);
    if (!is_last(member))
        tile_queries(&tile, member->layer + 1);
    else
        memset(rows_at(member->work->dx, tile.row, member->work->model->config.hidden), 0,
               (size_t)(tile.rows * member->work->model->config.hidden) * sizeof(float));
}

static void lose(const struct member *member, int number)
{
    int first = number * TILE, left = member->work->stretch.n_wanted - first;
    head_rows(member->work, member->lane, first, left < TILE ? left : TILE);
}

/* Is this layer's `kept` lost to a later layer? */
static bool is_lost(const struct gradient_work *work, int layer)
{
    return layer < work->model->config.layers - work->stretch.n_kept;
}

/* From queries of the layer above to attention of this one; or to its queries once more, when they are lost. */
static void back_to_attention(const struct member *member, int number)
{
    struct tune_tile tile = tile_of(member, number);
    if (!is_last(member))
        tile_queries_back(&tile, member->layer + 1);
    if (is_lost(member->work, member->layer))
        tile_queries(&tile, member->layer);
    else if (is_last(member) && !member->work->learns[number])
        tile_nothing_back(&tile);
    else
        tile_feed_forward_back(&tile, member->layer);
}

static void again_and_back(const struct member *member, int number)
{
    struct tune_tile tile = tile_of(member, number);
    tile_rest(&tile, member->layer, true);
    tile_feed_forward_back(&tile, member->layer);
}

/* Adds the tiles' shares of one linear layer's gradient, in order. */
static void sum_tiles(const struct member *member, int layer, enum linear linear)
{
    struct gradient_work *work = member->work;
    const struct lora_pair *pair = lora_pair_of(work->lora, layer, linear);
    size_t in = (size_t)pair->in, out = (size_t)pair->out, rank = (size_t)pair->rank;
    size_t base = work->layer_values * (size_t)layer;
    float scale = lora_scale(work->lora);
    float *a = work->gradient + pair->a, *b = work->gradient + pair->b;
    for (int t = 0; t < work->stretch.n_tiles; t++) {
        const float *partial = work->partial + work->layer_values * (size_t)t;
        const float *da = partial + (pair->a - base), *db = partial + (pair->b - base);
        for (size_t i = 0; i < rank * in; i++)
            a[i] += da[i];
        for (size_t o = 0; o < out; o++)
            for (size_t r = 0; r < rank; r++)
                b[o * rank + r] += scale * db[r * out + o];
    }
}

/* Attention backward, and the sums of what the phase before it left: of this layer, and of queries above it. */
static void attend_back(const struct member *member, int number)
{
    struct gradient_work *work = member->work;
    int n = work->stretch.n_segments * work->model->config.kv_heads, linear = number - n;
    if (number < n)
        attention_task(work, member->lane, member->layer, number, true);
    else if (linear >= LINEAR_O)
        sum_tiles(member, member->layer, (enum linear)linear);
    else if (!is_last(member))
        sum_tiles(member, member->layer + 1, (enum linear)linear);
}

static void finish(const struct member *member, int number)
{
    struct tune_tile tile = tile_of(member, number);
    tile_queries_back(&tile, 0);
}

static void sum_first(const struct member *member, int number)
{
    sum_tiles(member, 0, (enum linear)number);
}

static void run_stretch(struct member *member)
{
    struct gradient_work *work = member->work;
    const struct batch_stretch *s = &work->stretch;
    int layers = work->model->config.layers, heads = s->n_segments * work->model->config.kv_heads;
    phase(member, s->n_tiles, embed_and_query);
    for (member->layer = 0; member->layer < layers; member->layer++) {
        phase(member, heads, attend);
        phase(member, s->n_tiles, finish_layer);
    }
    phase(member, tiles_of(s->n_wanted), lose);
    if (!work->gradient)
        return;
    for (member->layer = layers - 1; member->layer >= 0; member->layer--) {
        phase(member, s->n_tiles, back_to_attention);
        if (is_lost(work, member->layer)) {
            phase(member, heads, attend);
            phase(member, s->n_tiles, again_and_back);
        }
        phase(member, heads + LINEARS, attend_back);
    }
    phase(member, s->n_tiles, finish);
    phase(member, LINEAR_V + 1, sum_first);
}

static void run(void *context, int thread)
{
    struct gradient_work *work = context;
    struct member member = {work, &work->lanes[thread], thread, 0, 0};
    for (int next = 0; next < work->batch->sequences;) {
        if (thread == 0)
            plan_stretch(work, &work->next_sequence);
        barrier_wait(&work->barrier);
        next = work->next_sequence;
        if (work->stretch.n_wanted > 0)
            run_stretch(&member);
        barrier_wait(&work->barrier);
    }
}

/* ---- a batch ---- */

static void pack_pair(void *context, size_t number, int thread)
{
    struct gradient_work *work = context;
    (void)thread;
    if (work->pairs[number].rank > 0)
        low_rank_pack(&work->pairs[number], work->lora, &work->lora->pairs[number]);
}

static void place_pairs(struct gradient_work *work)
{
    float *at = work->pair_memory;
    for (int i = 0; i < work->model->config.layers * LINEARS; i++) {
        const struct lora_pair *pair = &work->lora->pairs[i];
        low_rank_place(&work->pairs[i], at, pair);
        at += low_rank_floats(pair->in, pair->out, pair->rank);
    }
}

static int check_batch(const struct gradient_work *work, const struct lora *lora,
                       const struct packed *batch, struct llmx_error *err)
{
    if (batch->tokens > work->tokens_max)
        return err_set(err, LLMX_TOO_LARGE, "a batch of %d tokens, where at most %d were prepared",
                       batch->tokens, work->tokens_max);
    if (lora->rank != work->rank || lora->layers != work->model->config.layers)
        return err_set(err, LLMX_MISMATCH,
                       "an adapter of rank %d with %d layers, where rank %d with %d was prepared",
                       lora->rank, lora->layers, work->rank, work->model->config.layers);
    return 0;
}

int gradient_compute(struct gradient_work *work, const struct lora *lora,
                     const struct packed *batch, float *gradient, double *loss, float *logprob,
                     unsigned char *best, struct llmx_error *err)
{
    if (check_batch(work, lora, batch, err) != 0 || make_slab(work, batch, err) != 0)
        return -1;
    size_t tokens = (size_t)batch->tokens;
    work->lora = lora;
    work->batch = batch;
    work->gradient = gradient;
    work->layer_values = lora->n / (size_t)lora->layers;
    work->next_sequence = 0;
    if (gradient)
        memset(gradient, 0, lora->n * sizeof *gradient);
    memset(work->logprob, 0, tokens * sizeof *work->logprob);
    memset(work->best, 0, tokens);
    place_pairs(work);
    threads_for(work->threads, (size_t)(lora->layers * LINEARS), pack_pair, work);
    work->next[0] = work->next[1] = work->next[2] = 0;
    threads_run(work->threads, run, work);
    *loss = 0;
    for (size_t t = 0; t < tokens; t++)
        *loss -= (double)batch->weight[t] * work->logprob[t];
    if (logprob)
        memcpy(logprob, work->logprob, tokens * sizeof *logprob);
    if (best)
        memcpy(best, work->best, tokens);
    return 0;
}
