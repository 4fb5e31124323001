#include "statistics/grouped.h"

#include "base/memory.h"
#include "base/rng.h"
#include "statistics/resample.h"

#include <stdbool.h>
#include <stdlib.h>

#define BLOCK 64    /* patterns that a thread tries at a time */
#define EQUAL 1e-12 /* of the sum of all magnitudes: what equal sums may be off by */

static int check_rows(const double *values, const int32_t *groups, size_t n, size_t n_groups,
                      struct llmx_error *err)
{
    if (n == 0 || n > INT32_MAX)
        return err_set(err, LLMX_BAD_INPUT, "%zu rows: 1 to %d are needed", n, INT32_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            return err_set(err, LLMX_BAD_INPUT, "row %zu is no finite number", i + 1);
        if (groups && (groups[i] < 0 || (size_t)groups[i] >= n_groups))
            return err_set(err, LLMX_BAD_OPTION, "row %zu is of group %d: 0 to %zu are possible",
                           i + 1, groups[i], n_groups - 1);
    }
    return 0;
}

int grouped_create(struct grouped *grouped, const double *values, const int32_t *groups, size_t n,
                   size_t n_groups, struct llmx_error *err)
{
    *grouped = (struct grouped){0};
    if (check_rows(values, groups, n, n_groups, err) != 0)
        return -1;
    grouped->sum = mem_array(n_groups, sizeof *grouped->sum, err);
    grouped->rows = grouped->sum ? mem_array(n_groups, sizeof *grouped->rows, err) : NULL;
    if (!grouped->rows) {
        grouped_release(grouped);
        return -1;
    }
    for (size_t i = 0; i < n; i++) {
        const size_t g = groups ? (size_t)groups[i] : i;
        grouped->sum[g] += values[i];
        grouped->rows[g]++;
    }
    for (size_t g = 0; g < n_groups; g++)
        if (grouped->rows[g] > 0) {
            grouped->sum[grouped->n] = grouped->sum[g];
            grouped->rows[grouped->n++] = grouped->rows[g];
        }
    return 0;
}

void grouped_release(struct grouped *grouped)
{
    free(grouped->sum);
    free(grouped->rows);
    *grouped = (struct grouped){0};
}

static void measure_mean(const struct resampling *r, const uint32_t *drawn, int thread,
                         double *mean)
{
    (void)thread;
    const struct grouped *grouped = r->context;
    double sum = 0, rows = 0;
    for (uint32_t i = 0; i < r->groups; i++) {
        sum += grouped->sum[drawn[i]];
        rows += grouped->rows[drawn[i]];
    }
    *mean = sum / rows;
}

int grouped_bootstrap(const struct grouped *grouped, const struct llmx_resampling *how,
                      struct threads *pool, struct llmx_bootstrap *result, struct llmx_error *err)
{
    struct grouped all = *grouped;
    const struct resampling r = {.groups = grouped->n,
                                 .n = 1,
                                 .resamples = how->resamples,
                                 .seed = how->seed,
                                 .measure = measure_mean,
                                 .context = &all};
    if (resample_check(how->resamples, err) != 0)
        return -1;
    double *means = mem_array((size_t)how->resamples, sizeof *means, err);
    if (!means || resample(&r, pool, means, err) != 0) {
        free(means);
        return -1;
    }
    const struct resampled drawn = resample_summarise(means, how->resamples);
    double sum = 0, rows = 0;
    for (uint32_t g = 0; g < grouped->n; g++) {
        sum += grouped->sum[g];
        rows += grouped->rows[g];
    }
    *result =
        (struct llmx_bootstrap){{sum / rows, drawn.low, drawn.high}, drawn.p, (int)grouped->n};
    free(means);
    return 0;
}

struct flipping {
    const struct grouped *grouped;
    size_t patterns;
    bool is_all; /* pattern i is the bits of i; else it is drawn */
    uint64_t seed;
    double threshold; /* as large as what was observed */
    _Atomic size_t as_large;
};

/* The sum where the groups whose bit is 1 changed their sign. */
static double flipped_sum(const struct flipping *f, size_t pattern)
{
    struct rng rng = rng_stream(f->seed, RNG_PERMUTATION, pattern);
    uint64_t bits = pattern;
    double sum = 0;
    for (uint32_t g = 0; g < f->grouped->n; g++, bits >>= 1) {
        if (!f->is_all && g % 64 == 0)
            bits = rng_next(&rng);
        /* no branch: nobody can guess it */
        sum += f->grouped->sum[g] * (1 - 2 * (double)(bits & 1));
    }
    return sum;
}

static void flip_block(void *context, size_t block, int thread)
{
    (void)thread;
    struct flipping *f = context;
    const size_t first = block * BLOCK,
                 last = f->patterns - first < BLOCK ? f->patterns : first + BLOCK;
    size_t as_large = 0;
    for (size_t i = first; i < last; i++)
        as_large += fabs(flipped_sum(f, i)) >= f->threshold;
    f->as_large += as_large;
}

int grouped_permutation(const struct grouped *grouped, const struct llmx_resampling *how,
                        struct threads *pool, double *p, struct llmx_error *err)
{
    if (resample_check(how->resamples, err) != 0)
        return -1;
    const bool is_all = grouped->n < 31 && (size_t)1 << grouped->n <= (size_t)how->resamples;
    double sum = 0, magnitude = 0;
    for (uint32_t g = 0; g < grouped->n; g++) {
        sum += grouped->sum[g];
        magnitude += fabs(grouped->sum[g]);
    }
    struct flipping f = {.grouped = grouped,
                         .patterns = is_all ? (size_t)1 << grouped->n : (size_t)how->resamples,
                         .is_all = is_all,
                         .seed = how->seed,
                         .threshold = fabs(sum) - EQUAL * magnitude};
    threads_for(pool, (f.patterns + BLOCK - 1) / BLOCK, flip_block, &f);
    const double as_large = (double)f.as_large, patterns = (double)f.patterns;
    *p = is_all ? as_large / patterns : (1 + as_large) / (1 + patterns);
    return 0;
}

int llmx_bootstrap(const double *values, const int32_t *groups, size_t n,
                   const struct llmx_resampling *how, struct llmx_bootstrap *result,
                   struct llmx_error *err)
{
    struct grouped grouped;
    if (grouped_create(&grouped, values, groups, n, n, err) != 0)
        return -1;
    struct threads *pool = threads_create(how->threads, err);
    const int status = pool ? grouped_bootstrap(&grouped, how, pool, result, err) : -1;
    threads_destroy(pool);
    grouped_release(&grouped);
    return status;
}

int llmx_permutation(const double *differences, const int32_t *groups, size_t n,
                     const struct llmx_resampling *how, double *p, struct llmx_error *err)
{
    struct grouped grouped;
    if (grouped_create(&grouped, differences, groups, n, n, err) != 0)
        return -1;
    struct threads *pool = threads_create(how->threads, err);
    const int status = pool ? grouped_permutation(&grouped, how, pool, p, err) : -1;
    threads_destroy(pool);
    grouped_release(&grouped);
    return status;
}
