/* faithfulness.c - deletes what texts cite, and as many other items, and scores again. */
#include "evaluate/faithfulness.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/threads.h"
#include "kernel/topk.h"
#include "run/deletion.h"
#include "statistics/ratios.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define DRAWS_MAX 100

const int citation_recalls[LLMX_RECALLS] = {1, 3, 5};

struct citing {
    const struct llmx_run *run;
    const struct llmx_faithfulness_options *options;
    struct citation *citations;
    float *popularity;    /* (items) who took it in the training part */
    int parts;            /* of a history: one a cut, one a draw of random items */
    pthread_mutex_t lock; /* of failed and error */
    bool failed;
    struct llmx_error error;
};

/* One text's memory. */
struct cutting {
    struct llmx_person whole;
    int n;                  /* different items of the history */
    int32_t *number;        /* (items) of each, from 1; 0: not of the history */
    int32_t *chosen;        /* (n) numbers, from 0 */
    float *strength;        /* (n) by which a cut chooses */
    llmx_id *item;          /* (n) */
    int *last;              /* (n) its last place in the history */
    unsigned char *is_kept; /* (parts, history) */
    float *scores;          /* (1 + parts, items) */
};

static void cutting_release(struct cutting *t)
{
    free(t->number);
    free(t->chosen);
    free(t->strength);
    free(t->item);
    free(t->last);
    free(t->is_kept);
    free(t->scores);
}

static int cutting_create(struct cutting *t, const struct citing *job,
                          const struct citation *citation, struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(job->run->data), parts = (size_t)job->parts;
    if (run_resolve(job->run, &citation->given, &t->whole, err) != 0)
        return -1;
    const size_t history = (size_t)t->whole.n;
    t->number = mem_array(items, sizeof *t->number, err);
    t->chosen = mem_array(history, sizeof *t->chosen, err);
    t->strength = mem_tensor(history, sizeof *t->strength, err);
    t->item = mem_array(history, sizeof *t->item, err);
    t->last = mem_array(history, sizeof *t->last, err);
    t->is_kept = mem_array(parts * history, 1, err);
    t->scores = mem_tensor((1 + parts) * items, sizeof *t->scores, err);
    if (!t->number || !t->chosen || !t->strength || !t->item || !t->last || !t->is_kept ||
        !t->scores)
        return -1;
    for (int i = 0; i < t->whole.n; i++) {
        int32_t *number = &t->number[t->whole.history[i]];
        if (*number == 0)
            *number = ++t->n;
        t->item[*number - 1] = t->whole.history[i];
        t->last[*number - 1] = i;
    }
    return 0;
}

/* Cuts n chosen items out of a part of the history. */
static void cut(struct cutting *t, int part, int n)
{
    const size_t history = (size_t)t->whole.n;
    unsigned char *is_kept = t->is_kept + (size_t)part * history;
    memset(is_kept, 1, history);
    for (size_t i = 0; i < history; i++)
        for (int k = 0; k < n; k++)
            if (t->whole.history[i] == t->item[t->chosen[k]])
                is_kept[i] = 0;
}

static void cut_items(struct cutting *t, int part, const llmx_id *items, int n)
{
    for (int k = 0; k < n; k++)
        t->chosen[k] = t->number[items[k]] - 1;
    cut(t, part, n);
}

static void cut_strongest(struct cutting *t, int part, int n)
{
    cut(t, part, topk(t->strength, t->n, n, t->chosen));
}

/* The first n of a shuffle (Fisher & Yates). */
static void cut_random(struct cutting *t, int part, int n, struct rng *rng)
{
    for (int k = 0; k < t->n; k++)
        t->chosen[k] = k;
    for (int k = 0; k < n; k++) {
        const int other = k + (int)rng_below(rng, (uint32_t)(t->n - k));
        const int32_t moved = t->chosen[k];
        t->chosen[k] = t->chosen[other];
        t->chosen[other] = moved;
    }
    cut(t, part, n);
}

static void cut_all(struct cutting *t, const struct citing *job, size_t row)
{
    const struct citation *c = &job->citations[row];
    struct rng rng = rng_stream(job->options->resampling.seed, RNG_SAMPLING, row);
    const int n = c->n_cited;
    cut_items(t, LLMX_CUT_CITED, c->cited, n);
    cut_items(t, LLMX_CUT_EVIDENCE, c->evidence, c->n_evidence < n ? c->n_evidence : n);
    for (int k = 0; k < t->n; k++)
        t->strength[k] = (float)t->last[k];
    cut_strongest(t, LLMX_CUT_RECENT, n);
    for (int k = 0; k < t->n; k++)
        t->strength[k] = job->popularity[t->item[k]];
    cut_strongest(t, LLMX_CUT_POPULAR, n);
    for (int part = LLMX_CUT_RANDOM; part < job->parts; part++)
        cut_random(t, part, n, &rng);
}

