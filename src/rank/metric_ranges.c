#include "rank/metric_ranges.h"

#include "base/memory.h"
#include "statistics/ratios.h"

#include <math.h>
#include <stdlib.h>

#define DRAWN_MAX  10000 /* users: to draw more takes longer than to rank them */
#define DEVIATIONS 1.959964
#define WIDTH      (METRICS_OF_USER + 1) /* the metrics, and one user */

static int draw(struct metric_ranges *ranges, const struct rankings *r,
                const struct llmx_resampling *how, struct llmx_error *err)
{
    struct ratio mean[METRICS_OF_USER];
    double *values = mem_array((size_t)r->n, WIDTH * sizeof *values, err);
    if (!values)
        return -1;
    for (int row = 0; row < r->n; row++) {
        metrics_of_user(r, row, ranges->k, values + (size_t)row * WIDTH);
        values[(size_t)row * WIDTH + METRICS_OF_USER] = 1;
    }
    for (int i = 0; i < METRICS_OF_USER; i++)
        mean[i] = (struct ratio){i, RATIO_NONE, METRICS_OF_USER};
    const struct ratios means = {values, (size_t)r->n, WIDTH, mean, METRICS_OF_USER};
    const int status = ratios_measure(&means, how, ranges->of, err);
    free(values);
    return status;
}

static void approximate(struct metric_ranges *ranges, const struct rankings *r)
{
    double sum[METRICS_OF_USER] = {0}, squares[METRICS_OF_USER] = {0}, own[METRICS_OF_USER];
    for (int row = 0; row < r->n; row++) {
        metrics_of_user(r, row, ranges->k, own);
        for (int i = 0; i < METRICS_OF_USER; i++) {
            sum[i] += own[i];
            squares[i] += own[i] * own[i];
        }
    }
    for (int i = 0; i < METRICS_OF_USER; i++) {
        const double mean = sum[i] / r->n, variance = fmax(0, squares[i] / r->n - mean * mean),
                     half = DEVIATIONS * sqrt(variance / r->n);
        ranges->of[i] = (struct llmx_interval){mean, mean - half, mean + half};
    }
}

int metric_ranges_measure(struct metric_ranges *ranges, const struct rankings *r, int k,
                          const struct llmx_resampling *how, struct llmx_error *err)
{
    *ranges = (struct metric_ranges){.k = r->n > 0 ? k : 0};
    if (r->n > DRAWN_MAX)
        approximate(ranges, r);
    return r->n == 0 || r->n > DRAWN_MAX ? 0 : draw(ranges, r, how, err);
}
