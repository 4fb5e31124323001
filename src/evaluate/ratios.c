#include "evaluate/ratios.h"

#include "base/memory.h"
#include "evaluate/resample.h"

#include <math.h>
#include <stdlib.h>

/* One sum over groups, all of them where `drawn` is NULL. */
static double sum_over(const struct ratios *r, const uint32_t *drawn, int which)
{
    double sum = 0;
    for (size_t g = 0; which != RATIO_NONE && g < r->groups; g++)
        sum += r->sums[(drawn ? drawn[g] : g) * r->width + (size_t)which];
    return sum;
}

double ratios_value(const struct ratios *r, const uint32_t *drawn, int i)
{
    const struct ratio *ratio = &r->ratio[i];
    const double above = sum_over(r, drawn, ratio->above) - sum_over(r, drawn, ratio->less),
                 below = sum_over(r, drawn, ratio->below);
    return below > 0 ? above / below : NAN;
}

static void measure(const struct resampling *resampling, const uint32_t *drawn, int thread,
                    double *figures)
{
    (void)thread;
    const struct ratios *r = resampling->context;
    for (int i = 0; i < resampling->n; i++)
        figures[i] = ratios_value(r, drawn, i);
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
    if (resample(&r, pool, figures, err) != 0)
        return -1;
    for (int i = 0; i < some->n; i++) {
        const struct resampled drawn =
            resample_summarise(figures + (size_t)i * (size_t)how->resamples, how->resamples);
        intervals[i] = (struct llmx_interval){ratios_value(some, NULL, i), drawn.low, drawn.high};
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
