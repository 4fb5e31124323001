#include "recommend/lightgcn.h"

#include "base/memory.h"
#include "base/rng.h"
#include "recommend/adam.h"
#include "recommend/additive.h"
#include "recommend/cosines.h"
#include "recommend/factors.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 4 /* batches made at once, each by one thread */

struct lightgcn {
    llmx_id users, items;
    int dim, layers;
    double l2, learning_rate;
    float *base;       /* (users + items, dim) E(0), what is learnt */
    float *final;      /* (users + items, dim) */
    float *message;    /* (items, dim) what an item sends to its users, see lightgcn.h */
    float *item_scale; /* (items) 1 / sqrt(degree) */
    struct lightgcn_training *training;
};

struct lightgcn_training {
    struct lightgcn_graph graph;
    struct sampler *sampler;
    struct batch window[WINDOW];
    int batch_size;
    int64_t step;
    float *row, *first, *second; /* (nodes, dim) E(0) as it moves, and Adam's moments */
    float *gradient, *hidden;    /* (nodes, dim) */
    float *touches;              /* (nodes) */
    float *slope, *loss;         /* (batch) */
    double *block_loss;          /* (graph.n_blocks) what the regularisation adds */
};

static size_t node_floats(const struct lightgcn *m)
{
    return ((size_t)m->users + (size_t)m->items) * (size_t)m->dim;
}

static void training_destroy(struct lightgcn_training *t)
{
    if (!t)
        return;
    lightgcn_graph_release(&t->graph);
    sampler_destroy(t->sampler);
    for (int i = 0; i < WINDOW; i++)
        batch_release(&t->window[i]);
    free(t->row);
    free(t->first);
    free(t->second);
    free(t->gradient);
    free(t->hidden);
    free(t->touches);
    free(t->slope);
    free(t->loss);
    free(t->block_loss);
    free(t);
}

static void lightgcn_destroy(void *model)
{
    struct lightgcn *m = model;
    if (!m)
        return;
    training_destroy(m->training);
    free(m->base);
    free(m->final);
    free(m->message);
    free(m->item_scale);
    free(m);
}

static int lightgcn_create(void **model, llmx_id users, llmx_id items,
                           const struct llmx_train_options *options, struct llmx_error *err)
{
    struct lightgcn *m = mem_array(1, sizeof *m, err);
    if (!m)
        return -1;
    *m = (struct lightgcn){.users = users,
                           .items = items,
                           .dim = options->dim,
                           .layers = options->layers,
                           .l2 = options->l2,
                           .learning_rate = options->learning_rate};
    m->base = mem_array(node_floats(m), sizeof *m->base, err);
    m->final = mem_array(node_floats(m), sizeof *m->final, err);
    m->message = mem_array((size_t)items * (size_t)m->dim, sizeof *m->message, err);
    m->item_scale = mem_array((size_t)items, sizeof *m->item_scale, err);
    if (m->base && m->final && m->message && m->item_scale) {
        *model = m;
        return 0;
    }
    lightgcn_destroy(m);
    return -1;
}

/* The users' and the items' part of a table of nodes. */
static int put_table(const struct lightgcn *m, struct model_array *arrays, const char *user_name,
                     const char *item_name, float *table, bool is_training)
{
    const uint64_t users = (uint64_t)m->users, items = (uint64_t)m->items, dim = (uint64_t)m->dim;
    arrays[0] =
        (struct model_array){user_name, DTYPE_F32, 2, {users, dim}, table, is_training, ROWS_USERS};
    arrays[1] = (struct model_array){item_name,           DTYPE_F32,   2,         {items, dim},
                                     table + users * dim, is_training, ROWS_ITEMS};
    return 2;
}

