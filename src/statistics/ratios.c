#include "statistics/ratios.h"

#include "base/memory.h"
#include "base/plain.h"
#include "statistics/resample.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

static double value_of(const struct ratio *ratio, const double *sums)
{
    const double less = ratio->less == RATIO_NONE ? 0 : sums[ratio->less],
                 above = sums[ratio->above] - less, below = sums[ratio->below];
    return below > 0 ? above / below : NAN;
}

void ratios_values(const struct ratios *r, const uint32_t *drawn, double *values)
{
    double sums[RATIOS_WIDTH_MAX] = {0};
    assert(r->width <= RATIOS_WIDTH_MAX);
    for (size_t g = 0; g < r->groups; g++) {
        const double *of_group = r->sums + (drawn ? drawn[g] : g) * r->width;
        for (size_t k = 0; k < r->width; k++)
            sums[k] += of_group[k];
    }
    for (int i = 0; i < r->n; i++)
        values[i] = value_of(&r->ratio[i], sums);
}

static void measure(const struct resampling *resampling, const uint32_t *drawn, int thread,
                    double *figures)
{
    (void)thread;
    ratios_values(resampling->context, drawn, figures);
}

/* At most RESAMPLE_FIGURES_MAX of them; the draws are the same every time, so that all figures belong together. */
static int measure_some(const struct ratios *some, const struct llmx_resampling *how,
                        struct threads *pool, double *figures, struct llmx_interval *intervals,
                        struct llmx_error *err)
{
    struct ratios context = *some;
    const struct resampling r = {.groups = (uint32_t)some->groups,
                                 .n = some->n,
                                 .resamples = how->resamples,
                                 .seed = how->seed,
                                 .measure = measure,
                                 .context = &context};
    double whole[RESAMPLE_FIGURES_MAX];
    if (resample(&r, pool, figures, err) != 0)
        return -1;
    ratios_values(some, NULL, whole);
    for (int i = 0; i < some->n; i++) {
        const struct resampled drawn =
            resample_summarise(figures + (size_t)i * (size_t)how->resamples, how->resamples);
        intervals[i] = (struct llmx_interval){whole[i], drawn.low, drawn.high};
    }
    return 0;
}

int ratios_measure(const struct ratios *ratios, const struct llmx_resampling *how,
                   struct llmx_interval *intervals, struct llmx_error *err)
{
    if (resample_check(how->resamples, err) != 0)
        return -1;
    struct threads *pool = threads_create(how->threads, err);
    double *figures = pool ? mem_array((size_t)RESAMPLE_FIGURES_MAX * (size_t)how->resamples,
                                       sizeof *figures, err)
                           : NULL;
    int status = figures ? 0 : -1;
    for (int i = 0; i < ratios->n && status == 0; i += RESAMPLE_FIGURES_MAX) {
        struct ratios some = *ratios;
        some.ratio += i;
        some.n = ratios->n - i < RESAMPLE_FIGURES_MAX ? ratios->n - i : RESAMPLE_FIGURES_MAX;
        status = measure_some(&some, how, pool, figures, intervals + i, err);
    }
    free(figures);
    threads_destroy(pool);
    return status;
}

json_t *json_figure(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_interval(const struct llmx_interval *interval)
{
    return json_pack("{s:o, s:o, s:o}", "mean", json_figure(interval->mean), "low",
                     json_figure(interval->low), "high", json_figure(interval->high));
}
