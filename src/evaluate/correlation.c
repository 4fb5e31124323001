#include "evaluate/correlation.h"

#include "base/err.h"
#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int order_of(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_by_y(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return order_of(p->y, q->y);
}

static int compare_by_x(const void *a, const void *b)
{
    const struct point *p = a, *q = b;
    return p->x == q->x ? order_of(p->y, q->y) : order_of(p->x, q->x);
}

static double pairs_of(double n)
{
    return n * (n - 1) / 2;
}

/* Ranks by y points that are sorted by it, ties at their mean. Returns how many pairs are tied. */
static double rank_by_y(struct point *points, size_t n)
{
    double tied = 0;
    for (size_t i = 0, end; i < n; i = end) {
        for (end = i + 1; end < n && points[end].y == points[i].y; end++)
            ;
        for (size_t k = i; k < end; k++)
            points[k].rank_y = (double)(i + end - 1) / 2;
        tied += pairs_of((double)(end - i));
    }
    return tied;
}

/* The same by x. *both: pairs that are tied in y as well; the points of one x are sorted by y. */
static double rank_by_x(struct point *points, size_t n, double *both)
{
    double tied = 0;
    *both = 0;
    for (size_t i = 0, end, same; i < n; i = end) {
        for (end = i + 1, same = i; end < n && points[end].x == points[i].x; end++)
            if (points[end].y != points[same].y) {
                *both += pairs_of((double)(end - same));
                same = end;
            }
        *both += pairs_of((double)(end - same));
        for (size_t k = i; k < end; k++)
            points[k].rank_x = (double)(i + end - 1) / 2;
        tied += pairs_of((double)(end - i));
    }
    return tied;
}

/* Sorts y by merging, and counts the pairs that stood the wrong way round; spare (n). */
static double count_inversions(double *y, double *spare, size_t n)
{
    if (n < 2)
        return 0;
    const size_t half = n / 2;
    double wrong = count_inversions(y, spare, half) + count_inversions(y + half, spare, n - half);
    for (size_t i = 0, j = half, k = 0; k < n; k++)
        if (i < half && (j == n || y[i] <= y[j])) {
            spare[k] = y[i++];
        } else {
            wrong += (double)(half - i);
            spare[k] = y[j++];
        }
    memcpy(y, spare, n * sizeof *y);
    return wrong;
}

/* Of values in [0] and [1] of rows that are `stride` doubles apart, neither of them constant. */
static double pearson(const double *values, size_t stride, size_t n)
{
    double mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        mean_x += values[i * stride] / (double)n;
        mean_y += values[i * stride + 1] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        const double x = values[i * stride] - mean_x, y = values[i * stride + 1] - mean_y;
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    const double r = xy / (sqrt(xx) * sqrt(yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

/* Kendall's by Knight (1966): once sorted by x, pairs in the wrong order are those that sorting by y must turn. */
struct llmx_correlation correlate_points(struct point *points, size_t n, double *spare)
{
    const struct llmx_correlation none = {NAN, NAN, NAN};
    double both;
    if (n < 2)
        return none;
    qsort(points, n, sizeof *points, compare_by_y);
    const double tied_y = rank_by_y(points, n);
    qsort(points, n, sizeof *points, compare_by_x);
    const double tied_x = rank_by_x(points, n, &both), all = pairs_of((double)n);
    if (tied_x == all || tied_y == all)
        return none;
    for (size_t i = 0; i < n; i++)
        spare[i] = points[i].y;
    const double wrong = count_inversions(spare, spare + n, n);
    const double right = all - tied_x - tied_y + both - wrong;
    const size_t stride = sizeof *points / sizeof(double);
    return (struct llmx_correlation){pearson(&points->x, stride, n),
                                     pearson(&points->rank_x, stride, n),
                                     (right - wrong) / (sqrt(all - tied_x) * sqrt(all - tied_y))};
}

int llmx_correlate(const double *x, const double *y, size_t n, struct llmx_correlation *result,
                   struct llmx_error *err)
{
    struct point *points = mem_array(n, sizeof *points, err);
    double *spare = points ? mem_array(n, 2 * sizeof *spare, err) : NULL;
    int status = spare ? 0 : -1;
    for (size_t i = 0; i < n && status == 0; i++) {
        points[i] = (struct point){.x = x[i], .y = y[i]};
        if (!isfinite(x[i]) || !isfinite(y[i]))
            status = err_set(err, LLMX_BAD_INPUT, "pair %zu holds what is no finite number", i + 1);
    }
    if (status == 0)
        *result = correlate_points(points, n, spare);
    free(points);
    free(spare);
    return status;
}
