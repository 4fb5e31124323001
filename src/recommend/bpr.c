#include "recommend/bpr.h"

#include "base/memory.h"
#include "recommend/cosines.h"
#include "recommend/factors.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 16 /* batches made ahead: threads seldom wait for each other meanwhile */
/* What a row by itself costs, its Adam above all, in triples of a user and in touches of an item. */
#define USER_ROW_WORK 2
#define ITEM_ROW_WORK 6
/* The embeddings that are kept are a running mean of the rows over about this many epochs: half the noise of one
 * epoch's rows, in what they rank and in what validation says of them (docs/recommenders.md). */
#define MEAN_EPOCHS 10

/* What is needed only while learning. */
struct bpr_training {
    double learning_rate;
    int batch;
    struct sampler *sampler;
    struct adam_table user, item;
    int64_t step; /* Adam's, over all epochs */
    struct batch window[WINDOW];
    float *old_user, *slope, *loss; /* of bpr_step */
    float *scratch;                 /* (threads, dim rounded up to a cache line) */
    double window_loss[WINDOW];
    bpr_pass *users_pass, *items_pass;
};

static void training_destroy(struct bpr_training *t)
{
    if (!t)
        return;
    sampler_destroy(t->sampler);
    adam_table_release(&t->user);
    adam_table_release(&t->item);
    for (int i = 0; i < WINDOW; i++)
        batch_release(&t->window[i]);
    free(t->old_user);
    free(t->slope);
    free(t->loss);
    free(t->scratch);
    free(t);
}

static void bpr_destroy(void *model)
{
    struct bpr *bpr = model;
    if (!bpr)
        return;
    training_destroy(bpr->training);
    free(bpr->user);
    free(bpr->item);
    free(bpr);
}

static int bpr_create(void **model, llmx_id users, llmx_id items,
                      const struct llmx_train_options *options, struct llmx_error *err)
{
    struct bpr *bpr = mem_array(1, sizeof *bpr, err);
    if (!bpr)
        return -1;
    *bpr =
        (struct bpr){.users = users, .items = items, .dim = options->dim, .l2 = (float)options->l2};
    bpr->user = mem_tensor((size_t)users * (size_t)bpr->dim, sizeof(float), err);
    bpr->item = mem_tensor((size_t)items * (size_t)bpr->dim, sizeof(float), err);
    if (bpr->user && bpr->item) {
        *model = bpr;
        return 0;
    }
    bpr_destroy(bpr);
    return -1;
}

static int bpr_arrays(void *model, struct model_array *arrays)
{
    struct bpr *bpr = model;
    struct bpr_training *t = bpr->training;
    const uint64_t users = (uint64_t)bpr->users, items = (uint64_t)bpr->items,
                   dim = (uint64_t)bpr->dim;
    int n = 0;
    arrays[n++] = (struct model_array){"user_embedding", DTYPE_F32, 2,         {users, dim},
                                       bpr->user,        false,     ROWS_USERS};
    arrays[n++] = (struct model_array){"item_embedding", DTYPE_F32, 2,         {items, dim},
                                       bpr->item,        false,     ROWS_ITEMS};
    if (!t)
        return n;
    arrays[n++] =
        (struct model_array){"user_row", DTYPE_F32, 2, {users, dim}, t->user.row, true, ROWS_USERS};
    arrays[n++] = (struct model_array){"user_moment1", DTYPE_F32, 2,         {users, dim},
                                       t->user.first,  true,      ROWS_USERS};
    arrays[n++] = (struct model_array){"user_moment2", DTYPE_F32, 2,         {users, dim},
                                       t->user.second, true,      ROWS_USERS};
    arrays[n++] =
        (struct model_array){"item_row", DTYPE_F32, 2, {items, dim}, t->item.row, true, ROWS_ITEMS};
    arrays[n++] = (struct model_array){"item_moment1", DTYPE_F32, 2,         {items, dim},
                                       t->item.first,  true,      ROWS_ITEMS};
    arrays[n++] = (struct model_array){"item_moment2", DTYPE_F32, 2,         {items, dim},
                                       t->item.second, true,      ROWS_ITEMS};
    arrays[n++] = (struct model_array){"step", DTYPE_I64, 1, {1}, &t->step, true, ROWS_OTHER};
    return n;
}

/* Xavier's normal (Glorot & Bengio 2010), as RecBole; row by row, so that a row's start is its own. */
static void initialise(float *table, llmx_id rows, int dim, uint64_t seed, uint64_t first_stream)
{
    const double scale = sqrt(2.0 / ((double)rows + dim));
    for (llmx_id r = 0; r < rows; r++) {
        struct rng rng = rng_stream(seed, RNG_INIT, first_stream + (uint64_t)r);
        for (int i = 0; i < dim; i++)
            table[(size_t)r * (size_t)dim + (size_t)i] = (float)(scale * rng_normal(&rng));
    }
}