static int lightgcn_arrays(void *model, struct model_array *arrays)
{
    struct lightgcn *m = model;
    struct lightgcn_training *t = m->training;
    const uint64_t items = (uint64_t)m->items, dim = (uint64_t)m->dim;
    int n = put_table(m, arrays, "user_base", "item_base", m->base, false);
    n += put_table(m, arrays + n, "user_embedding", "item_embedding", m->final, false);
    arrays[n++] = (struct model_array){"item_message", DTYPE_F32, 2,         {items, dim},
                                       m->message,     false,     ROWS_ITEMS};
    arrays[n++] =
        (struct model_array){"item_scale", DTYPE_F32, 1, {items}, m->item_scale, false, ROWS_ITEMS};
    if (!t)
        return n;
    n += put_table(m, arrays + n, "user_row", "item_row", t->row, true);
    n += put_table(m, arrays + n, "user_moment1", "item_moment1", t->first, true);
    n += put_table(m, arrays + n, "user_moment2", "item_moment2", t->second, true);
    arrays[n++] = (struct model_array){"step", DTYPE_I64, 1, {1}, &t->step, true, ROWS_OTHER};
    return n;
}

/* Xavier's uniform (Glorot & Bengio 2010), as RecBole; row by row, so that a row's start is its own. */
static void initialise(float *table, llmx_id rows, int dim, uint64_t seed, uint64_t first_stream)
{
    const double bound = sqrt(6.0 / ((double)rows + dim));
    for (llmx_id r = 0; r < rows; r++) {
        struct rng rng = rng_stream(seed, RNG_INIT, first_stream + (uint64_t)r);
        for (int i = 0; i < dim; i++)
            table[(size_t)r * (size_t)dim + (size_t)i] =
                (float)(bound * (2 * rng_uniform(&rng) - 1));
    }
}

static int training_create(struct lightgcn *m, const struct llmx_data *data,
                           const struct llmx_train_options *options, struct llmx_error *err)
{
    struct lightgcn_training *t = m->training = mem_array(1, sizeof *t, err);
    struct incidence *incidence;
    const size_t n = node_floats(m);
    if (!t || incidence_create(&incidence, data, err) != 0 ||
        lightgcn_graph_create(&t->graph, incidence, m->dim, m->layers, err) != 0 ||
        sampler_create(&t->sampler, data, options->seed, err) != 0)
        return -1;
    t->batch_size = sampler_batch_size(t->sampler, options->batch, options->steps);
    for (int i = 0; i < WINDOW; i++)
        if (batch_create(&t->window[i], t->batch_size, err) != 0)
            return -1;
    t->row = mem_tensor(n, sizeof *t->row, err);
    t->first = mem_array(n, sizeof *t->first, err);
    t->second = mem_array(n, sizeof *t->second, err);
    t->gradient = mem_tensor(n, sizeof *t->gradient, err);
    t->hidden = mem_tensor(n, sizeof *t->hidden, err);
    t->touches = mem_array((size_t)m->users + (size_t)m->items, sizeof *t->touches, err);
    t->slope = mem_tensor((size_t)t->batch_size, sizeof *t->slope, err);
    t->loss = mem_tensor((size_t)t->batch_size, sizeof *t->loss, err);
    t->block_loss = mem_array(t->graph.n_blocks, sizeof *t->block_loss, err);
    return t->row && t->first && t->second && t->gradient && t->hidden && t->touches && t->slope &&
                   t->loss && t->block_loss
               ? 0
               : -1;
}

static int lightgcn_begin(void *model, const struct llmx_data *data,
                          const struct llmx_train_options *options, struct threads *pool,
                          struct llmx_error *err)
{
    struct lightgcn *m = model;
    (void)pool;
    if (training_create(m, data, options, err) != 0)
        return -1;
    struct lightgcn_training *t = m->training;
    initialise(t->row, m->users, m->dim, options->seed, 0);
    initialise(t->row + (size_t)m->users * (size_t)m->dim, m->items, m->dim, options->seed,
               (uint64_t)1 << 32);
    memcpy(m->base, t->row, node_floats(m) * sizeof *m->base);
    memcpy(m->item_scale, t->graph.scale + m->users, (size_t)m->items * sizeof *m->item_scale);
    return 0;
}

static void lightgcn_warm(void *model)
{
    struct lightgcn *m = model;
    memcpy(m->training->row, m->base, node_floats(m) * sizeof *m->base);
    memcpy(m->item_scale, m->training->graph.scale + m->users,
           (size_t)m->items * sizeof *m->item_scale);
}

/* ---- learning ---- */

