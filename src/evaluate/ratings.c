/* ratings.c - what people say of explanations: means, and how far raters agree. */
#include "evaluate/ratings.h"

#include "base/memory.h"
#include "statistics/grouped.h"
#include "statistics/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STRAY_OF                                                                                   \
    100 /* ratings: a value that is rarer than once in so many, and far off, may be a slip */

/* What people's ratings vary by: the people, where there are enough of them to draw from. */
static void choose_groups(struct llmx_ratings *r)
{
    const bool by_user = r->user_column != NULL, by_rater = r->raters.count >= LLMX_ROWS_FEW;
    r->over = by_user ? "users" : by_rater ? "raters" : "items";
    r->groups = (int)(by_user ? r->users.count : by_rater ? r->raters.count : r->items.count);
    for (size_t i = 0; i < r->n; i++) {
        struct rating *row = &r->rows[i];
        row->group = (int32_t)(by_user ? row->user : by_rater ? row->rater : row->item);
    }
}

static int compare_rated(const void *a, const void *b)
{
    const struct rated *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

/* A rare value at either end that is farther from its neighbour than all others are apart: 55 among 1 to 5. */
static void note_stray(struct llmx_ratings *r, const struct rated *sorted)
{
    const size_t n = r->n, few = n / STRAY_OF + 1;
    size_t second = 0, last = n - 1; /* the least and the most of the values between the ends */
    while (second < n && sorted[second].value == r->least)
        second++;
    while (last > 0 && sorted[last].value == r->most)
        last--;
    if (n < LLMX_ROWS_FEW || second >= last)
        return;
    const double low = sorted[second].value, high = sorted[last].value;
    if (n - 1 - last <= few && r->most - high > high - r->least)
        r->stray = &r->rows[sorted[n - 1].unit];
    else if (second <= few && low - r->least > r->most - low)
        r->stray = &r->rows[sorted[0].unit];
}

static int look_at_values(struct llmx_ratings *r, struct llmx_error *err)
{
    struct rated *sorted = mem_array(r->n, sizeof *sorted, err);
    if (!sorted)
        return -1;
    for (size_t i = 0; i < r->n; i++)
        sorted[i] = (struct rated){.value = r->rows[i].value, .unit = (uint32_t)i};
    qsort(sorted, r->n, sizeof *sorted, compare_rated);
    r->least = sorted[0].value;
    r->most = sorted[r->n - 1].value;
    note_stray(r, sorted);
    free(sorted);
    return 0;
}

/* The mean of one system's ratings for one aspect. values, groups (n): storage. */
static int measure_sample(struct llmx_ratings *r, uint32_t system, uint32_t aspect, double *values,
                          int32_t *groups, struct threads *pool, struct llmx_error *err)
{
    struct sample *sample = &r->samples[system * r->aspects.count + aspect];
    struct grouped grouped;
    struct llmx_bootstrap found;
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].system == system && r->rows[i].aspect == aspect) {
            values[n] = r->rows[i].value;
            groups[n++] = r->rows[i].group;
        }
    sample->n = (int)n;
    sample->interval = (struct llmx_interval){NAN, NAN, NAN};
    if (n == 0)
        return 0;
    int status = grouped_create(&grouped, values, groups, n, (size_t)r->groups, err);
    if (status == 0)
        status = grouped_bootstrap(&grouped, &r->options.resampling, pool, &found, err);
    if (status == 0)
        sample->interval = found.interval;
    grouped_release(&grouped);
    return status;
}

static int measure_samples(struct llmx_ratings *r, struct threads *pool, struct llmx_error *err)
{
    const size_t cells = (size_t)r->systems.count * r->aspects.count;
    double *values = mem_array(r->n, sizeof *values, err);
    int32_t *groups = values ? mem_array(r->n, sizeof *groups, err) : NULL;
    r->samples = groups ? mem_array(cells, sizeof *r->samples, err) : NULL;
    int status = r->samples ? 0 : -1;
    for (uint32_t s = 0; s < r->systems.count; s++)
        for (uint32_t a = 0; a < r->aspects.count && status == 0; a++)
            status = measure_sample(r, s, a, values, groups, pool, err);
    free(values);
    free(groups);
    return status;
}

/* The ratings of one aspect into `rated`, its raters numbered anew: those who said nothing of it are not missed. place
 * (raters): storage, zero. Returns how many ratings there are. */
static size_t gather_aspect(const struct llmx_ratings *r, uint32_t aspect, struct rated *rated,
                            uint32_t *place, uint32_t *raters)
{
    size_t n = 0;
    *raters = 0;
    for (size_t i = 0; i < r->n; i++) {
        const struct rating *row = &r->rows[i];
        if (row->aspect != aspect)
            continue;
        if (place[row->rater] == 0)
            place[row->rater] = ++*raters;
        rated[n++] =
            (struct rated){.value = row->value, .rater = place[row->rater] - 1, .unit = row->unit};
    }
    return n;
}

static int measure_agreement(struct llmx_ratings *r, struct llmx_error *err)
{
    struct rated *rated = mem_array(r->n, sizeof *rated, err);
    uint32_t raters, *place = rated ? mem_array(r->raters.count, sizeof *place, err) : NULL;
    r->agreement = place ? mem_array(r->aspects.count, sizeof *r->agreement, err) : NULL;
    int status = r->agreement ? 0 : -1;
    for (uint32_t a = 0; a < r->aspects.count && status == 0; a++) {
        memset(place, 0, r->raters.count * sizeof *place);
        const size_t n = gather_aspect(r, a, rated, place, &raters);
        status = agreement_of(rated, n, raters, &r->agreement[a], err);
    }
    free(rated);
    free(place);
    return status;
}

static int measure_all(struct llmx_ratings *r, struct llmx_error *err)
{
    struct threads *pool = threads_create(r->options.resampling.threads, err);
    int status = -1;
    if (pool && look_at_values(r, err) == 0 && measure_samples(r, pool, err) == 0 &&
        measure_agreement(r, err) == 0 && raters_judge(r, err) == 0)
        status = systems_compare(r, pool, err);
    threads_destroy(pool);
    return status;
}

int llmx_ratings_open(struct llmx_ratings **ratings, const char *path,
                      const struct llmx_ratings_options *options, struct llmx_error *err)
{
    struct llmx_ratings *r = mem_array(1, sizeof *r, err);
    if (!r)
        return -1;
    r->options = *options;
    if ((options->user &&
         !(r->user_column = mem_text(options->user, strlen(options->user), err))) ||
        resample_check(options->resampling.resamples, err) != 0 || ratings_read(r, path, err) != 0)
        goto fail;
    choose_groups(r);
    if (measure_all(r, err) != 0)
        goto fail;
    *ratings = r;
    return 0;
fail:
    llmx_ratings_destroy(r);
    return -1;
}

void llmx_ratings_destroy(struct llmx_ratings *r)
{
    if (!r)
        return;
    struct names *const names[] = {&r->raters, &r->items,  &r->systems, &r->aspects, &r->users,
                                   &r->units,  &r->sheets, &r->persons, &r->figures};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        names_release(names[i]);
    free(r->user_column);
    free(r->rows);
    free(r->samples);
    free(r->agreement);
    free(r->by_rater);
    free(r->tests);
    free(r->by_figure);
    free(r);
}
