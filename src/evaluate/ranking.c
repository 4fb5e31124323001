/* ranking.c - ranking metrics of an opened run. The lists and the means are made in rank/, where training
 * watches them. */
#include "base/err.h"
#include "data/dataset.h"
#include "llmxrec/evaluate.h"
#include "rank/candidates.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CUTOFF_MAX 1000

static int check(enum llmx_part part, const int *cutoffs, int n, struct llmx_error *err)
{
    if (part != LLMX_VALID && part != LLMX_TEST)
        return err_set(err, LLMX_BAD_OPTION, "only the validation and the test part can be ranked");
    if (n < 1 || n > LLMX_CUTOFFS_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d cut-offs: choose 1 to %d", n, LLMX_CUTOFFS_MAX);
    for (int i = 0; i < n; i++)
        if (cutoffs[i] < 1 || cutoffs[i] > CUTOFF_MAX || (i > 0 && cutoffs[i] <= cutoffs[i - 1]))
            return err_set(err, LLMX_BAD_OPTION, "cut-offs must ascend and lie between 1 and %d",
                           CUTOFF_MAX);
    return 0;
}

static int nothing_held_out(const struct llmx_run *run, enum llmx_part part, struct llmx_error *err)
{
    const char *split_by = run->data->report.split_by;
    return err_set(err, LLMX_BAD_INPUT, "the %s part of the data holds nothing to be found%s",
                   part == LLMX_VALID ? "validation" : "test",
                   split_by && strcmp(split_by, "none") == 0
                       ? ": this run learnt from everything; evaluate the one it was made after"
                       : "");
}

static int rank(const struct llmx_run *run, const struct llmx_evaluate_options *o,
                struct candidates *candidates, struct llmx_metrics *metrics, struct llmx_error *err)
{
    struct rankings rankings = {0};
    const struct rank_options how = {.part = o->part,
                                     .k = o->cutoffs[o->n_cutoffs - 1],
                                     .candidates = candidates,
                                     .with_repeats = o->repeat != 0};
    int result = -1;
    struct threads *pool = threads_create(o->threads, err);
    int *popularity = metrics_popularity(run->data, err);
    if (candidates)
        candidates->popularity = popularity;
    if (pool && popularity &&
        rank_users_as(&rankings, scorer_of(run->row, run->model), run->data, &how, pool, err) == 0)
        result = metrics_compute(metrics, &rankings, popularity, llmx_data_items(run->data),
                                 o->cutoffs, o->n_cutoffs, err);
    rankings_release(&rankings);
    free(popularity);
    threads_destroy(pool);
    return result;
}

int llmx_evaluate_as(const struct llmx_run *run, const struct llmx_evaluate_options *o,
                     struct llmx_metrics *metrics, struct llmx_error *err)
{
    struct candidates candidates;
    if (check(o->part, o->cutoffs, o->n_cutoffs, err) != 0 ||
        (o->candidates && candidates_parse(&candidates, o->candidates, err) != 0))
        return -1;
    if (o->candidates)
        candidates.seed = o->seed;
    if (rank(run, o, o->candidates ? &candidates : NULL, metrics, err) != 0)
        return -1;
    if (metrics->users == 0)
        return nothing_held_out(run, o->part, err);
    if (o->candidates) {
        snprintf(metrics->candidates, sizeof metrics->candidates, "%s:%d",
                 candidates.by_popularity ? "popularity" : "uniform", candidates.each);
        metrics->seed = o->seed;
    }
    metrics->repeat = o->repeat != 0;
    return llmx_data_repeats(run->data, o->part, &metrics->repeats, &metrics->held_out, err);
}

int llmx_evaluate(const struct llmx_run *run, enum llmx_part part, const int *cutoffs, int n,
                  int threads, struct llmx_metrics *metrics, struct llmx_error *err)
{
    return llmx_evaluate_sampled(run, part, cutoffs, n, NULL, 0, threads, metrics, err);
}

int llmx_evaluate_sampled(const struct llmx_run *run, enum llmx_part part, const int *cutoffs,
                          int n, const char *text, uint64_t seed, int threads,
                          struct llmx_metrics *metrics, struct llmx_error *err)
{
    const struct llmx_evaluate_options options = {.part = part,
                                                  .cutoffs = cutoffs,
                                                  .n_cutoffs = n,
                                                  .candidates = text,
                                                  .seed = seed,
                                                  .threads = threads};
    return llmx_evaluate_as(run, &options, metrics, err);
}