struct lightgcn_window {
    const struct lightgcn *model;
    uint64_t epoch;
    size_t first; /* triple at which the window begins */
};

static void make_batch(void *context, size_t number, int thread)
{
    const struct lightgcn_window *job = context;
    struct lightgcn_training *t = job->model->training;
    const size_t first = job->first + number * (size_t)t->batch_size, left = t->sampler->n - first;
    (void)thread;
    sampler_batch(t->sampler, job->epoch, first,
                  left < (size_t)t->batch_size ? (int)left : t->batch_size, &t->window[number]);
}

struct update {
    const struct lightgcn *model;
    const struct lightgcn_step *step;
    struct adam adam;
};

/* Rows of E(0) move as soon as their gradient, in the rows of `final`, is there. */
static void move_rows(void *context, size_t block, llmx_id first, llmx_id last)
{
    const struct update *u = context;
    const struct lightgcn *m = u->model;
    const struct lightgcn_training *t = m->training;
    const size_t at = (size_t)first * (size_t)m->dim;
    float *gradient = m->final + at;
    t->block_loss[block] = lightgcn_regularise(u->step, t->row, m->l2, m->final, first, last);
    adam_move(&u->adam, (struct adam_table){t->row + at, t->first + at, t->second + at}, &gradient,
              1, 0, (last - first) * m->dim);
}

/* Returns the batch's loss. */
static double learn_batch(struct lightgcn *m, const struct batch *batch, struct threads *pool)
{
    struct lightgcn_training *t = m->training;
    lightgcn_propagate(&t->graph, m->final, t->hidden, t->row, NULL, pool);
    const struct lightgcn_step step = {.batch = batch,
                                       .final = m->final,
                                       .gradient = t->gradient,
                                       .touches = t->touches,
                                       .users = m->users,
                                       .items = m->items,
                                       .dim = m->dim,
                                       .slope = t->slope,
                                       .loss = t->loss};
    double loss = lightgcn_gradient(&step, pool);
    struct update update = {m, &step, adam_at(m->learning_rate, (uint64_t)++t->step)};
    /* A is symmetric: back by the same function, into what is not needed any more */
    lightgcn_propagate(&t->graph, m->final, t->hidden, t->gradient,
                       &(struct lightgcn_then){move_rows, &update}, pool);
    for (size_t b = 0; b < t->graph.n_blocks; b++)
        loss += t->block_loss[b];
    return loss;
}

/* What is kept and served, from E(0) as it stands. */
static void keep(struct lightgcn *m, struct threads *pool)
{
    struct lightgcn_training *t = m->training;
    const size_t users = (size_t)m->users * (size_t)m->dim,
                 items = (size_t)m->items * (size_t)m->dim;
    const float share = 1 / (float)(m->layers + 1);
    memcpy(m->base, t->row, node_floats(m) * sizeof *m->base);
    lightgcn_propagate(&t->graph, m->final, t->hidden, m->base, NULL, pool);
    const float *but_last = m->layers > 1 ? t->hidden : m->base; /* E(0) + ... + E(L-1) */
    for (size_t i = 0; i < items; i++)
        m->message[i] = share * but_last[users + i];
}

static int lightgcn_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                          struct llmx_error *err)
{
    struct lightgcn *m = model;
    struct lightgcn_training *t = m->training;
    const size_t triples = t->sampler->n, size = (size_t)t->batch_size,
                 batches = (triples + size - 1) / size;
    struct lightgcn_window job = {.model = m, .epoch = (uint64_t)epoch};
    (void)err;
    *result = (struct epoch_result){.examples = triples};
    for (size_t b = 0; b < batches; b += WINDOW) {
        const size_t n = batches - b < WINDOW ? batches - b : WINDOW;
        job.first = b * size;
        threads_for(pool, n, make_batch, &job);
        for (size_t i = 0; i < n; i++)
            result->loss += learn_batch(m, &t->window[i], pool) * t->window[i].n / (double)triples;
    }
    keep(m, pool);
    return 0;
}

/* ---- serving ---- */

/* The final row of a person by history: what their items send them, and a user's own E(0). (That of somebody new is
 * zero.) */
