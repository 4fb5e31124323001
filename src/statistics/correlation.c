#include "statistics/correlation.h"

#include "base/err.h"
#include "base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FEW 12 /* are sorted faster by inserting */

static int order_of(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_points(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return p->x == q->x ? order_of(p->y, q->y) : order_of(p->x, q->x);
}

void correlate_sort(struct point *points, size_t n)
{
    if (n > 1)
        qsort(points, n, sizeof *points, compare_points);
}

static double pairs_of(double n)
{
    return n * (n - 1) / 2;
}

/* Ranks points by x, ties at their mean. Returns how many pairs are tied; *both: those that are tied in y as well. */
static double rank_by_x(struct point *points, size_t n, double *both)
{
    double tied = 0, before = 0;
    *both = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double weight = 0, same = 0;
        for (end = i; end < n && points[end].x == points[i].x; end++) {
            if (points[end].y != points[end > i ? end - 1 : i].y) {
                *both += pairs_of(same);
                same = 0;
            }
            same += points[end].weight;
            weight += points[end].weight;
        }
        *both += pairs_of(same);
        tied += pairs_of(weight);
        for (size_t k = i; k < end; k++)
            points[k].rank_x = before + (weight - 1) / 2;
        before += weight;
    }
    return tied;
}

/* The same by y, in whose order `sorted` is. */
static double rank_by_y(struct point *points, const struct correlating *sorted, size_t n)
{
    double tied = 0, before = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double weight = 0;
        for (end = i; end < n && sorted[end].y == sorted[i].y; end++)
            weight += sorted[end].weight;
        tied += pairs_of(weight);
        for (size_t k = i; k < end; k++)
            points[sorted[k].point].rank_y = before + (weight - 1) / 2;
        before += weight;
    }
    return tied;
}

/* Sorts a few by y, by inserting, and counts the pairs that stood the wrong way round. */
static double count_few(struct correlating *by_y, size_t n)
{
    double wrong = 0;
    for (size_t j = 1; j < n; j++) {
        const struct correlating next = by_y[j];
        size_t i = j;
        for (; i > 0 && by_y[i - 1].y > next.y; i--) {
            wrong += by_y[i - 1].weight * next.weight;
            by_y[i] = by_y[i - 1];
        }
        by_y[i] = next;
    }
    return wrong;
}

/* The same of any number, by merging; spare (n). */
static double count_inversions(struct correlating *by_y, struct correlating *spare, size_t n)
{
    if (n <= FEW)
        return count_few(by_y, n);
    const size_t half = n / 2;
    double wrong =
               count_inversions(by_y, spare, half) + count_inversions(by_y + half, spare, n - half),
           left = 0;
    for (size_t i = 0; i < half; i++)
        left += by_y[i].weight;
    for (size_t i = 0, j = half, k = 0; k < n; k++)
        if (i < half && (j == n || by_y[i].y <= by_y[j].y)) {
            left -= by_y[i].weight;
            spare[k] = by_y[i++];
        } else {
            wrong += left * by_y[j].weight;
            spare[k] = by_y[j++];
        }
    memcpy(by_y, spare, n * sizeof *by_y);
    return wrong;
}

struct moments {
    double mean_x, mean_y, xx, yy, xy;
};

/* Of the points' places or of their ranks, neither of them constant. */
static double pearson(const struct point *points, size_t n, double all, bool is_of_ranks)
{
    struct moments m = {0};
    for (size_t i = 0; i < n; i++) {
        const struct point *p = &points[i];
        m.mean_x += p->weight * (is_of_ranks ? p->rank_x : p->x) / all;
        m.mean_y += p->weight * (is_of_ranks ? p->rank_y : p->y) / all;
    }
    for (size_t i = 0; i < n; i++) {
        const struct point *p = &points[i];
        const double x = (is_of_ranks ? p->rank_x : p->x) - m.mean_x,
                     y = (is_of_ranks ? p->rank_y : p->y) - m.mean_y;
        m.xx += p->weight * x * x;
        m.yy += p->weight * y * y;
        m.xy += p->weight * x * y;
    }
    const double r = m.xy / (sqrt(m.xx) * sqrt(m.yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

/* Kendall's by Knight (1966): of points sorted by x, the pairs in the wrong order are those that sorting by y must turn. */
struct llmx_correlation correlate_points(struct point *points, size_t n, struct correlating *spare)
{
    double weight = 0, both;
    for (size_t i = 0; i < n; i++) {
        weight += points[i].weight;
        spare[i] = (struct correlating){points[i].y, points[i].weight, i};
    }
    const double wrong = count_inversions(spare, spare + n, n), all = pairs_of(weight),
                 tied_x = rank_by_x(points, n, &both), tied_y = rank_by_y(points, spare, n),
                 right = all - tied_x - tied_y + both - wrong;
    if (weight < 2 || tied_x == all || tied_y == all)
        return (struct llmx_correlation){NAN, NAN, NAN};
    return (struct llmx_correlation){pearson(points, n, weight, false),
                                     pearson(points, n, weight, true),
                                     (right - wrong) / (sqrt(all - tied_x) * sqrt(all - tied_y))};
}

int llmx_correlate(const double *x, const double *y, size_t n, struct llmx_correlation *result,
                   struct llmx_error *err)
{
    struct point *points = mem_array(n, sizeof *points, err);
    struct correlating *spare = points ? mem_array(n, 2 * sizeof *spare, err) : NULL;
    int status = spare ? 0 : -1;
    for (size_t i = 0; i < n && status == 0; i++) {
        points[i] = (struct point){.x = x[i], .y = y[i], .weight = 1};
        if (!isfinite(x[i]) || !isfinite(y[i]))
            status = err_set(err, LLMX_BAD_INPUT, "pair %zu holds what is no finite number", i + 1);
    }
    if (status == 0) {
        correlate_sort(points, n);
        *result = correlate_points(points, n, spare);
    }
    free(points);
    free(spare);
    return status;
}
