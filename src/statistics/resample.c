#include "statistics/resample.h"

#include "base/memory.h"
#include "base/rng.h"
#include "llmxrec/statistics.h"

#include <assert.h>
#include <stdlib.h>

#define RESAMPLES_MIN 100
#define RESAMPLES_MAX 10000000
#define BLOCK         64    /* resamples that a thread draws at a time */
#define ZERO          1e-12 /* what sums of equal ups and downs may be off by */
#define OUTSIDE       0.025 /* of the resamples, on either side of the interval */

struct drawing {
    const struct resampling *r;
    uint32_t *drawn; /* (threads, groups) */
    double *figures;
};

int resample_check(int resamples, struct llmx_error *err)
{
    if (resamples < RESAMPLES_MIN || resamples > RESAMPLES_MAX)
        return err_set(err, LLMX_BAD_OPTION, "%d resamples: choose %d to %d", resamples,
                       RESAMPLES_MIN, RESAMPLES_MAX);
    return 0;
}

int llmx_resampling_check(const struct llmx_resampling *how, struct llmx_error *err)
{
    return resample_check(how->resamples, err);
}

static void draw_block(void *context, size_t block, int thread)
{
    const struct drawing *d = context;
    const struct resampling *r = d->r;
    const int first = (int)block * BLOCK,
              last = r->resamples - first < BLOCK ? r->resamples : first + BLOCK;
    uint32_t *drawn = d->drawn + (size_t)thread * r->groups;
    for (int i = first; i < last; i++) {
        struct rng rng = rng_stream(r->seed, RNG_BOOTSTRAP, (uint64_t)i);
        double figures[RESAMPLE_FIGURES_MAX];
        for (uint32_t g = 0; g < r->groups; g++)
            drawn[g] = rng_below(&rng, r->groups);
        r->measure(r, drawn, thread, figures);
        for (int f = 0; f < r->n; f++)
            d->figures[(size_t)f * (size_t)r->resamples + (size_t)i] = figures[f];
    }
}

int resample(const struct resampling *r, struct threads *pool, double *figures,
             struct llmx_error *err)
{
    assert(r->n <= RESAMPLE_FIGURES_MAX);
    const size_t threads = pool ? (size_t)threads_count(pool) : 1;
    struct drawing d = {.r = r, .figures = figures};
    d.drawn = mem_array(threads, r->groups * sizeof *d.drawn, err);
    if (!d.drawn)
        return -1;
    threads_for(pool, ((size_t)r->resamples + BLOCK - 1) / BLOCK, draw_block, &d);
    free(d.drawn);
    return 0;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Between the two sorted values that a share of all stands between. */
static double quantile(const double *sorted, int n, double share)
{
    const double place = share * (n - 1);
    const int below = (int)place;
    const double rest = place - below;
    return below + 1 < n ? sorted[below] + rest * (sorted[below + 1] - sorted[below])
                         : sorted[below];
}

struct resampled resample_summarise(double *figures, int resamples)
{
    int n = 0, not_above = 0, not_below = 0;
    for (int r = 0; r < resamples; r++)
        if (!isnan(figures[r]))
            figures[n++] = figures[r];
    if (n == 0)
        return (struct resampled){NAN, NAN, NAN};
    for (int r = 0; r < n; r++) {
        not_above += figures[r] <= ZERO;
        not_below += figures[r] >= -ZERO;
    }
    qsort(figures, (size_t)n, sizeof *figures, compare_doubles);
    const double p = 2.0 * (1 + (not_above < not_below ? not_above : not_below)) / (n + 1.0);
    return (struct resampled){quantile(figures, n, OUTSIDE), quantile(figures, n, 1 - OUTSIDE),
                              p < 1 ? p : 1};
}
