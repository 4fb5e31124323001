#include "recommend/sequence.h"

#include "base/err.h"
#include "base/memory.h"
#include "base/rng.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHTS_UNIT                                                                               \
    16 /* their number is made up to a multiple, so that all of them move by vectors */

size_t block_floats(const struct weight_block *block)
{
    size_t n = 1;
    for (int d = 0; d < block->n_dims; d++)
        n *= block->dims[d];
    return n;
}

static size_t all_floats(const struct weight_block *blocks, int n)
{
    size_t floats = 0;
    for (int i = 0; i < n; i++)
        floats += block_floats(&blocks[i]);
    return (floats + WEIGHTS_UNIT - 1) / WEIGHTS_UNIT * WEIGHTS_UNIT;
}

static float *zeros(size_t n, struct llmx_error *err)
{
    float *p = mem_tensor(n, sizeof *p, err);
    if (p)
        memset(p, 0, n * sizeof *p);
    return p;
}

static size_t item_floats(const struct sequence_model *model)
{
    return (size_t)model->items * (size_t)model->options.dim;
}

static int pack_rows(const struct llmx_train_options *options)
{
    return options->max_length > PACK_ROWS ? options->max_length : PACK_ROWS;
}

int sequence_create(void **model, const struct sequence_encoder *encoder, llmx_id items,
                    const struct llmx_train_options *options, struct llmx_error *err)
{
    if (encoder->check(options, err) != 0)
        return -1;
    if (encoder->work_floats(options, pack_rows(options)) > INT_MAX)
        return err_set(err, LLMX_BAD_OPTION,
                       "a history of %d items does not fit into one pass; lower --max-length, "
                       "--dim or --inner",
                       options->max_length);
    struct sequence_model *m = mem_array(1, sizeof *m, err);
    if (!m)
        return -1;
    *m = (struct sequence_model){.encoder = encoder, .options = *options, .items = items};
    m->options.norm = options->norm && strcmp(options->norm, "pre") == 0 ? "pre" : "post";
    m->n_blocks = encoder->blocks(options, items, m->blocks, &m->deviation);
    m->n_weights = all_floats(m->blocks, m->n_blocks);
    m->item = zeros(item_floats(m), err);
    m->weights = zeros(m->n_weights, err);
    *model = m;
    if (m->item && m->weights)
        return 0;
    sequence_destroy(m);
    *model = NULL;
    return -1;
}

double sequence_bytes(const struct llmx_data *data, const struct sequence_encoder *encoder,
                      const struct llmx_train_options *options)
{
    struct weight_block blocks[BLOCKS_MAX];
    double deviation;
    const llmx_id items = llmx_data_items(data);
    const int threads = threads_meant(options->threads, NULL);
    const int n = encoder->blocks(options, items, blocks, &deviation);
    const double weights =
        (double)items * options->dim + (double)all_floats(blocks, n); /* kept twice, Adam's three */
    const double scores = strcmp(options->loss, "ce") == 0 ? items : options->negatives;
    const double thread = (double)encoder->work_floats(options, pack_rows(options)) +
                          3.0 * pack_rows(options) * options->dim + LOSS_ROWS * scores;
    return sizeof(float) * (weights * (5 + SHARES) + thread * threads);
}

static void scratch_release(struct sequence_scratch *s)
{
    free(s->work);
    free(s->state);
    free(s->dstate);
    free(s->drow);
    free(s->item);
    free(s->target);
    free(s->start);
    free(s->learnt);
    free(s->row);
    free(s->negative);
    loss_scratch_release(&s->loss);
}

static void training_destroy(struct sequence_training *t)
{
    if (!t)
        return;
    windows_release(&t->windows);
    adam_table_release(&t->item);
    adam_table_release(&t->weights);
    for (int i = 0; i < SHARES; i++) {
        free(t->share[i].item);
        free(t->share[i].weights);
        free(t->share[i].touched);
    }
    for (int i = 0; t->scratch && i < t->threads; i++)
        scratch_release(&t->scratch[i]);
    free(t->scratch);
    free(t);
}

void sequence_destroy(void *model)
{
    struct sequence_model *m = model;
    if (!m)
        return;
    training_destroy(m->training);
    free(m->item);
    free(m->weights);
    free(m);
}

static struct model_array training_array(const char *name, float *data, uint64_t n, uint64_t dim)
{
    return (struct model_array){
        name, DTYPE_F32, dim ? 2 : 1, {n, dim}, data, true, dim ? ROWS_ITEMS : ROWS_OTHER};
}

int sequence_arrays(void *model, struct model_array *arrays)
{
    struct sequence_model *m = model;
    struct sequence_training *t = m->training;
    const uint64_t items = (uint64_t)m->items, dim = (uint64_t)m->options.dim;
    float *at = m->weights;
    int n = 0;
    arrays[n++] = (struct model_array){"item_embedding", DTYPE_F32, 2,         {items, dim},
                                       m->item,          false,     ROWS_ITEMS};
    for (int i = 0; i < m->n_blocks; i++) {
        const struct weight_block *b = &m->blocks[i];
        arrays[n++] = (struct model_array){b->name, DTYPE_F32, b->n_dims, {b->dims[0], b->dims[1]},
                                           at,      false,     ROWS_OTHER};
        at += block_floats(b);
    }
    if (!t)
        return n;
    arrays[n++] = training_array("item_row", t->item.row, items, dim);
    arrays[n++] = training_array("item_moment1", t->item.first, items, dim);
    arrays[n++] = training_array("item_moment2", t->item.second, items, dim);
    arrays[n++] = training_array("weights", t->weights.row, m->n_weights, 0);
    arrays[n++] = training_array("moment1", t->weights.first, m->n_weights, 0);
    arrays[n++] = training_array("moment2", t->weights.second, m->n_weights, 0);
    arrays[n++] = (struct model_array){"step", DTYPE_I64, 1, {1}, &t->step, true, ROWS_OTHER};
    return n;
}

