/* rerank.c - the weight of a title's likelihood beside the recommender's score: chosen on validation, measured on test. */
#include "llmxrec/rerank.h"

#include "base/file.h"
#include "base/memory.h"
#include "evaluate/title_likelihood.h"
#include "format/jsonl.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "run/run.h"

#include <stdlib.h>

#define CANDIDATES_MIN 10 /* of NDCG@10 */
#define CANDIDATES_MAX 1000
#define HISTORY_MAX    100
#define WEIGHTS        20 /* steps from 0 to 1 */

/* The candidates of the users of one part: lists of rankings.k. */
struct shortlists {
    struct rankings rankings, blended; /* as the recommender has them, and ranked anew */
    double *score;                     /* (n, k) */
    double *figure[LLMX_TITLE_FORMS];  /* (n, k) */
};

struct reranking {
    const struct llmx_run *run;
    const struct llmx_rerank_options *options;
    struct threads *pool;
    struct title_likelihood titles;
    struct metric_name metric;
    double *blend; /* (k) */
    int *order;    /* (k) */
};

int llmx_rerank_check(const struct llmx_rerank_options *o, struct llmx_error *err)
{
    if (o->candidates < CANDIDATES_MIN || o->candidates > CANDIDATES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d candidates: choose %d to %d", o->candidates,
                       CANDIDATES_MIN, CANDIDATES_MAX);
    if (o->history < 1 || o->history > HISTORY_MAX)
        return err_set(err, LLMX_BAD_OPTION, "a history of %d: choose 1 to %d", o->history,
                       HISTORY_MAX);
    if (o->users < 0)
        return err_set(err, LLMX_BAD_OPTION, "%d users: choose 1 or more, or 0 for all", o->users);
    return llmx_resampling_check(&o->resampling, err);
}

static void shortlists_release(struct shortlists *lists)
{
    rankings_release(&lists->rankings);
    rankings_release(&lists->blended);
    free(lists->score);
    for (int f = 0; f < LLMX_TITLE_FORMS; f++)
        free(lists->figure[f]);
}

static int shortlists_create(struct shortlists *lists, struct llmx_error *err)
{
    const struct rankings *r = &lists->rankings;
    const size_t cells = (size_t)r->n * (size_t)r->k;
    if (rankings_create(&lists->blended, r->n, r->k, err) != 0 ||
        !(lists->score = mem_array(cells, sizeof *lists->score, err)))
        return -1;
    for (int f = 0; f < LLMX_TITLE_FORMS; f++)
        if (!(lists->figure[f] = mem_array(cells, sizeof *lists->figure[f], err)))
            return -1;
    return 0;
}

/* How many candidates a row has. */
static int length_of(const struct rankings *r, int row)
{
    int n = 0;
    while (n < r->k && r->top[(size_t)row * (size_t)r->k + (size_t)n] >= 0)
        n++;
    return n;
}

/* The scores of all candidates, by what the recommender knew when it ranked them (rank.c). */
static int take_scores(const struct reranking *x, struct shortlists *lists, enum llmx_part known,
                       struct llmx_error *err)
{
    const struct rankings *r = &lists->rankings;
    const struct scorer scorer = scorer_of(x->run->row, x->run->model);
    float *scores = mem_array((size_t)llmx_data_items(x->run->data), sizeof *scores, err);
    int status = scores ? 0 : -1;
    for (int u = 0; u < r->n && status == 0; u++) {
        struct llmx_person person = {.user = r->user[u], .as_of = LLMX_AS_OF_TRAIN};
        person.history = llmx_data_history(x->run->data, person.user,
                                           scorer.is_sequential ? known : LLMX_TRAIN, &person.n);
        status = scorer.score(scorer.model, &person, 1, scores, err);
        for (size_t i = (size_t)u * (size_t)r->k, j = 0; j < (size_t)length_of(r, u); j++)
            lists->score[i + j] = status == 0 ? scores[r->top[i + j]] : 0;
    }
    free(scores);
    return status;
}

