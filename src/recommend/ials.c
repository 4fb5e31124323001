/* ials.c - implicit alternating least squares (Hu, Koren & Volinsky 2008) as Rendle, Krichene, Zhang & Koren (2022)
 * write it: scores are products of user rows w and item rows q that minimise
 *
 *     sum over taken (u,i) of (1 - w_u.q_i)^2  +  alpha * sum over all (u,i) of (w_u.q_i)^2
 *         + l2 * sum over u of (n_u + alpha * items)^frequency |w_u|^2   + the same for items.
 *
 * With one side fixed every row of the other has a closed form: with H its history and G = Q'Q,
 *
 *     w = A^-1 sum over i in H of q_i,     A = alpha G + sum over i in H of q_i q_i' + l2 (...)^frequency I.
 *
 * What is set is not alpha, which suits data of one density alone, but the weight of all pairs together in times that of
 * the taken ones: alpha = unobserved * taken / (users * items).
 *
 * An epoch solves the items, then the users, so that user rows always are the solution for the items as they stand:
 * people by history are served alike, and a score is a sum over the history, sum over i of q_t' A^-1 q_i. */
#include "base/err.h"
#include "base/memory.h"
#include "base/rng.h"
#include "kernel/cholesky.h"
#include "recommend/additive.h"
#include "recommend/cosines.h"
#include "recommend/factors.h"
#include "recommend/incidence.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_ROWS 8 /* solved by one thread before it asks for more */

struct ials {
    llmx_id users, items;
    int dim;
    double l2, unobserved, frequency;
    float *user, *item;          /* (users, dim), (items, dim) */
    float *alpha;                /* (1) weight of a pair; of a taken one 1 + alpha */
    float *item_gram;            /* (dim, dim) upper triangle of alpha Q'Q */
    struct incidence *incidence; /* while learning */
    double *loss;                /* (users) */
};

static void ials_destroy(void *model)
{
    struct ials *ials = model;
    if (!ials)
        return;
    incidence_destroy(ials->incidence);
    free(ials->user);
    free(ials->item);
    free(ials->alpha);
    free(ials->item_gram);
    free(ials->loss);
    free(ials);
}

static int ials_create(void **model, llmx_id users, llmx_id items,
                       const struct llmx_train_options *options, struct llmx_error *err)
{
    struct ials *ials = mem_array(1, sizeof *ials, err);
    if (!ials)
        return -1;
    *ials = (struct ials){.users = users,
                          .items = items,
                          .dim = options->dim,
                          .l2 = options->l2,
                          .unobserved = options->unobserved,
                          .frequency = options->frequency};
    const size_t dim = (size_t)ials->dim;
    ials->user = mem_tensor((size_t)users * dim, sizeof(float), err);
    ials->item = mem_tensor((size_t)items * dim, sizeof(float), err);
    ials->alpha = mem_array(1, sizeof(float), err);
    ials->item_gram = mem_array(dim * dim, sizeof(float), err);
    if (ials->user && ials->item && ials->alpha && ials->item_gram) {
        *model = ials;
        return 0;
    }
    ials_destroy(ials);
    return -1;
}

static int ials_arrays(void *model, struct model_array *arrays)
{
    struct ials *ials = model;
    const uint64_t users = (uint64_t)ials->users, items = (uint64_t)ials->items,
                   dim = (uint64_t)ials->dim;
    arrays[0] = (struct model_array){"user_embedding", DTYPE_F32, 2,         {users, dim},
                                     ials->user,       false,     ROWS_USERS};
    arrays[1] = (struct model_array){"item_embedding", DTYPE_F32, 2,         {items, dim},
                                     ials->item,       false,     ROWS_ITEMS};
    arrays[2] = (struct model_array){"alpha", DTYPE_F32, 1, {1}, ials->alpha, false, ROWS_OTHER};
    return 3;
}

static int ials_begin(void *model, const struct llmx_data *data,
                      const struct llmx_train_options *options, struct threads *pool,
                      struct llmx_error *err)
{
    struct ials *ials = model;
    const double scale = 1 / sqrt(ials->dim);
    (void)pool;
    ials->loss = mem_array((size_t)ials->users, sizeof *ials->loss, err);
    if (!ials->loss || incidence_create(&ials->incidence, data, err) != 0)
        return -1;
    memset(ials->item, 0, (size_t)ials->items * (size_t)ials->dim * sizeof *ials->item);
    for (llmx_id u = 0; u < ials->users; u++) {
        struct rng rng = rng_stream(options->seed, RNG_INIT, (uint64_t)u);
        for (int d = 0; d < ials->dim; d++)
            ials->user[(size_t)u * (size_t)ials->dim + (size_t)d] =
                (float)(scale * 0.1 * rng_normal(&rng));
    }
    return 0;
}

static void gram(float *g, const struct ials *ials, const float *rows, llmx_id n)
{
    cblas_ssyrk(CblasRowMajor, CblasUpper, CblasTrans, ials->dim, n, *ials->alpha, rows, ials->dim,
                0, g, ials->dim);
}

