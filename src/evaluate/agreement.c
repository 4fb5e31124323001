/* agreement.c - Krippendorff's alpha and intraclass correlation. */
#include "llmxrec/agreement.h"

#include "base/err.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

struct cell {
    double value;
    double rank; /* among all values, ties at their mean */
    size_t unit;
};

/* Ratings of units that two raters or more rated, unit by unit: the others tell nothing of agreement. */
struct pairable {
    struct cell *cells; /* (n) */
    size_t n;
    int units;
};

static int gather(struct pairable *p, const double *ratings, size_t raters, size_t units,
                  struct llmx_error *err)
{
    *p = (struct pairable){.cells = mem_array(raters * units, sizeof *p->cells, err)};
    if (!p->cells)
        return -1;
    for (size_t u = 0; u < units; u++) {
        const size_t before = p->n;
        for (size_t r = 0; r < raters; r++) {
            const double value = ratings[r * units + u];
            if (isinf(value)) {
                free(p->cells);
                return err_set(err, LLMX_BAD_INPUT, "rater %zu's rating of unit %zu is infinite",
                               r + 1, u + 1);
            }
            if (!isnan(value))
                p->cells[p->n++] = (struct cell){.value = value, .unit = u};
        }
        if (p->n - before < 2)
            p->n = before;
        else
            p->units++;
    }
    return 0;
}

static int compare_values(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    return (x->value > y->value) - (x->value < y->value);
}

static int compare_cells(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    return x->unit == y->unit ? compare_values(a, b) : x->unit < y->unit ? -1 : 1;
}

/* Ranks cells that are sorted by value. */
static void put_ranks(struct cell *cells, size_t n)
{
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && cells[end].value == cells[i].value; end++)
            ;
        for (size_t k = i; k < end; k++)
            cells[k].rank = (double)(i + end - 1) / 2;
    }
}

/* By how much values sorted differ as mere names: how many ordered pairs are unlike. */
static double unlike(const struct cell *cells, size_t n)
{
    double alike = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && cells[end].value == cells[i].value; end++)
            ;
        alike += (double)(end - i) * (double)(end - i);
    }
    return (double)n * (double)n - alike;
}

/* The disagreement of sorted values, summed over all ordered pairs. Krippendorff's ordinal distance of two values is that
 * of their mean ranks among all, and it is squared as intervals are. */
static double disagreement(const struct cell *cells, size_t n, enum llmx_scale scale)
{
    double mean = 0, sum = 0;
    if (scale == LLMX_NOMINAL)
        return unlike(cells, n);
    for (size_t i = 0; i < n; i++)
        mean += (scale == LLMX_ORDINAL ? cells[i].rank : cells[i].value) / (double)n;
    for (size_t i = 0; i < n; i++) {
        const double off = (scale == LLMX_ORDINAL ? cells[i].rank : cells[i].value) - mean;
        sum += off * off;
    }
    return 2 * (double)n * sum;
}

/* Observed disagreement, within units, over that among all values. */
static void measure_alpha(struct pairable *p, double alpha[LLMX_SCALES])
{
    double expected[LLMX_SCALES], observed[LLMX_SCALES] = {0};
    qsort(p->cells, p->n, sizeof *p->cells, compare_values);
    const bool is_constant = p->n == 0 || p->cells[0].value == p->cells[p->n - 1].value;
    put_ranks(p->cells, p->n);
    for (int s = 0; s < LLMX_SCALES; s++)
        expected[s] = disagreement(p->cells, p->n, (enum llmx_scale)s) / ((double)p->n - 1);
    qsort(p->cells, p->n, sizeof *p->cells, compare_cells);
    for (size_t i = 0, end; i < p->n; i = end) {
        for (end = i + 1; end < p->n && p->cells[end].unit == p->cells[i].unit; end++)
            ;
        for (int s = 0; s < LLMX_SCALES; s++)
            observed[s] +=
                disagreement(p->cells + i, end - i, (enum llmx_scale)s) / (double)(end - i - 1);
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

static void add_unit(struct complete *c, const double *ratings, size_t raters, size_t units)
{
    double unit = 0;
    for (size_t r = 0; r < raters; r++)
        if (isnan(ratings[r * units]))
            return;
    if (c->n == 0)
        c->first = ratings[0];
    for (size_t r = 0; r < raters; r++) {
        const double value = ratings[r * units] - c->first;
        c->is_constant &= value == 0;
        c->of_rater[r] += value;
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
    result->icc_2_1 = result->icc_2_k = NAN;
    if (c->n < 3 || raters < 2 || c->is_constant)
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

int llmx_agree(const double *ratings, size_t raters, size_t units, struct llmx_agreement *result,
               struct llmx_error *err)
{
    struct pairable pairable;
    struct complete complete = {.of_rater = mem_array(raters, sizeof(double), err),
                                .is_constant = true};
    int status = -1;
    if (!complete.of_rater || gather(&pairable, ratings, raters, units, err) != 0)
        goto done;
    *result = (struct llmx_agreement){.pairable = pairable.units};
    measure_alpha(&pairable, result->alpha);
    free(pairable.cells);
    for (size_t u = 0; u < units; u++)
        add_unit(&complete, ratings + u, raters, units);
    measure_icc(&complete, raters, result);
    result->complete = complete.n;
    status = 0;
done:
    free(complete.of_rater);
    return status;
}