static void fold_in(const struct lightgcn *m, const struct llmx_person *person, float *row)
{
    const size_t dim = (size_t)m->dim;
    int n = 0;
    memset(row, 0, dim * sizeof *row);
    for (int j = 0; j < person->n; j++) {
        const llmx_id item = person->history[j];
        if (is_repeated(person, j))
            continue;
        cblas_saxpy(m->dim, m->item_scale[item], m->message + (size_t)item * dim, 1, row, 1);
        n++;
    }
    if (n)
        cblas_sscal(m->dim, 1 / sqrtf((float)n), row, 1);
    if (person->user >= 0)
        cblas_saxpy(m->dim, 1 / (float)(m->layers + 1), m->base + (size_t)person->user * dim, 1,
                    row, 1);
}

static int lightgcn_person_rows(const void *model, const struct llmx_person *people, int n,
                                float *rows, struct llmx_error *err)
{
    const struct lightgcn *m = model;
    const size_t dim = (size_t)m->dim;
    (void)err;
    for (int i = 0; i < n; i++)
        if (people[i].user >= 0 && people[i].as_of == LLMX_AS_OF_TRAIN)
            memcpy(rows + (size_t)i * dim, m->final + (size_t)people[i].user * dim,
                   dim * sizeof *rows);
        else
            fold_in(m, &people[i], rows + (size_t)i * dim);
    return 0;
}

static const float *lightgcn_item_rows(const void *model, int *dim)
{
    const struct lightgcn *m = model;
    *dim = m->dim;
    return m->final + (size_t)m->users * (size_t)m->dim;
}

static int lightgcn_score(const void *model, const struct llmx_person *people, int n, float *scores,
                          struct llmx_error *err)
{
    const struct lightgcn *m = model;
    return factors_score(model, lightgcn_person_rows, m->final + (size_t)m->users * (size_t)m->dim,
                         m->items, m->dim, people, n, scores, err);
}

/* The final row of a user is E(0)_u / (L + 1) + the sum over their items i of message_i / sqrt(n_u n_i): a score is a sum
 * over the history, and a rest that the user's own E(0) carries and no history item does. */
static int lightgcn_evidence(const void *model, const struct llmx_person *person,
                             const llmx_id *items, int k, float *contributions,
                             struct llmx_error *err)
{
    const struct lightgcn *m = model;
    const size_t dim = (size_t)m->dim;
    int n = 0;
    (void)err;
    for (int j = 0; j < person->n; j++)
        n += !is_repeated(person, j);
    for (int j = 0; j < person->n; j++) {
        const llmx_id from = person->history[j];
        const float scale = is_repeated(person, j) ? 0 : m->item_scale[from] / sqrtf((float)n);
        for (int i = 0; i < k; i++)
            contributions[(size_t)i * (size_t)person->n + (size_t)j] =
                scale * cblas_sdot(m->dim, m->message + (size_t)from * dim, 1,
                                   m->final + ((size_t)m->users + (size_t)items[i]) * dim, 1);
    }
    return 0;
}

static int lightgcn_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err)
{
    const struct lightgcn *m = model;
    (void)err;
    cosines(scores, m->final + (size_t)m->users * (size_t)m->dim, m->items, m->dim, item);
    return 0;
}

static const struct model_setting settings[] = {{"dim", "64"},        {"layers", "2"},
                                                {"epochs", "300"},    {"batch", "2048"},
                                                {"steps", "64"},      {"learning_rate", "0.002"},
                                                {"l2", "0.0001"},     {"patience", "50"},
                                                {"min_epochs", "50"}, {NULL, NULL}};

const struct recommender recommender_lightgcn = {
    .name = "lightgcn",
    .summary = "embeddings that flow along the graph of who took what (LightGCN), exact evidence",
    .settings = settings,
    .create = lightgcn_create,
    .destroy = lightgcn_destroy,
    .arrays = lightgcn_arrays,
    .begin = lightgcn_begin,
    .epoch = lightgcn_epoch,
    .warm = lightgcn_warm,
    .score = lightgcn_score,
    .person_rows = lightgcn_person_rows,
    .item_rows = lightgcn_item_rows,
    .evidence = lightgcn_evidence,
    .similar = lightgcn_similar,
};