static int table_begin(struct adam_table *table, llmx_id rows, int dim, uint64_t seed,
                       uint64_t first_stream, struct llmx_error *err)
{
    const size_t n = (size_t)rows * (size_t)dim;
    table->row = mem_tensor(n, sizeof(float), err);
    table->first = mem_tensor(n, sizeof(float), err);
    table->second = mem_tensor(n, sizeof(float), err);
    if (!table->row || !table->first || !table->second)
        return -1;
    memset(table->first, 0, n * sizeof(float));
    memset(table->second, 0, n * sizeof(float));
    initialise(table->row, rows, dim, seed, first_stream);
    return 0;
}

/* The mean of about the last MEAN_EPOCHS values, of all so far while there are fewer. */
static void running_mean(float *mean, const float *value, size_t n, int epoch)
{
    const float weight = 1.0f / (float)(epoch < MEAN_EPOCHS ? epoch : MEAN_EPOCHS);
    for (size_t i = 0; i < n; i++)
        mean[i] = epoch == 1 ? value[i] : mean[i] + weight * (value[i] - mean[i]);
}

static size_t scratch_stride(int dim)
{
    return ((size_t)dim + 15) / 16 * 16;
}

static int bpr_begin(void *model, const struct llmx_data *data,
                     const struct llmx_train_options *options, struct threads *pool,
                     struct llmx_error *err)
{
    struct bpr *bpr = model;
    struct bpr_training *t = bpr->training = mem_array(1, sizeof *t, err);
    if (!t || sampler_create(&t->sampler, data, options->seed, err) != 0)
        return -1;
    t->learning_rate = options->learning_rate;
    t->batch = sampler_batch_size(t->sampler, options->batch, options->steps);
    const size_t batch = (size_t)t->batch;
    for (int i = 0; i < WINDOW; i++)
        if (batch_create(&t->window[i], t->batch, err) != 0)
            return -1;
    t->old_user = mem_tensor(batch * (size_t)bpr->dim, sizeof(float), err);
    t->slope = mem_tensor(batch, sizeof(float), err);
    t->loss = mem_tensor(batch, sizeof(float), err);
    t->scratch =
        mem_tensor((size_t)threads_count(pool) * scratch_stride(bpr->dim), sizeof(float), err);
    if (!t->old_user || !t->slope || !t->loss || !t->scratch)
        return -1;
    bpr_passes(bpr->dim, &t->users_pass, &t->items_pass);
    if (table_begin(&t->user, bpr->users, bpr->dim, options->seed, 0, err) != 0 ||
        table_begin(&t->item, bpr->items, bpr->dim, options->seed, (uint64_t)1 << 32, err) != 0)
        return -1;
    running_mean(bpr->user, t->user.row, (size_t)bpr->users * (size_t)bpr->dim, 1);
    running_mean(bpr->item, t->item.row, (size_t)bpr->items * (size_t)bpr->dim, 1);
    return 0;
}

struct bpr_window {
    struct bpr *bpr;
    uint64_t epoch;
    size_t first; /* triple at which the window begins */
    int batches, threads;
    struct barrier barrier;
};

static void make_batch(void *context, size_t number, int thread)
{
    (void)thread;
    const struct bpr_window *job = context;
    struct bpr_training *t = job->bpr->training;
    const size_t first = job->first + number * (size_t)t->batch, left = t->sampler->n - first;
    sampler_batch(t->sampler, job->epoch, first, left < (size_t)t->batch ? (int)left : t->batch,
                  &t->window[number]);
}

/* The group at which share `part` of `parts` begins, when groups are cut by how much work each is: what it holds, and
 * row_work. */
