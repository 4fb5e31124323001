/* study_plan.c - shuffles by counted random numbers. */
#include "serve/study_plan.h"

#include "base/memory.h"
#include "base/rng.h"

#include <stdlib.h>

/* The streams of a study: one for the order of all units, then two for each rater. */
static struct rng stream(const struct study_plan *plan, int rater, int which)
{
    return rng_stream(plan->seed, RNG_PERMUTATION, (uint64_t)(2 * (rater + 1) + which));
}

static void shuffle(int *order, int n, struct rng *rng)
{
    for (int i = n - 1; i > 0; i--) {
        const int k = (int)rng_below(rng, (uint32_t)i + 1), kept = order[i];
        order[i] = order[k];
        order[k] = kept;
    }
}

static int *numbers(int n, struct llmx_error *err)
{
    int *order = mem_array((size_t)n + 1, sizeof *order, err);
    for (int i = 0; order && i < n; i++)
        order[i] = i;
    return order;
}

/* The units of a rater: the next `tasks` of the round that all raters take from, one after the other. */
static int *units_of(const struct study_plan *plan, int rater, struct llmx_error *err)
{
    struct rng everybody = stream(plan, -1, 0), own = stream(plan, rater, 0);
    int *round = numbers(plan->units, err), *units = numbers(plan->tasks, err);
    if (round && units) {
        shuffle(round, plan->units, &everybody);
        const int64_t first = (int64_t)rater * plan->tasks;
        for (int k = 0; k < plan->tasks; k++)
            units[k] = round[(first + k) % plan->units];
        shuffle(units, plan->tasks, &own);
    } else {
        free(units);
        units = NULL;
    }
    free(round);
    return units;
}

/* Is task t of all a check? They stand evenly, the last at the end. */
static int is_check(const struct study_plan *plan, int t)
{
    const int64_t all = plan->tasks + plan->checks;
    return (t + 1) * (int64_t)plan->checks / all > t * (int64_t)plan->checks / all;
}

int study_plan_rater(const struct study_plan *plan, int rater, struct study_task *task,
                     struct llmx_error *err)
{
    struct rng places = stream(plan, rater, 1);
    int *units = units_of(plan, rater, err);
    if (!units)
        return -1;
    for (int t = 0, next = 0; t < plan->tasks + plan->checks; t++) {
        task[t].unit = is_check(plan, t) ? STUDY_CHECK : units[next++];
        for (int k = 0; k < plan->systems; k++)
            task[t].places[k] = k;
        shuffle(task[t].places, plan->systems, &places);
    }
    free(units);
    return 0;
}