static int ials_ready(void *model, struct llmx_error *err)
{
    struct ials *ials = model;
    (void)err;
    gram(ials->item_gram, ials, ials->item, ials->items);
    return 0;
}

/* The side that stands still while the other is solved. */
struct fixed {
    const struct ials *ials;
    const float *rows; /* (n, dim) */
    const float *gram; /* (dim, dim) alpha G */
    llmx_id n;
};

/* `a` (dim, dim) becomes the factor of A, b (dim) the sum of the history's rows. */
static int factor_row(const struct fixed *fixed, const llmx_id *history, int n, float *a, float *b)
{
    const struct ials *ials = fixed->ials;
    const size_t row = (size_t)ials->dim;
    memcpy(a, fixed->gram, row * row * sizeof *a);
    memset(b, 0, row * sizeof *b);
    gram_add(a, b, fixed->rows, history, n, ials->dim);
    const double weight = n + (double)*ials->alpha * fixed->n; /* of all the row's pairs */
    const float ridge = (float)(ials->l2 * pow(weight, ials->frequency));
    for (size_t d = 0; d < row; d++)
        a[d * row + d] += ridge;
    return cholesky_factor(a, ials->dim);
}

/* ---- learning ---- */

struct sweep {
    struct fixed fixed;
    const size_t *start; /* (n + 1) histories of the rows that are solved */
    const llmx_id *taken;
    llmx_id n;
    float *solved;  /* (n, dim) */
    double *loss;   /* (n) or NULL */
    float *scratch; /* (threads, scratch_floats) */
    atomic_int failed;
};

static size_t scratch_floats(int dim)
{
    return (size_t)dim * (size_t)(dim + 1);
}

static int history_length(const struct sweep *sweep, size_t row)
{
    return (int)(sweep->start[row + 1] - sweep->start[row]);
}

static void solve_rows(void *context, size_t block, int thread)
{
    struct sweep *sweep = context;
    const int dim = sweep->fixed.ials->dim;
    const size_t row = (size_t)dim;
    float *a = sweep->scratch + (size_t)thread * scratch_floats(dim), *b = a + row * row;
    const size_t first = block * BLOCK_ROWS, end = first + BLOCK_ROWS;
    for (size_t r = first; r < end && r < (size_t)sweep->n; r++) {
        float *w = sweep->solved + r * row;
        const int n = history_length(sweep, r);
        if (r + 1 < (size_t)sweep->n)
            gram_prefetch(sweep->fixed.rows, sweep->taken + sweep->start[r + 1],
                          history_length(sweep, r + 1), dim);
        if (factor_row(&sweep->fixed, sweep->taken + sweep->start[r], n, a, b) != 0) {
            sweep->failed = 1;
            continue;
        }
        memcpy(w, b, row * sizeof *w);
        cholesky_solve(a, dim, w, 1);
        if (sweep->loss) /* A w = b, so that the whole loss of a row at its minimum is n - w.b */
            sweep->loss[r] = n - (double)cblas_sdot(dim, w, 1, b, 1);
    }
}

static int sweep_rows(struct sweep *sweep, struct threads *pool, struct llmx_error *err)
{
    threads_for(pool, ((size_t)sweep->n + BLOCK_ROWS - 1) / BLOCK_ROWS, solve_rows, sweep);
    return sweep->failed
               ? err_set(err, LLMX_BAD_OPTION, "a row has no solution in float32; raise --l2")
               : 0;
}

static int ials_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                      struct llmx_error *err)
{
    struct ials *ials = model;
    const struct incidence *in = ials->incidence;
    const size_t dim = (size_t)ials->dim;
    (void)epoch;
    *result = (struct epoch_result){.examples = in->n};
    *ials->alpha =
        (float)(ials->unobserved * (double)in->n / ((double)ials->users * (double)ials->items));
    float *user_gram = mem_array(dim * dim, sizeof *user_gram, err);
    float *scratch =
        mem_tensor((size_t)threads_count(pool) * scratch_floats(ials->dim), sizeof *scratch, err);
    struct sweep items = {.fixed = {ials, ials->user, user_gram, ials->users},
                          .start = in->item_start,
                          .taken = in->item_user,
                          .n = ials->items,
                          .solved = ials->item,
                          .scratch = scratch};
    struct sweep users = {.fixed = {ials, ials->item, ials->item_gram, ials->items},
                          .start = in->user_start,
                          .taken = in->user_item,
                          .n = ials->users,
                          .solved = ials->user,
                          .loss = ials->loss,
                          .scratch = scratch};
    int status = user_gram && scratch ? 0 : -1;
    if (status == 0) {
        gram(user_gram, ials, ials->user, ials->users);
        status = sweep_rows(&items, pool, err);
    }
    if (status == 0) {
        gram(ials->item_gram, ials, ials->item, ials->items);
        status = sweep_rows(&users, pool, err);
    }
    for (llmx_id u = 0; status == 0 && u < ials->users; u++)
        result->loss += ials->loss[u] / (double)in->n;
    free(user_gram);
    free(scratch);
    return status;
}

