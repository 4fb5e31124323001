#include "evaluate/rating_figures.h"

#include "base/memory.h"
#include "statistics/correlation.h"
#include "statistics/grouped.h"
#include "statistics/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES_MOST                                                                             \
    1000 /* of the whole data set: each sorts anew, and the ends of an interval need no more */

/* Ratings that have a figure. */
struct joined {
    const struct llmx_ratings *r;
    const struct rating **rows; /* (n) */
    struct point *points;       /* (n) */
    struct correlating *spare;  /* (2 n) */
    double *coefficients;       /* (3, n) of groups of ratings */
    int32_t *people;            /* (n) whose group that is */
    const double *of_row;
    size_t n;
};

static int joined_create(struct joined *j, const struct llmx_ratings *r, const double *of_row,
                         uint32_t aspect, struct llmx_error *err)
{
    *j = (struct joined){.r = r, .of_row = of_row};
    if (!(j->rows = mem_array(r->n, sizeof *j->rows, err)) ||
        !(j->points = mem_array(r->n, sizeof *j->points, err)) ||
        !(j->spare = mem_array(r->n, 2 * sizeof *j->spare, err)) ||
        !(j->coefficients = mem_array(r->n, 3 * sizeof *j->coefficients, err)) ||
        !(j->people = mem_array(r->n, sizeof *j->people, err)))
        return -1;
    for (size_t i = 0; i < r->n; i++)
        if (r->rows[i].aspect == aspect && !isnan(of_row[i]))
            j->rows[j->n++] = &r->rows[i];
    return 0;
}

static void joined_release(struct joined *j)
{
    free(j->rows);
    free(j->points);
    free(j->spare);
    free(j->coefficients);
    free(j->people);
}

static uint32_t part_of(const struct rating *row, enum level level)
{
    return level == LEVEL_PERSON ? row->person : row->sheet;
}

static int compare_rows(const struct rating *a, const struct rating *b, enum level level)
{
    const uint32_t x = part_of(a, level), y = part_of(b, level);
    return (x > y) - (x < y);
}

static int compare_persons(const void *a, const void *b)
{
    return compare_rows(*(const struct rating *const *)a, *(const struct rating *const *)b,
                        LEVEL_PERSON);
}

static int compare_sheets(const void *a, const void *b)
{
    return compare_rows(*(const struct rating *const *)a, *(const struct rating *const *)b,
                        LEVEL_ITEM);
}

static void put_points(struct joined *j, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        j->points[i - first] = (struct point){.x = j->of_row[j->rows[i] - j->r->rows],
                                              .y = j->rows[i]->value,
                                              .weight = 1,
                                              .group = (uint32_t)j->rows[i]->group};
    correlate_sort(j->points, end - first);
}

/* The interval of the mean of n coefficients, drawn by whose they are. */
static int put_interval(const struct joined *j, const double *coefficients, size_t n, double *mean,
                        double *low, double *high, struct threads *pool, struct llmx_error *err)
{
    const struct llmx_ratings *r = j->r;
    struct grouped grouped;
    struct llmx_bootstrap found = {.interval = {NAN, NAN, NAN}};
    int status = 0;
    if (n > 0) {
        status = grouped_create(&grouped, coefficients, j->people, n, r->n, err);
        if (status == 0)
            status = grouped_bootstrap(&grouped, &r->options.resampling, pool, &found, err);
        grouped_release(&grouped);
    }
    *mean = found.interval.mean;
    *low = found.interval.low;
    *high = found.interval.high;
    return status;
}

/* Correlation within each person, or each sheet, and the mean over them. */
static int agree_within(struct level_agreement *result, struct joined *j, enum level level,
                        struct threads *pool, struct llmx_error *err)
{
    const size_t all = j->r->n;
    size_t used = 0;
    qsort(j->rows, j->n, sizeof *j->rows, level == LEVEL_PERSON ? compare_persons : compare_sheets);
    for (size_t i = 0, end; i < j->n; i = end, result->n++) {
        for (end = i + 1; end < j->n && part_of(j->rows[end], level) == part_of(j->rows[i], level);
             end++)
            ;
        put_points(j, i, end);
        const struct llmx_correlation found = correlate_points(j->points, end - i, j->spare);
        if (isnan(found.kendall))
            continue;
        j->coefficients[used] = found.pearson;
        j->coefficients[all + used] = found.spearman;
        j->coefficients[2 * all + used] = found.kendall;
        j->people[used++] = (int32_t)(j->r->user_column ? j->rows[i]->user : j->rows[i]->rater);
    }
    result->used = (int)used;
    if (put_interval(j, j->coefficients, used, &result->mean.pearson, &result->low.pearson,
                     &result->high.pearson, pool, err) != 0 ||
        put_interval(j, j->coefficients + all, used, &result->mean.spearman, &result->low.spearman,
                     &result->high.spearman, pool, err) != 0)
        return -1;
    return put_interval(j, j->coefficients + 2 * all, used, &result->mean.kendall,
                        &result->low.kendall, &result->high.kendall, pool, err);
}

/* The whole data set, resampled: every point weighs as often as its group was drawn. */
struct weighing {
    const struct joined *j;
    size_t groups;
    struct point *points;      /* (threads, n) */
    struct correlating *spare; /* (threads, 2 n) */
    uint32_t *times;           /* (threads, groups) */
};

