/* raters.c - is a rater out of line, or does one answer alike throughout? */
#include "base/memory.h"
#include "evaluate/ratings.h"

#include <math.h>
#include <stdlib.h>

#define ALIKE_SHARE  0.9  /* of a rater's answers, the same one */
#define DIFFERENCE   0.25 /* of the scale, from the others' mean: harsh or mild */
#define ONE_SIDED_95 1.645
#define ANSWERS_FEW  10 /* below: nothing is said of the rater */

/* Sums over the ratings of one aspect of one thing, or of one aspect. */
struct sum {
    double value;
    int n;
};

struct judging {
    struct llmx_ratings *r;
    struct sum *cells;   /* (units, aspects) */
    struct sum *aspects; /* (aspects) */
    struct pair {
        uint32_t rater;
        double value, own,
            others; /* the rating, and two deviations from the aspect's mean; NAN: there are no others */
    } * pairs;      /* (n) by rater, then value */
};

static int compare_pairs(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;
    if (x->rater != y->rater)
        return x->rater < y->rater ? -1 : 1;
    return (x->value > y->value) - (x->value < y->value);
}

static void fill(struct judging *j)
{
    const struct llmx_ratings *r = j->r;
    for (size_t i = 0; i < r->n; i++) {
        const struct rating *row = &r->rows[i];
        struct sum *const sums[] = {&j->cells[(size_t)row->unit * r->aspects.count + row->aspect],
                                    &j->aspects[row->aspect]};
        for (int s = 0; s < 2; s++) {
            sums[s]->value += row->value;
            sums[s]->n++;
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        const struct rating *row = &r->rows[i];
        const struct sum *cell = &j->cells[(size_t)row->unit * r->aspects.count + row->aspect],
                         *aspect = &j->aspects[row->aspect];
        const double mean = aspect->value / aspect->n;
        j->pairs[i] =
            (struct pair){row->rater, row->value, row->value - mean,
                          cell->n > 1 ? (cell->value - row->value) / (cell->n - 1) - mean : NAN};
    }
    qsort(j->pairs, r->n, sizeof *j->pairs, compare_pairs);
}

static void find_common(struct rater *rater, const struct pair *pairs, size_t n)
{
    size_t most = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && pairs[end].value == pairs[i].value; end++)
            ;
        if (end - i > most) {
            most = end - i;
            rater->common_value = pairs[i].value;
        }
    }
    rater->common_share = (double)most / (double)n;
}

/* x, y: storage for n values each. */
static int compare_with_others(struct rater *rater, const struct pair *pairs, size_t n, double *x,
                               double *y, struct llmx_error *err)
{
    struct llmx_correlation found;
    for (size_t i = 0; i < n; i++)
        if (!isnan(pairs[i].others)) {
            x[rater->shared] = pairs[i].own;
            y[rater->shared++] = pairs[i].others;
            rater->difference += pairs[i].own - pairs[i].others;
        }
    rater->difference = rater->shared > 0 ? rater->difference / rater->shared : NAN;
    if (llmx_correlate(x, y, (size_t)rater->shared, &found, err) != 0)
        return -1;
    rater->with_others = found.pearson;
    return 0;
}

/* Agreement that could be chance (Fisher's z), or a mean far from the others'. */
static bool is_out_of_line(const struct rater *rater, double scale)
{
    if (rater->shared < LLMX_ROWS_FEW)
        return false;
    return fabs(rater->difference) > DIFFERENCE * scale ||
           atanh(rater->with_others) * sqrt(rater->shared - 3) < ONE_SIDED_95;
}

static int judge_rater(struct judging *j, const struct pair *pairs, size_t n, double *x, double *y,
                       struct llmx_error *err)
{
    const struct llmx_ratings *r = j->r;
    const double scale =
        r->options.has_scale ? r->options.most - r->options.least : r->most - r->least;
    struct rater *rater = &j->r->by_rater[pairs[0].rater];
    rater->n = (int)n;
    for (size_t i = 0; i < n; i++)
        rater->mean += pairs[i].value / (double)n;
    find_common(rater, pairs, n);
    if (compare_with_others(rater, pairs, n, x, y, err) != 0)
        return -1;
    rater->is_alike = n >= ANSWERS_FEW && rater->common_share >= ALIKE_SHARE;
    rater->is_out_of_line = is_out_of_line(rater, scale);
    return 0;
}

int raters_judge(struct llmx_ratings *r, struct llmx_error *err)
{
    struct judging j = {.r = r};
    double *x = mem_array(r->n, sizeof *x, err), *y = x ? mem_array(r->n, sizeof *y, err) : NULL;
    int status = -1;
    if (!y || !(r->by_rater = mem_array(r->raters.count, sizeof *r->by_rater, err)) ||
        !(j.cells = mem_array((size_t)r->units.count * r->aspects.count, sizeof *j.cells, err)) ||
        !(j.aspects = mem_array(r->aspects.count, sizeof *j.aspects, err)) ||
        !(j.pairs = mem_array(r->n, sizeof *j.pairs, err)))
        goto done;
    fill(&j);
    status = 0;
    for (size_t i = 0, end; i < r->n && status == 0; i = end) {
        for (end = i + 1; end < r->n && j.pairs[end].rater == j.pairs[i].rater; end++)
            ;
        status = judge_rater(&j, j.pairs + i, end - i, x, y, err);
    }
done:
    free(x);
    free(y);
    free(j.cells);
    free(j.aspects);
    free(j.pairs);
    return status;
}
