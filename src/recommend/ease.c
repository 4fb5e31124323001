/* ease.c - embarrassingly shallow autoencoder (EASE; Steck 2019): the item-item weights B, zero on the diagonal, that
 * reproduce every user's items from the others with least squares,
 *
 *     P = (X'X + l2 I)^-1,   B_ij = -P_ij / P_jj,   score(t) = sum over history items j of B_jt. */
#include "base/err.h"
#include "base/memory.h"
#include "kernel/cholesky.h"
#include "recommend/additive.h"
#include "recommend/incidence.h"

#include <cblas.h>
#include <stdlib.h>
#include <string.h>

struct ease {
    llmx_id items;
    float l2;
    float *weight; /* (items, items) B: row, the history item; column, the one scored */
    struct incidence *incidence; /* while learning */
};

static void ease_destroy(void *model)
{
    struct ease *ease = model;
    if (!ease)
        return;
    incidence_destroy(ease->incidence);
    free(ease->weight);
    free(ease);
}

static int ease_create(void **model, llmx_id users, llmx_id items,
                       const struct llmx_train_options *options, struct llmx_error *err)
{
    struct ease *ease = mem_array(1, sizeof *ease, err);
    (void)users;
    if (!ease)
        return -1;
    ease->items = items;
    ease->l2 = (float)options->l2;
    ease->weight = mem_tensor((size_t)items * (size_t)items, sizeof *ease->weight, err);
    if (!ease->weight) {
        ease_destroy(ease);
        return -1;
    }
    *model = ease;
    return 0;
}

static int ease_arrays(void *model, struct model_array *arrays)
{
    struct ease *ease = model;
    const uint64_t items = (uint64_t)ease->items;
    arrays[0] = (struct model_array){"weight",     DTYPE_F32, 2,         {items, items},
                                     ease->weight, false,     ROWS_ITEMS};
    return 1;
}

static double ease_bytes(const struct llmx_data *data, const struct llmx_train_options *options)
{
    const double items = llmx_data_items(data);
    (void)options;
    return items * items * sizeof(float); /* X'X, which becomes its inverse, which becomes B */
}

static int ease_begin(void *model, const struct llmx_data *data,
                      const struct llmx_train_options *options, struct threads *pool,
                      struct llmx_error *err)
{
    struct ease *ease = model;
    (void)options;
    (void)pool;
    return incidence_create(&ease->incidence, data, err);
}

/* A row of X'X + l2 I */
static void count_row(void *context, size_t item, int thread)
{
    struct ease *ease = context;
    float *row = ease->weight + item * (size_t)ease->items;
    (void)thread;
    incidence_count(ease->incidence, (llmx_id)item, row);
    row[item] += ease->l2;
}

/* Row i of B from row i of P; only the diagonal of P is needed beside it, and `diagonal` keeps that. */
static void weights_of_inverse(float *p, llmx_id items, float *diagonal)
{
    for (llmx_id i = 0; i < items; i++)
        diagonal[i] = p[(size_t)i * (size_t)items + (size_t)i];
    for (llmx_id i = 0; i < items; i++) {
        float *row = p + (size_t)i * (size_t)items;
        for (llmx_id j = 0; j < items; j++)
            row[j] = i == j ? 0 : -row[j] / diagonal[j];
    }
}

static int ease_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                      struct llmx_error *err)
{
    struct ease *ease = model;
    const size_t items = (size_t)ease->items;
    (void)epoch;
    *result = (struct epoch_result){.examples = ease->incidence->n};
    float *scratch = mem_tensor(items * CHOLESKY_TILE, sizeof *scratch, err);
    int status = scratch ? 0 : -1;
    if (status == 0) {
        threads_for(pool, items, count_row, ease);
        if (cholesky_invert(ease->weight, ease->items, pool, scratch) == 0)
            weights_of_inverse(ease->weight, ease->items, scratch);
        else
            status =
                err_set(err, LLMX_BAD_OPTION, "X'X + l2 I has no inverse in float32; raise --l2");
    }
    free(scratch);
    return status;
}

static int ease_score(const void *model, const struct llmx_person *people, int n, float *scores,
                      struct llmx_error *err)
{
    const struct ease *ease = model;
    const size_t items = (size_t)ease->items;
    (void)err;
    memset(scores, 0, (size_t)n * items * sizeof *scores);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < people[i].n; j++)
            if (!is_repeated(&people[i], j))
                cblas_saxpy(ease->items, 1, ease->weight + (size_t)people[i].history[j] * items, 1,
                            scores + (size_t)i * items, 1);
    return 0;
}

static float term(const void *model, llmx_id from, llmx_id to)
{
    const struct ease *ease = model;
    return ease->weight[(size_t)from * (size_t)ease->items + (size_t)to];
}

static int ease_evidence(const void *model, const struct llmx_person *person, const llmx_id *items,
                         int k, float *contributions, struct llmx_error *err)
{
    (void)err;
    additive_evidence(model, person, items, k, term, contributions);
    return 0;
}

/* How much each item speaks for this one. */
static int ease_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err)
{
    const struct ease *ease = model;
    (void)err;
    for (llmx_id i = 0; i < ease->items; i++)
        scores[i] = i == item ? 1 : term(ease, i, item);
    return 0;
}

static const struct model_setting settings[] = {{"l2", "250"}, {NULL, NULL}};

const struct recommender recommender_ease = {
    .name = "ease",
    .summary = "item-item least squares in closed form (EASE), exact evidence",
    .settings = settings,
    .bytes = ease_bytes,
    .create = ease_create,
    .destroy = ease_destroy,
    .arrays = ease_arrays,
    .begin = ease_begin,
    .epoch = ease_epoch,
    .score = ease_score,
    .evidence = ease_evidence,
    .similar = ease_similar,
};
