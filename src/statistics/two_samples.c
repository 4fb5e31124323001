/* two_samples.c - are two samples alike? A permutation test: who belongs to which is dealt anew. */
#include "base/memory.h"
#include "base/rng.h"
#include "base/threads.h"
#include "llmxrec/statistics.h"
#include "statistics/resample.h"

#include <math.h>
#include <stdlib.h>

#define BLOCK 64    /* deals of a thread at a time */
#define EQUAL 1e-12 /* of the values' magnitude: what sums in another order may be off by */

struct dealing {
    const double *values; /* (n) of both */
    uint32_t n, k;        /* how many are dealt to the smaller one */
    uint32_t *order;      /* (threads, n) 0 to n - 1, between two deals */
    uint32_t *swapped;    /* (threads, k) */
    double expected;      /* sum of the smaller one, were they alike */
    double threshold;     /* as far from it as what was observed */
    int deals;
    uint64_t seed;
    _Atomic int as_far;
};

/* The sum of k values drawn without replacement; `order` is as it was afterwards, so a deal depends on its number alone. */
static double dealt_sum(const struct dealing *d, int deal, uint32_t *order, uint32_t *swapped)
{
    struct rng rng = rng_stream(d->seed, RNG_PERMUTATION, (uint64_t)deal);
    double sum = 0;
    for (uint32_t i = 0; i < d->k; i++) {
        const uint32_t at = i + rng_below(&rng, d->n - i), drawn = order[at];
        order[at] = order[i];
        order[i] = drawn;
        swapped[i] = at;
        sum += d->values[drawn];
    }
    for (uint32_t i = d->k; i-- > 0;) {
        const uint32_t drawn = order[i];
        order[i] = order[swapped[i]];
        order[swapped[i]] = drawn;
    }
    return sum;
}

static void deal_block(void *context, size_t block, int thread)
{
    struct dealing *d = context;
    const int first = (int)block * BLOCK,
              last = d->deals - first < BLOCK ? d->deals : first + BLOCK;
    uint32_t *order = d->order + (size_t)thread * d->n,
             *swapped = d->swapped + (size_t)thread * d->k;
    int as_far = 0;
    for (int i = first; i < last; i++)
        as_far += fabs(dealt_sum(d, i, order, swapped) - d->expected) >= d->threshold;
    d->as_far += as_far;
}

static int deal(struct dealing *d, int n_threads, struct llmx_error *err)
{
    struct threads *pool = threads_create(n_threads, err);
    const size_t threads = pool ? (size_t)threads_count(pool) : 0;
    d->order = pool ? mem_array(threads, d->n * sizeof *d->order, err) : NULL;
    d->swapped = d->order ? mem_array(threads, d->k * sizeof *d->swapped, err) : NULL;
    if (d->swapped) {
        for (size_t i = 0; i < threads * d->n; i++)
            d->order[i] = (uint32_t)(i % d->n);
        threads_for(pool, ((size_t)d->deals + BLOCK - 1) / BLOCK, deal_block, d);
    }
    const int status = d->swapped ? 0 : -1;
    free(d->order);
    free(d->swapped);
    threads_destroy(pool);
    return status;
}

/* Adds up n values behind `to`. returns -1 where one is no finite number */
static int gather(const double *from, size_t n, double *to, double *sum, double *magnitude,
                  struct llmx_error *err)
{
    *sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(from[i]))
            return err_set(err, LLMX_BAD_INPUT, "value %zu is no finite number", i + 1);
        to[i] = from[i];
        *sum += from[i];
        *magnitude += fabs(from[i]);
    }
    return 0;
}

int llmx_permutation_between(const double *a, size_t n_a, const double *b, size_t n_b,
                             const struct llmx_resampling *how, double *p, struct llmx_error *err)
{
    double in_a, in_b, magnitude = 0;
    if (resample_check(how->resamples, err) != 0)
        return -1;
    if (n_a < 1 || n_b < 1 || n_a + n_b > INT32_MAX)
        return err_set(err, LLMX_BAD_INPUT, "samples of %zu and %zu values: give 1 to 2^31 in all",
                       n_a, n_b);
    double *values = mem_array(n_a + n_b, sizeof *values, err);
    if (!values || gather(a, n_a, values, &in_a, &magnitude, err) != 0 ||
        gather(b, n_b, values + n_a, &in_b, &magnitude, err) != 0) {
        free(values);
        return -1;
    }
    const double n = (double)(n_a + n_b), k = (double)(n_a < n_b ? n_a : n_b);
    struct dealing d = {.values = values,
                        .n = (uint32_t)n,
                        .k = (uint32_t)k,
                        .expected = (in_a + in_b) / n * k,
                        .deals = how->resamples,
                        .seed = how->seed};
    d.threshold = fabs((n_a < n_b ? in_a : in_b) - d.expected) - EQUAL * magnitude;
    const int status = deal(&d, how->threads, err);
    *p = (1 + (double)d.as_far) / (1 + (double)d.deals);
    free(values);
    return status;
}
