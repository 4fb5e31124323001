/* ranking.c - ranking metrics of an opened run. The lists and the means are made in recommend/, where training
 * watches them. */
#include "base/err.h"
#include "llmxrec/evaluate.h"
#include "rank/candidates.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>

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

static int evaluate(const struct llmx_run *run, enum llmx_part part, const int *cutoffs, int n,
                    struct candidates *candidates, int threads, struct llmx_metrics *metrics,
                    struct llmx_error *err)
{
    const struct scorer scorer = scorer_of(run->row, run->model);
    struct rankings rankings = {0};
    int result = -1;
    if (check(part, cutoffs, n, err) != 0)
        return -1;
    struct threads *pool = threads_create(threads, err);
    int *popularity = metrics_popularity(run->data, err);
    if (candidates)
        candidates->popularity = popularity;
    if (pool && popularity &&
        rank_users_among(&rankings, scorer, run->data, part, cutoffs[n - 1], 0, candidates, pool,
                         err) == 0)
        result = metrics_compute(metrics, &rankings, popularity, llmx_data_items(run->data),
                                 cutoffs, n, err);
    if (result == 0 && metrics->users == 0)
        result = err_set(err, LLMX_BAD_INPUT, "the %s part of the data holds nothing to be found",
                         part == LLMX_VALID ? "validation" : "test");
    rankings_release(&rankings);
    free(popularity);
    threads_destroy(pool);
    return result;
}

int llmx_evaluate(const struct llmx_run *run, enum llmx_part part, const int *cutoffs, int n,
                  int threads, struct llmx_metrics *metrics, struct llmx_error *err)
{
    return evaluate(run, part, cutoffs, n, NULL, threads, metrics, err);
}

int llmx_evaluate_sampled(const struct llmx_run *run, enum llmx_part part, const int *cutoffs,
                          int n, const char *text, uint64_t seed, int threads,
                          struct llmx_metrics *metrics, struct llmx_error *err)
{
    struct candidates candidates;
    if (candidates_parse(&candidates, text, err) != 0)
        return -1;
    candidates.seed = seed;
    if (evaluate(run, part, cutoffs, n, &candidates, threads, metrics, err) != 0)
        return -1;
    snprintf(metrics->candidates, sizeof metrics->candidates, "%s:%d",
             candidates.by_popularity ? "popularity" : "uniform", candidates.each);
    metrics->seed = seed;
    return 0;
}