static void measure_correlation(const struct resampling *r, const uint32_t *drawn, int thread,
                                double *figures)
{
    const struct weighing *w = r->context;
    const size_t n = w->j->n, t = (size_t)thread;
    struct point *points = w->points + t * n;
    uint32_t *times = w->times + t * w->groups;
    size_t kept = 0;
    memset(times, 0, w->groups * sizeof *times);
    for (uint32_t g = 0; g < r->groups; g++)
        times[drawn[g]]++;
    for (size_t i = 0; i < n; i++)
        if (times[w->j->points[i].group] > 0) {
            points[kept] = w->j->points[i];
            points[kept++].weight = times[w->j->points[i].group];
        }
    const struct llmx_correlation found = correlate_points(points, kept, w->spare + t * 2 * n);
    figures[0] = found.pearson;
    figures[1] = found.spearman;
    figures[2] = found.kendall;
}

/* Numbers the groups of the points from 0 up, without gaps, in their order; returns how many there are, or 0: memory is
 * out. */
static uint32_t number_groups(const struct joined *j, struct llmx_error *err)
{
    const size_t all = (size_t)j->r->groups;
    uint32_t *place = mem_array(all, sizeof *place, err), groups = 0;
    if (!place)
        return 0;
    for (size_t i = 0; i < j->n; i++)
        place[j->points[i].group] = 1;
    for (size_t g = 0; g < all; g++)
        if (place[g] > 0)
            place[g] = groups++;
    for (size_t i = 0; i < j->n; i++)
        j->points[i].group = place[j->points[i].group];
    free(place);
    return groups;
}

static int weigh(struct level_agreement *result, const struct joined *j, struct threads *pool,
                 struct llmx_error *err)
{
    const size_t threads = (size_t)threads_count(pool);
    const struct llmx_resampling *how = &j->r->options.resampling;
    struct weighing w = {.j = j, .groups = number_groups(j, err)};
    double *figures = NULL;
    const struct resampling r = {.groups = (uint32_t)w.groups,
                                 .n = 3,
                                 .resamples = how->resamples < RESAMPLES_MOST ? how->resamples
                                                                              : RESAMPLES_MOST,
                                 .seed = how->seed,
                                 .measure = measure_correlation,
                                 .context = &w};
    int status = -1;
    if (w.groups == 0 || !(w.points = mem_array(threads, j->n * sizeof *w.points, err)) ||
        !(w.spare = mem_array(threads, 2 * j->n * sizeof *w.spare, err)) ||
        !(w.times = mem_array(threads, w.groups * sizeof *w.times, err)) ||
        !(figures = mem_array((size_t)r.resamples, 3 * sizeof *figures, err)) ||
        resample(&r, pool, figures, err) != 0)
        goto done;
    struct resampled drawn[3];
    for (int f = 0; f < 3; f++)
        drawn[f] = resample_summarise(figures + (size_t)f * (size_t)r.resamples, r.resamples);
    result->low = (struct llmx_correlation){drawn[0].low, drawn[1].low, drawn[2].low};
    result->high = (struct llmx_correlation){drawn[0].high, drawn[1].high, drawn[2].high};
    status = 0;
done:
    free(w.points);
    free(w.spare);
    free(w.times);
    free(figures);
    return status;
}

static int agree_over_all(struct level_agreement *result, struct joined *j, struct threads *pool,
                          struct llmx_error *err)
{
    put_points(j, 0, j->n);
    result->n = (int)j->n;
    result->mean = correlate_points(j->points, j->n, j->spare);
    result->low = result->high = (struct llmx_correlation){NAN, NAN, NAN};
    if (isnan(result->mean.kendall))
        return 0;
    result->used = result->n;
    return weigh(result, j, pool, err);
}

int figure_agree(struct figure_agreement *result, const struct llmx_ratings *ratings,
                 const double *of_row, uint32_t aspect, struct threads *pool,
                 struct llmx_error *err)
{
    struct joined j;
    int status = joined_create(&j, ratings, of_row, aspect, err);
    if (status == 0)
        status = agree_over_all(&result->level[LEVEL_DATASET], &j, pool, err);
    if (status == 0)
        status = agree_within(&result->level[LEVEL_PERSON], &j, LEVEL_PERSON, pool, err);
    if (status == 0)
        status = agree_within(&result->level[LEVEL_ITEM], &j, LEVEL_ITEM, pool, err);
    joined_release(&j);
    return status;
}

/* ---- the system alone ---- */

/* A sum over ratings and how many they are. */
struct sum {
    double sum;
    int n;
};

static void add_to(struct sum *to, double value)
{
    to->sum += value;
    to->n++;
}

int figure_of_system(const struct llmx_ratings *r, double *of_row, struct llmx_error *err)
{
    const size_t kinds = (size_t)r->systems.count * r->aspects.count,
                 owners = r->user_column ? r->users.count : r->raters.count;
    struct sum *all = mem_array(kinds, sizeof *all, err),
               *own = all ? mem_array(owners * kinds, sizeof *own, err) : NULL;
    for (int is_summed = 0; is_summed < 2 && own; is_summed++)
        for (size_t i = 0; i < r->n; i++) {
            const struct rating *row = &r->rows[i];
            const size_t kind = (size_t)row->system * r->aspects.count + row->aspect,
                         owner = r->user_column ? row->user : row->rater;
            struct sum *whole = &all[kind], *part = &own[owner * kinds + kind];
            if (!is_summed) {
                add_to(whole, row->value);
                add_to(part, row->value);
            } else
                of_row[i] =
                    whole->n > part->n ? (whole->sum - part->sum) / (whole->n - part->n) : NAN;
        }
    const int status = own ? 0 : -1;
    free(all);
    free(own);
    return status;
}
