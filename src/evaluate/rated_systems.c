/* rated_systems.c - is one system rated higher than another by the same people for the same items? And do people's sheets
 * differ at all? */
#include "base/memory.h"
#include "evaluate/ratings.h"
#include "statistics/grouped.h"

#include <math.h>
#include <stdlib.h>

/* Every sheet with all its answers: aspects of systems in columns, NaN where one is missing. */
struct answers {
    struct llmx_ratings *r;
    size_t columns;
    double *values;  /* (sheets, columns) */
    int32_t *groups; /* (sheets) */
    double *differences;
    int32_t *of_difference; /* (sheets) storage */
};

static double *answer(const struct answers *a, size_t sheet, uint32_t aspect, uint32_t system)
{
    return &a->values[sheet * a->columns + (size_t)aspect * a->r->systems.count + system];
}

static int answers_create(struct answers *a, struct llmx_ratings *r, struct llmx_error *err)
{
    const size_t sheets = r->sheets.count;
    *a = (struct answers){.r = r, .columns = (size_t)r->systems.count * r->aspects.count};
    if (!(a->values = mem_array(sheets, a->columns * sizeof *a->values, err)) ||
        !(a->groups = mem_array(sheets, sizeof *a->groups, err)) ||
        !(a->differences = mem_array(sheets, sizeof *a->differences, err)) ||
        !(a->of_difference = mem_array(sheets, sizeof *a->of_difference, err)))
        return -1;
    for (size_t i = 0; i < sheets * a->columns; i++)
        a->values[i] = NAN;
    for (size_t i = 0; i < r->n; i++) {
        const struct rating *row = &r->rows[i];
        *answer(a, row->sheet, row->aspect, row->system) = row->value;
        a->groups[row->sheet] = row->group;
    }
    return 0;
}

static void answers_release(struct answers *a)
{
    free(a->values);
    free(a->groups);
    free(a->differences);
    free(a->of_difference);
}

/* How many sheets differ, and how often the commonest stands. */
static int count_sheets(const struct answers *a, struct llmx_error *err)
{
    struct llmx_ratings *r = a->r;
    struct names different = {0};
    int *times = mem_array(r->sheets.count, sizeof *times, err);
    int64_t place = times ? 0 : -1;
    for (size_t s = 0; s < r->sheets.count && place >= 0; s++) {
        const double *row = a->values + s * a->columns;
        place = names_add(&different, (const char *)row, a->columns * sizeof *row, err);
        if (place >= 0 && ++times[place] > r->common_sheets)
            r->common_sheets = times[place];
    }
    r->different_sheets = (int)different.count;
    names_release(&different);
    free(times);
    return place < 0 ? -1 : 0;
}

/* Of systems that have no sheet in common nothing can be said: n is 0 then. */
static int test_pair(const struct answers *a, struct pair_test *test, struct threads *pool,
                     struct llmx_error *err)
{
    const struct llmx_ratings *r = a->r;
    struct grouped grouped;
    struct llmx_bootstrap found;
    size_t n = 0;
    for (size_t s = 0; s < r->sheets.count; s++) {
        const double first = *answer(a, s, test->aspect, test->first),
                     second = *answer(a, s, test->aspect, test->second);
        if (isnan(first) || isnan(second))
            continue;
        a->differences[n] = second - first;
        a->of_difference[n++] = a->groups[s];
    }
    test->n = (int)n;
    if (n == 0)
        return 0;
    int status =
        grouped_create(&grouped, a->differences, a->of_difference, n, (size_t)r->groups, err);
    if (status == 0)
        status = grouped_bootstrap(&grouped, &r->options.resampling, pool, &found, err);
    if (status == 0)
        status = grouped_permutation(&grouped, &r->options.resampling, pool, &test->p, err);
    if (status == 0)
        test->difference = found.interval;
    grouped_release(&grouped);
    return status;
}

static int adjust(struct llmx_ratings *r, struct llmx_error *err)
{
    double *p = mem_array(r->n_tests, 3 * sizeof *p, err), *holm = p ? p + r->n_tests : NULL,
           *hochberg = p ? holm + r->n_tests : NULL;
    int status = p ? 0 : -1;
    for (size_t t = 0; t < r->n_tests && status == 0; t++)
        p[t] = r->tests[t].p;
    if (status == 0)
        status = llmx_adjust_holm(p, r->n_tests, holm, err);
    if (status == 0)
        status = llmx_adjust_hochberg(p, r->n_tests, hochberg, err);
    for (size_t t = 0; t < r->n_tests && status == 0; t++) {
        r->tests[t].holm = holm[t];
        r->tests[t].hochberg = hochberg[t];
    }
    free(p);
    return status;
}

static int test_all(const struct answers *a, struct threads *pool, struct llmx_error *err)
{
    struct llmx_ratings *r = a->r;
    const uint32_t systems = r->systems.count;
    const size_t pairs = (size_t)systems * (systems - 1) / 2 * r->aspects.count;
    r->tests = mem_array(pairs, sizeof *r->tests, err);
    if (!r->tests)
        return -1;
    for (uint32_t aspect = 0; aspect < r->aspects.count; aspect++)
        for (uint32_t first = 0; first < systems; first++)
            for (uint32_t second = first + 1; second < systems; second++) {
                struct pair_test *test = &r->tests[r->n_tests];
                *test = (struct pair_test){.aspect = aspect, .first = first, .second = second};
                if (test_pair(a, test, pool, err) != 0)
                    return -1;
                r->n_tests += test->n > 0;
            }
    return adjust(r, err);
}

int systems_compare(struct llmx_ratings *ratings, struct threads *pool, struct llmx_error *err)
{
    struct answers answers;
    int status = answers_create(&answers, ratings, err);
    if (status == 0)
        status = count_sheets(&answers, err);
    if (status == 0)
        status = test_all(&answers, pool, err);
    answers_release(&answers);
    return status;
}