static void fill(float *values, size_t n, const struct weight_block *block, uint64_t seed,
                 uint64_t stream)
{
    struct rng rng = rng_stream(seed, RNG_INIT, stream);
    for (size_t i = 0; i < n; i++) {
        double x = block->value;
        if (block->start == START_NORMAL)
            x *= rng_normal(&rng);
        else if (block->start == START_UNIFORM)
            x *= 2 * rng_uniform(&rng) - 1;
        values[i] = (float)x;
    }
}

static int table_create(struct adam_table *table, size_t n, struct llmx_error *err)
{
    table->row = zeros(n, err);
    table->first = zeros(n, err);
    table->second = zeros(n, err);
    return table->row && table->first && table->second ? 0 : -1;
}

static int scratch_create(struct sequence_scratch *s, const struct sequence_model *m,
                          struct llmx_error *err)
{
    const struct sequence_training *t = m->training;
    const size_t rows = (size_t)t->rows, wide = rows * (size_t)m->options.dim;
    s->work = mem_tensor(m->encoder->work_floats(&m->options, t->rows), sizeof(float), err);
    s->state = mem_tensor(wide, sizeof(float), err);
    s->dstate = mem_tensor(wide, sizeof(float), err);
    s->drow = mem_tensor(wide, sizeof(float), err);
    s->item = mem_array(rows, sizeof *s->item, err);
    s->target = mem_array(rows, sizeof *s->target, err);
    s->start = mem_array(rows + 1, sizeof *s->start, err);
    s->learnt = mem_array(rows + 1, sizeof *s->learnt, err);
    s->row = mem_array(rows, sizeof *s->row, err);
    s->negative = mem_array((size_t)m->options.negatives, sizeof *s->negative, err);
    if (!s->work || !s->state || !s->dstate || !s->drow || !s->item || !s->target || !s->start ||
        !s->learnt || !s->row || !s->negative)
        return -1;
    return loss_scratch_create(&s->loss, &t->loss, err);
}

static int share_create(struct batch_share *share, const struct sequence_model *m,
                        struct llmx_error *err)
{
    share->item = zeros(item_floats(m), err);
    share->weights = zeros(m->n_weights, err);
    share->touched = mem_array((size_t)m->items, 1, err);
    return share->item && share->weights && share->touched ? 0 : -1;
}

/* An item's row begins as itself, whatever rows there are beside it. */
static void initialise(struct sequence_model *m)
{
    struct sequence_training *t = m->training;
    const struct weight_block rows = {.start = START_NORMAL, .value = m->deviation};
    const size_t dim = (size_t)m->options.dim;
    float *at = t->weights.row;
    for (llmx_id i = 0; i < m->items; i++)
        fill(t->item.row + (size_t)i * dim, dim, &rows, m->options.seed, (uint64_t)i);
    for (int i = 0; i < m->n_blocks; i++) {
        const size_t n = block_floats(&m->blocks[i]);
        fill(at, n, &m->blocks[i], m->options.seed, (uint64_t)1 << 32 | (uint64_t)i);
        at += n;
    }
}

int sequence_begin(void *model, const struct llmx_data *data,
                   const struct llmx_train_options *options, struct threads *pool,
                   struct llmx_error *err)
{
    struct sequence_model *m = model;
    struct sequence_training *t = m->training = mem_array(1, sizeof *t, err);
    if (!t || windows_create(&t->windows, data, options->max_length, err) != 0)
        return -1;
    t->loss = (struct item_loss){.kind = loss_kind(options->loss),
                                 .dim = options->dim,
                                 .items = m->items,
                                 .negatives = options->negatives,
                                 .calibration = options->calibration};
    t->rows = pack_rows(options);
    t->threads = threads_count(pool);
    t->scratch = mem_array((size_t)t->threads, sizeof *t->scratch, err);
    if (!t->scratch || table_create(&t->item, item_floats(m), err) != 0 ||
        table_create(&t->weights, m->n_weights, err) != 0)
        return -1;
    for (int i = 0; i < t->threads; i++)
        if (scratch_create(&t->scratch[i], m, err) != 0)
            return -1;
    for (int i = 0; i < SHARES; i++)
        if (share_create(&t->share[i], m, err) != 0)
            return -1;
    initialise(m);
    memcpy(m->item, t->item.row, item_floats(m) * sizeof *m->item);
    memcpy(m->weights, t->weights.row, m->n_weights * sizeof *m->weights);
    return 0;
}

void sequence_warm(void *model)
{
    struct sequence_model *m = model;
    struct sequence_training *t = m->training;
    memcpy(t->item.row, m->item, item_floats(m) * sizeof *m->item);
    memcpy(t->weights.row, m->weights, m->n_weights * sizeof *m->weights);
}