/* Scores again without what was cut out. */
static int compare(const struct citing *job, struct cutting *t, struct citation *c,
                   struct llmx_error *err)
{
    const size_t items = (size_t)llmx_data_items(job->run->data);
    int place;
    if (deletion_score(job->run, &t->whole, t->is_kept, job->parts, t->scores, err) != 0)
        return -1;
    const double unit = deletion_unit(t->scores, (llmx_id)items),
                 whole = (double)t->scores[c->item];
    if (run_place(job->run, &c->given, c->item, t->scores, &c->rank, err) != 0)
        return -1;
    for (int part = 0; part < job->parts; part++) {
        float *scores = t->scores + (1 + (size_t)part) * items;
        const int which = part < LLMX_CUT_RANDOM ? part : LLMX_CUT_RANDOM;
        const double share = which == LLMX_CUT_RANDOM ? 1.0 / job->options->draws : 1;
        c->score[which] += share * (whole - (double)scores[c->item]) / unit;
        if (run_place(job->run, &c->given, c->item, scores, &place, err) != 0)
            return -1;
        c->places[which] += share * (place - c->rank);
    }
    return 0;
}

static int count_common(const llmx_id *a, int n_a, const llmx_id *b, int n_b)
{
    int common = 0;
    for (int i = 0; i < n_a; i++)
        for (int j = 0; j < n_b; j++)
            common += a[i] == b[j];
    return common;
}

/* Finds the evidence, as it is recommended, and how much of it is cited. */
static int find_evidence(const struct citing *job, struct citation *c, struct llmx_error *err)
{
    const int n = citation_evidence_max(c);
    struct llmx_standing standing;
    struct llmx_evidence *evidence = mem_array((size_t)n, sizeof *evidence, err);
    const int status = evidence ? llmx_rank_item(job->run, &c->given, NULL, c->item, 1, n,
                                                 &standing, evidence, err)
                                : -1;
    c->n_evidence = status == 0 ? standing.item.n_evidence : 0;
    for (int i = 0; i < c->n_evidence; i++)
        c->evidence[i] = evidence[i].item;
    free(evidence);
    const int all = c->n_cited + c->n_foreign;
    c->precision =
        all > 0 ? (double)count_common(c->cited, c->n_cited, c->evidence, c->n_evidence) / all
                : NAN;
    for (int r = 0; r < LLMX_RECALLS; r++) {
        const int first = citation_recalls[r] < c->n_evidence ? citation_recalls[r] : c->n_evidence;
        c->recall[r] = first > 0
                           ? (double)count_common(c->cited, c->n_cited, c->evidence, first) / first
                           : NAN;
    }
    return status;
}

static int measure(const struct citing *job, struct cutting *t, size_t row, struct llmx_error *err)
{
    struct citation *c = &job->citations[row];
    if (llmx_stop_asked(job->options->stop))
        return err_set(err, LLMX_INTERRUPTED, "interrupted: nothing was written");
    if (find_evidence(job, c, err) != 0 || cutting_create(t, job, c, err) != 0)
        return -1;
    c->is_exhaustive = c->n_cited > 0 && c->n_cited == t->n;
    c->is_measured = c->n_cited > 0 && !c->is_exhaustive;
    if (!c->is_measured)
        return 0;
    cut_all(t, job, row);
    return compare(job, t, c, err);
}

static void measure_one(void *context, size_t row, int thread)
{
    (void)thread;
    struct citing *job = context;
    struct cutting cutting = {0};
    struct llmx_error error;
    if (measure(job, &cutting, row, &error) != 0) {
        pthread_mutex_lock(&job->lock);
        job->failed = true;
        job->error = error;
        pthread_mutex_unlock(&job->lock);
    }
    cutting_release(&cutting);
}

static void count_popularity(const struct citing *job)
{
    const struct llmx_data *data = job->run->data;
    for (llmx_id u = 0; u < llmx_data_users(data); u++) {
        int n;
        const llmx_id *taken = llmx_data_history(data, u, LLMX_TRAIN, &n);
        for (int i = 0; i < n; i++)
            job->popularity[taken[i]]++;
    }
}

/* The run gives the recommendations' evidence again; where it mostly does not, they are of another run. */
static int check_run(const struct citation *citations, size_t n, struct llmx_error *err)
{
    size_t told = 0, strange = 0;
    for (size_t i = 0; i < n; i++) {
        const struct citation *c = &citations[i];
        told += c->told >= 0;
        strange += c->told >= 0 && count_common(&c->told, 1, c->evidence, c->n_evidence) == 0;
    }
    if (2 * strange <= told)
        return 0;
    return err_set(err, LLMX_MISMATCH,
                   "%zu of %zu recommendations rest on other evidence than this run has for them: "
                   "give the run that they come from",
                   strange, told);
}