static int take_figures(struct reranking *x, struct shortlists *lists, enum llmx_part known,
                        struct llmx_error *err)
{
    const struct rankings *r = &lists->rankings;
    struct title_question *questions = mem_array((size_t)r->n, sizeof *questions, err);
    if (!questions)
        return -1;
    for (int u = 0; u < r->n; u++) {
        const size_t first = (size_t)u * (size_t)r->k;
        struct title_question *q = &questions[u];
        int n;
        const llmx_id *had = llmx_data_history(x->run->data, r->user[u], known, &n);
        q->n_history = n < x->options->history ? n : x->options->history;
        q->history = had + n - q->n_history;
        q->item = r->top + first;
        q->n = length_of(r, u);
        for (int f = 0; f < LLMX_TITLE_FORMS; f++)
            q->figures[f] = lists->figure[f] + first;
    }
    const int status = title_ask(&x->titles, questions, (size_t)r->n, x->options, err);
    free(questions);
    return status;
}

static int take_lists(struct reranking *x, enum llmx_part part, struct shortlists *lists,
                      struct llmx_error *err)
{
    const enum llmx_part known = part == LLMX_VALID ? LLMX_TRAIN : LLMX_TRAIN_VALID;
    const struct rank_options how = {
        .part = part, .k = x->options->candidates, .users_max = x->options->users};
    if (rank_users_as(&lists->rankings, scorer_of(x->run->row, x->run->model), x->run->data, &how,
                      x->pool, err) != 0)
        return -1;
    if (lists->rankings.n == 0)
        return err_set(err, LLMX_BAD_INPUT, "the %s part of the data holds nothing to be found",
                       part == LLMX_VALID ? "validation" : "test");
    return shortlists_create(lists, err) == 0 && take_scores(x, lists, known, err) == 0
               ? take_figures(x, lists, known, err)
               : -1;
}

/* NDCG of each user (n) with that weight, or NULL; returns the mean. */
static double measure(const struct reranking *x, struct shortlists *lists,
                      enum llmx_title_form form, double weight, double *ndcg)
{
    const struct rankings *r = &lists->rankings;
    double sum = 0;
    for (int u = 0; u < r->n; u++) {
        const size_t first = (size_t)u * (size_t)r->k;
        const int n = length_of(r, u);
        title_blend(lists->score + first, lists->figure[form] + first, n, weight, x->blend,
                    x->order);
        for (int i = 0; i < n; i++)
            lists->blended.hit[first + (size_t)i] = r->hit[first + (size_t)x->order[i]];
        lists->blended.relevant[u] = r->relevant[u];
        const double value = metric_of_user(&lists->blended, u, &x->metric);
        if (ndcg)
            ndcg[u] = value;
        sum += value;
    }
    return sum / r->n;
}

/* The smallest weight of the best, of the first form that has it. */
static void choose(const struct reranking *x, struct shortlists *lists, struct llmx_rerank *result)
{
    result->users_valid = lists->rankings.n;
    result->valid_before = result->valid_after = measure(x, lists, LLMX_TITLE_SUM, 0, NULL);
    for (int f = 0; f < LLMX_TITLE_FORMS; f++) {
        result->valid_best[f] = result->valid_before;
        for (int w = 1; w <= WEIGHTS; w++) {
            const double weight = (double)w / WEIGHTS;
            const double value = measure(x, lists, (enum llmx_title_form)f, weight, NULL);
            if (value > result->valid_best[f]) {
                result->valid_best[f] = value;
                result->valid_weight[f] = weight;
            }
        }
        if (result->valid_best[f] > result->valid_after) {
            result->valid_after = result->valid_best[f];
            result->weight = result->valid_weight[f];
            result->form = (enum llmx_title_form)f;
        }
    }
}

/* NDCG with the hits first, of those that are candidates. */
static double findable(const struct reranking *x, struct shortlists *lists)
{
    const struct rankings *r = &lists->rankings;
    double sum = 0;
    for (int u = 0; u < r->n; u++) {
        unsigned char *hit = lists->blended.hit + (size_t)u * (size_t)r->k;
        int hits = 0;
        for (int i = 0; i < r->k; i++)
            hits += r->hit[(size_t)u * (size_t)r->k + (size_t)i];
        for (int i = 0; i < r->k; i++)
            hit[i] = i < hits;
        sum += metric_of_user(&lists->blended, u, &x->metric);
    }
    return sum / r->n;
}