static int cut(const int *start, int groups, int row_work, int part, int parts)
{
    const int64_t work = start[groups] + (int64_t)row_work * groups, wanted = work * part / parts;
    int low = 0, high = groups;
    while (low < high) {
        int middle = (low + high) / 2;
        if (start[middle] + (int64_t)row_work * middle < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Eight sums side by side do not wait for each other's additions. */
static double sum(const float *values, int n)
{
    double part[8] = {0}, total = 0;
    int i = 0;
    for (; i + 8 <= n; i += 8)
        for (int k = 0; k < 8; k++)
            part[k] += (double)values[i + k];
    for (int k = 0; k < 8; k++)
        total += part[k];
    for (; i < n; i++)
        total += (double)values[i];
    return total;
}

static void learn_window(void *context, int thread)
{
    struct bpr_window *job = context;
    struct bpr *bpr = job->bpr;
    struct bpr_training *t = bpr->training;
    float *scratch = t->scratch + (size_t)thread * scratch_stride(bpr->dim);
    struct bpr_step step = {.users = t->user,
                            .items = t->item,
                            .dim = bpr->dim,
                            .l2 = bpr->l2,
                            .old_user = t->old_user,
                            .slope = t->slope,
                            .loss = t->loss};
    for (int i = 0; i < job->batches; i++) {
        const struct batch *b = step.batch = &t->window[i];
        step.adam = adam_at(t->learning_rate, (uint64_t)(t->step + i + 1));
        t->users_pass(&step, cut(b->user_start, b->n_users, USER_ROW_WORK, thread, job->threads),
                      cut(b->user_start, b->n_users, USER_ROW_WORK, thread + 1, job->threads),
                      scratch);
        barrier_wait(&job->barrier);
        if (i % job->threads == thread)
            t->window_loss[i] =
                sum(t->loss, b->n); /* one after the other: the same at any thread count */
        t->items_pass(&step, cut(b->item_start, b->n_items, ITEM_ROW_WORK, thread, job->threads),
                      cut(b->item_start, b->n_items, ITEM_ROW_WORK, thread + 1, job->threads),
                      scratch);
        barrier_wait(&job->barrier);
    }
}

static int bpr_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                     struct llmx_error *err)
{
    (void)err;
    struct bpr *bpr = model;
    struct bpr_training *t = bpr->training;
    const size_t batches = (t->sampler->n + (size_t)t->batch - 1) / (size_t)t->batch;
    struct bpr_window job = {.bpr = bpr,
                             .epoch = (uint64_t)epoch,
                             .threads = threads_count(pool),
                             .barrier = {.size = threads_count(pool)}};
    *result = (struct epoch_result){.examples = t->sampler->n};
    for (size_t b = 0; b < batches; b += WINDOW) {
        job.first = b * (size_t)t->batch;
        job.batches = batches - b < WINDOW ? (int)(batches - b) : WINDOW;
        threads_for(pool, (size_t)job.batches, make_batch, &job);
        threads_run(pool, learn_window, &job);
        t->step += job.batches;
        for (int i = 0; i < job.batches; i++)
            result->loss += t->window_loss[i] / (double)t->sampler->n;
    }
    running_mean(bpr->user, t->user.row, (size_t)bpr->users * (size_t)bpr->dim, epoch);
    running_mean(bpr->item, t->item.row, (size_t)bpr->items * (size_t)bpr->dim, epoch);
    return 0;
}

static int bpr_person_rows(const void *model, const struct llmx_person *people, int n, float *rows,
                           struct llmx_error *err)
{
    const struct bpr *bpr = model;
    const size_t dim = (size_t)bpr->dim;
    int result = 0;
    for (int i = 0; result == 0 && i < n; i++)
        result = bpr_person_row(bpr, &people[i], rows + (size_t)i * dim, err);
    return result;
}

static const float *bpr_item_rows(const void *model, int *dim)
{
    const struct bpr *bpr = model;
    *dim = bpr->dim;
    return bpr->item;
}

static int bpr_score(const void *model, const struct llmx_person *people, int n, float *scores,
                     struct llmx_error *err)
{
    const struct bpr *bpr = model;
    return factors_score(model, bpr_person_rows, bpr->item, bpr->items, bpr->dim, people, n, scores,
                         err);
}

static void bpr_warm(void *model)
{
    struct bpr *bpr = model;
    struct bpr_training *t = bpr->training;
    const size_t dim = (size_t)bpr->dim;
    memcpy(t->user.row, bpr->user, (size_t)bpr->users * dim * sizeof(float));
    memcpy(t->item.row, bpr->item, (size_t)bpr->items * dim * sizeof(float));
}

static int bpr_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err)
{
    const struct bpr *bpr = model;
    (void)err;
    cosines(scores, bpr->item, bpr->items, bpr->dim, item);
    return 0;
}

static const struct model_setting settings[] = {
    {"dim", "64"},      {"epochs", "300"},          {"batch", "4096"},
    {"steps", "256"},   {"learning_rate", "0.004"}, {"l2", "0.006"},
    {"patience", "50"}, {"min_epochs", "100"},      {NULL, NULL}};

const struct recommender recommender_bpr = {
    .name = "bpr",
    .settings = settings,
    .summary = "matrix factorisation learnt from pairs (BPR-MF), evidence by influence",
    .create = bpr_create,
    .destroy = bpr_destroy,
    .arrays = bpr_arrays,
    .begin = bpr_begin,
    .epoch = bpr_epoch,
    .warm = bpr_warm,
    .score = bpr_score,
    .person_rows = bpr_person_rows,
    .item_rows = bpr_item_rows,
    .evidence = bpr_evidence,
    .similar = bpr_similar,
};
