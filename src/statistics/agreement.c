/* agreement.c - Krippendorff's alpha and intraclass correlation. */
#include "statistics/agreement.h"

#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

static int order_of(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_values(const void *a, const void *b)
{
    const struct rated *x = a, *y = b;
    return order_of(x->value, y->value);
}

static int compare_units(const void *a, const void *b)
{
    const struct rated *x = a, *y = b;
    return x->unit == y->unit ? order_of(x->value, y->value) : order_of(x->unit, y->unit);
}

/* Where the ratings end that are of one unit with the first. */
static size_t unit_end(const struct rated *rated, size_t first, size_t n)
{
    size_t end = first + 1;
    while (end < n && rated[end].unit == rated[first].unit)
        end++;
    return end;
}

static size_t value_end(const struct rated *rated, size_t first, size_t n)
{
    size_t end = first + 1;
    while (end < n && rated[end].value == rated[first].value)
        end++;
    return end;
}

/* Keeps those of units that two raters or more rated, sorted by unit: the others tell nothing of agreement. Returns how many. */
static size_t keep_pairable(struct rated *rated, size_t n, int *units)
{
    size_t kept = 0;
    *units = 0;
    qsort(rated, n, sizeof *rated, compare_units);
    for (size_t i = 0, end; i < n; i = end) {
        end = unit_end(rated, i, n);
        for (size_t k = i; k < end && end - i > 1; k++)
            rated[kept++] = rated[k];
        *units += end - i > 1;
    }
    return kept;
}

/* Ranks ratings that are sorted by value, ties at their mean. */
static void put_ranks(struct rated *rated, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        end = value_end(rated, i, n);
        for (size_t k = i; k < end; k++)
            rated[k].rank = (double)(i + end - 1) / 2;
    }
}

/* How many ordered pairs of sorted values are unlike. */
static double unlike(const struct rated *rated, size_t n)
{
    double alike = 0;
    for (size_t i = 0, end; i < n; i = end) {
        end = value_end(rated, i, n);
        alike += (double)(end - i) * (double)(end - i);
    }
    return (double)n * (double)n - alike;
}

/* The disagreement of sorted values, summed over all ordered pairs: squared distances. Krippendorff's ordinal distance of
 * two values is that of their mean ranks among all. */
static double disagreement(const struct rated *rated, size_t n, enum llmx_scale scale)
{
    double mean = 0, sum = 0;
    if (scale == LLMX_NOMINAL)
        return unlike(rated, n);
    for (size_t i = 0; i < n; i++)
        mean += (scale == LLMX_ORDINAL ? rated[i].rank : rated[i].value) / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double off = (scale == LLMX_ORDINAL ? rated[i].rank : rated[i].value) - mean;
        sum += off * off;
    }
    return 2 * (double)n * sum;
}

/* One less the disagreement within units over that among all values. */
static void measure_alpha(struct rated *rated, size_t n, double alpha[LLMX_SCALES])
{
    double expected[LLMX_SCALES], observed[LLMX_SCALES] = {0};
    qsort(rated, n, sizeof *rated, compare_values);
    const bool is_constant = n == 0 || rated[0].value == rated[n - 1].value;
    put_ranks(rated, n);
    for (int s = 0; s < LLMX_SCALES; s++)
        expected[s] = disagreement(rated, n, (enum llmx_scale)s) / ((double)n - 1);
    qsort(rated, n, sizeof *rated, compare_units);
    for (size_t i = 0, end; i < n; i = end) {
        end = unit_end(rated, i, n);
        for (int s = 0; s < LLMX_SCALES; s++)
            observed[s] +=
                disagreement(rated + i, end - i, (enum llmx_scale)s) / (double)(end - i - 1);
    }
    for (int s = 0; s < LLMX_SCALES; s++)
        alpha[s] = is_constant ? NAN : 1 - observed[s] / expected[s];
}

/* Sums over the units that all rated: of what the analysis of variance is made. */
struct complete {
    double *of_rater; /* (raters) */
    double all, squares, unit_squares;
    double first; /* taken off every rating, lest squares lose digits */
    int n;
    bool is_constant;
};

static void add_unit(struct complete *c, const struct rated *rated, size_t raters)
{
    double unit = 0;
    if (c->n == 0)
        c->first = rated[0].value;
    for (size_t r = 0; r < raters; r++) {
        const double value = rated[r].value - c->first;
        c->is_constant &= value == 0;
        c->of_rater[rated[r].rater] += value;
        c->squares += value * value;
        unit += value;
    }
    c->all += unit;
    c->unit_squares += unit * unit;
    c->n++;
}

static void measure_icc(const struct complete *c, size_t raters, struct llmx_agreement *result)
{
    const double n = c->n, k = (double)raters, centre = c->all * c->all / (n * k);
    double rater_squares = 0;
    result->complete = c->n;
    result->icc_2_1 = result->icc_2_k = NAN;
    if (c->n < 3 || c->is_constant)
        return;
    for (size_t r = 0; r < raters; r++)
        rater_squares += c->of_rater[r] * c->of_rater[r];
    const double by_unit = c->unit_squares / k - centre, by_rater = rater_squares / n - centre,
                 rest = c->squares - centre - by_unit - by_rater;
    const double unit = by_unit / (n - 1), rater = by_rater / (k - 1),
                 error = (rest > 0 ? rest : 0) / ((n - 1) * (k - 1));
    result->icc_2_1 = (unit - error) / (unit + (k - 1) * error + k * (rater - error) / n);
    result->icc_2_k = (unit - error) / (unit + (rater - error) / n);
}

int agreement_of(struct rated *rated, size_t n, size_t raters, struct llmx_agreement *result,
                 struct llmx_error *err)
{
    struct complete complete = {.of_rater = mem_array(raters, sizeof(double), err),
                                .is_constant = true};
    if (!complete.of_rater)
        return -1;
    n = keep_pairable(rated, n, &result->pairable);
    measure_alpha(rated, n, result->alpha);
    for (size_t i = 0, end; i < n; i = end) {
        end = unit_end(rated, i, n);
        if (end - i == raters)
            add_unit(&complete, rated + i, raters);
    }
    measure_icc(&complete, raters, result);
    free(complete.of_rater);
    return 0;
}

int llmx_agree(const double *ratings, size_t raters, size_t units, struct llmx_agreement *result,
               struct llmx_error *err)
{
    struct rated *rated = mem_array(raters * units, sizeof *rated, err);
    size_t n = 0;
    int status = rated ? 0 : -1;
    for (size_t r = 0; r < raters && status == 0; r++)
        for (size_t u = 0; u < units && status == 0; u++) {
            const double value = ratings[r * units + u];
            if (isinf(value))
                status = err_set(err, LLMX_BAD_INPUT, "rater %zu's rating of unit %zu is infinite",
                                 r + 1, u + 1);
            else if (!isnan(value))
                rated[n++] =
                    (struct rated){.value = value, .rater = (uint32_t)r, .unit = (uint32_t)u};
        }
    if (status == 0)
        status = agreement_of(rated, n, raters, result, err);
    free(rated);
    return status;
}