/* ---- serving ---- */

/* One person's system: the factor of A and the sum of their history. */
struct served {
    float *a, *b;
    llmx_id *distinct;
    int n;
};

static int serve(struct served *served, const struct ials *ials, const struct llmx_person *person,
                 struct llmx_error *err)
{
    const struct fixed fixed = {ials, ials->item, ials->item_gram, ials->items};
    const size_t dim = (size_t)ials->dim;
    *served = (struct served){0};
    served->a = mem_tensor(scratch_floats(ials->dim), sizeof *served->a, err);
    served->distinct = mem_array((size_t)person->n, sizeof *served->distinct, err);
    if (!served->a || !served->distinct)
        return -1;
    served->b = served->a + dim * dim;
    for (int j = 0; j < person->n; j++)
        if (!is_repeated(person, j))
            served->distinct[served->n++] = person->history[j];
    if (factor_row(&fixed, served->distinct, served->n, served->a, served->b) != 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "a history has no solution; are the embeddings finite?");
    return 0;
}

static void served_release(struct served *served)
{
    free(served->a);
    free(served->distinct);
}

static int fold_in(const struct ials *ials, const struct llmx_person *person, float *w,
                   struct llmx_error *err)
{
    struct served served;
    const int status = serve(&served, ials, person, err);
    if (status == 0) {
        memcpy(w, served.b, (size_t)ials->dim * sizeof *w);
        cholesky_solve(served.a, ials->dim, w, 1);
    }
    served_release(&served);
    return status;
}

static int ials_person_rows(const void *model, const struct llmx_person *people, int n, float *rows,
                            struct llmx_error *err)
{
    const struct ials *ials = model;
    const size_t dim = (size_t)ials->dim;
    int status = 0;
    for (int i = 0; status == 0 && i < n; i++) {
        float *w = rows + (size_t)i * dim;
        if (people[i].user >= 0 && people[i].as_of == LLMX_AS_OF_TRAIN)
            memcpy(w, ials->user + (size_t)people[i].user * dim, dim * sizeof *w);
        else
            status = fold_in(ials, &people[i], w, err);
    }
    return status;
}

static const float *ials_item_rows(const void *model, int *dim)
{
    const struct ials *ials = model;
    *dim = ials->dim;
    return ials->item;
}

static int ials_score(const void *model, const struct llmx_person *people, int n, float *scores,
                      struct llmx_error *err)
{
    const struct ials *ials = model;
    return factors_score(model, ials_person_rows, ials->item, ials->items, ials->dim, people, n,
                         scores, err);
}

static int ials_evidence(const void *model, const struct llmx_person *person, const llmx_id *items,
                         int k, float *contributions, struct llmx_error *err)
{
    const struct ials *ials = model;
    const int dim = ials->dim;
    struct served served = {0};
    float *targets = mem_tensor((size_t)k * (size_t)dim, sizeof *targets, err); /* (k, dim) */
    int status = targets ? serve(&served, ials, person, err) : -1;
    if (status == 0) {
        for (int t = 0; t < k; t++)
            memcpy(targets + (size_t)t * (size_t)dim, ials->item + (size_t)items[t] * (size_t)dim,
                   (size_t)dim * sizeof *targets);
        cholesky_solve(served.a, dim, targets, k);
        for (int j = 0; j < person->n; j++) {
            const float *q = ials->item + (size_t)person->history[j] * (size_t)dim;
            const bool counts = !is_repeated(person, j);
            for (int t = 0; t < k; t++)
                contributions[(size_t)t * (size_t)person->n + (size_t)j] =
                    counts ? cblas_sdot(dim, targets + (size_t)t * (size_t)dim, 1, q, 1) : 0;
        }
    }
    served_release(&served);
    free(targets);
    return status;
}

static int ials_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err)
{
    const struct ials *ials = model;
    (void)err;
    cosines(scores, ials->item, ials->items, ials->dim, item);
    return 0;
}

static const struct model_setting settings[] = {
    {"dim", "64"},         {"epochs", "20"},  {"l2", "0.01"},      {"unobserved", "80"},
    {"frequency", "0.75"}, {"patience", "5"}, {"min_epochs", "0"}, {NULL, NULL}};

const struct recommender recommender_ials = {
    .name = "ials",
    .summary = "implicit alternating least squares (iALS), exact evidence",
    .settings = settings,
    .create = ials_create,
    .destroy = ials_destroy,
    .arrays = ials_arrays,
    .begin = ials_begin,
    .epoch = ials_epoch,
    .ready = ials_ready,
    .score = ials_score,
    .person_rows = ials_person_rows,
    .item_rows = ials_item_rows,
    .evidence = ials_evidence,
    .similar = ials_similar,
};