int citations_measure(struct citation *citations, size_t n, const struct llmx_run *run,
                      const struct llmx_faithfulness_options *options, struct llmx_error *err)
{
    if (!run->row->evidence)
        return err_set(err, LLMX_UNSUPPORTED, "the model %s gives no evidence", run->row->name);
    if (options->draws < 1 || options->draws > DRAWS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d draws: choose 1 to %d", options->draws, DRAWS_MAX);
    struct citing job = {.run = run,
                         .options = options,
                         .citations = citations,
                         .parts = LLMX_CUT_RANDOM + options->draws,
                         .lock = PTHREAD_MUTEX_INITIALIZER};
    struct threads *pool = threads_create(options->resampling.threads, err);
    job.popularity =
        pool ? mem_array((size_t)llmx_data_items(run->data), sizeof *job.popularity, err) : NULL;
    int status = job.popularity ? 0 : -1;
    if (status == 0) {
        count_popularity(&job);
        threads_for(pool, n, measure_one, &job);
        status = job.failed ? err_set(err, job.error.code, "%s", job.error.message)
                            : check_run(citations, n, err);
    }
    threads_destroy(pool);
    free(job.popularity);
    return status;
}

/* ---- summing up ---- */

/* What is summed over texts. */
enum {
    SCORE,
    PLACES = SCORE + LLMX_CUTS,
    MEASURED = PLACES + LLMX_CUTS,
    PRECISION,
    CITING,
    RECALL,
    EVIDENT = RECALL + LLMX_RECALLS,
    SUMS
};

static void add_up(double *sums, const struct citation *c)
{
    for (int d = 0; d < LLMX_CUTS && c->is_measured; d++) {
        sums[SCORE + d] += c->score[d];
        sums[PLACES + d] += c->places[d];
    }
    sums[MEASURED] += c->is_measured;
    if (!isnan(c->precision)) {
        sums[PRECISION] += c->precision;
        sums[CITING]++;
    }
    for (int r = 0; r < LLMX_RECALLS && c->n_evidence > 0; r++)
        sums[RECALL + r] += c->recall[r];
    sums[EVIDENT] += c->n_evidence > 0;
}

static int put_intervals(const double *sums, size_t groups, struct llmx_faithfulness *result,
                         struct llmx_error *err)
{
    struct ratio ratio[4 * LLMX_CUTS + 2 + LLMX_RECALLS];
    struct llmx_interval found[sizeof ratio / sizeof *ratio];
    int n = 4 * LLMX_CUTS;
    for (int d = 0; d < LLMX_CUTS; d++) {
        ratio[d] = (struct ratio){SCORE + d, RATIO_NONE, MEASURED};
        ratio[LLMX_CUTS + d] = (struct ratio){PLACES + d, RATIO_NONE, MEASURED};
        ratio[2 * LLMX_CUTS + d] = (struct ratio){SCORE, SCORE + d, MEASURED};
        ratio[3 * LLMX_CUTS + d] = (struct ratio){PLACES, PLACES + d, MEASURED};
    }
    ratio[n++] = (struct ratio){SCORE, RATIO_NONE, SCORE + LLMX_CUT_EVIDENCE};
    ratio[n++] = (struct ratio){PRECISION, RATIO_NONE, CITING};
    for (int r = 0; r < LLMX_RECALLS; r++)
        ratio[n++] = (struct ratio){RECALL + r, RATIO_NONE, EVIDENT};
    const struct ratios ratios = {sums, groups, SUMS, ratio, n};
    if (ratios_measure(&ratios, &result->resampling, found, err) != 0)
        return -1;
    memcpy(result->score, found, sizeof result->score);
    memcpy(result->places, found + LLMX_CUTS, sizeof result->places);
    memcpy(result->score_gain, found + 2 * LLMX_CUTS, sizeof result->score_gain);
    memcpy(result->places_gain, found + 3 * LLMX_CUTS, sizeof result->places_gain);
    memcpy(&result->share, found + 4 * LLMX_CUTS, sizeof result->share);
    memcpy(&result->precision, found + 4 * LLMX_CUTS + 1, sizeof result->precision);
    memcpy(result->recall, found + 4 * LLMX_CUTS + 2, sizeof result->recall);
    return 0;
}

int citations_summarise(const struct citation *citations, size_t n, size_t groups,
                        const struct llmx_faithfulness_options *options,
                        struct llmx_faithfulness *result, struct llmx_error *err)
{
    double *sums = mem_array(groups * SUMS, sizeof *sums, err);
    if (!sums)
        return -1;
    struct llmx_faithfulness r = {.texts = (int)n,
                                  .users = (int)groups,
                                  .draws = options->draws,
                                  .resampling = options->resampling};
    for (size_t i = 0; i < n; i++) {
        const struct citation *c = &citations[i];
        add_up(sums + (size_t)c->group * SUMS, c);
        r.uncited += c->n_cited == 0;
        r.exhaustive += c->is_exhaustive;
        r.measured += c->is_measured;
        r.cited += c->n_cited + c->n_foreign;
        r.foreign += c->n_foreign;
    }
    const int status = put_intervals(sums, groups, &r, err);
    if (status == 0)
        *result = r;
    free(sums);
    return status;
}