static int summarise(const double *ndcg, int n, const struct llmx_resampling *how,
                     struct llmx_rerank *result, struct llmx_error *err)
{
    const double *before = ndcg, *after = ndcg + n, *alone = ndcg + 2 * n;
    double *difference = mem_array((size_t)n, sizeof *difference, err);
    struct llmx_bootstrap found[3];
    int status = difference ? 0 : -1;
    for (int i = 0; i < 3 && status == 0; i++)
        status = llmx_bootstrap(ndcg + i * n, NULL, (size_t)n, how, &found[i], err);
    for (int i = 0; i < n && status == 0; i++)
        difference[i] = after[i] - before[i];
    if (status == 0)
        status = llmx_bootstrap(difference, NULL, (size_t)n, how, &result->gain, err);
    for (int i = 0; i < n && status == 0; i++)
        difference[i] = alone[i] - before[i];
    if (status == 0)
        status = llmx_bootstrap(difference, NULL, (size_t)n, how, &result->gain_alone, err);
    if (status == 0) {
        result->before = found[0].interval;
        result->after = found[1].interval;
        result->alone = found[2].interval;
    }
    free(difference);
    return status;
}

static int write_rows(const struct reranking *x, const struct shortlists *lists, const double *ndcg,
                      struct llmx_error *err)
{
    const int n = lists->rankings.n;
    struct output out = {0};
    int status = output_open(&out, x->options->rows_path, err);
    for (int u = 0; u < n && status == 0; u++) {
        json_t *row =
            json_pack("{s:s, s:f, s:f, s:f}", "user",
                      llmx_data_user_token(x->run->data, lists->rankings.user[u]), "recommender",
                      ndcg[u], "blend", ndcg[n + u], "alone", ndcg[2 * n + u]);
        status =
            row ? jsonl_write(out.stream, row, err) : err_set(err, LLMX_NO_MEMORY, "out of memory");
        json_decref(row);
    }
    if (status == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

static int test(const struct reranking *x, struct shortlists *lists, struct llmx_rerank *result,
                struct llmx_error *err)
{
    const int n = lists->rankings.n;
    double *ndcg = mem_array(3 * (size_t)n, sizeof *ndcg, err);
    if (!ndcg)
        return -1;
    result->users_test = n;
    measure(x, lists, result->form, 0, ndcg);
    measure(x, lists, result->form, result->weight, ndcg + n);
    measure(x, lists, result->form, 1, ndcg + 2 * n);
    result->findable = findable(x, lists);
    int status = summarise(ndcg, n, &x->options->resampling, result, err);
    if (status == 0 && x->options->rows_path)
        status = write_rows(x, lists, ndcg, err);
    free(ndcg);
    return status;
}

int llmx_rerank(const struct llmx_run *run, const struct llmx_model *model,
                const struct llmx_rerank_options *options, struct llmx_rerank *result,
                struct llmx_error *err)
{
    struct reranking x = {.run = run, .options = options};
    struct shortlists valid = {0}, held = {0};
    struct llmx_rerank found = {.model = run->row->name,
                                .candidates = options->candidates,
                                .history = options->history,
                                .resampling = options->resampling};
    int status = -1;
    if (llmx_rerank_check(options, err) != 0 || title_open(&x.titles, run->data, model, err) != 0)
        goto done;
    x.pool = threads_create(options->resampling.threads, err);
    x.blend = mem_array((size_t)options->candidates, sizeof *x.blend, err);
    x.order = mem_array((size_t)options->candidates, sizeof *x.order, err);
    if (!x.pool || !x.blend || !x.order || metric_parse(&x.metric, "ndcg@10", err) != 0 ||
        take_lists(&x, LLMX_VALID, &valid, err) != 0 || take_lists(&x, LLMX_TEST, &held, err) != 0)
        goto done;
    choose(&x, &valid, &found);
    if (test(&x, &held, &found, err) != 0)
        goto done;
    *result = found;
    status = 0;
done:
    shortlists_release(&valid);
    shortlists_release(&held);
    threads_destroy(x.pool);
    title_release(&x.titles);
    free(x.blend);
    free(x.order);
    return status;
}
