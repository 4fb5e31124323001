/* statistics.h - is it chance? Intervals, tests, corrections for many tests, and correlation.
 *
 *     double difference[ROWS];     // of one system from another, row by row
 *     int32_t user[ROWS];          // whose row it is: the rows of one person are not independent
 *     const struct llmx_resampling how = {.resamples = 10000, .seed = 1};
 *     struct llmx_bootstrap found;
 *     if (llmx_bootstrap(difference, user, ROWS, &how, &found, &err) == 0) ...
 *
 * A figure that is not defined (the correlation with a constant) is NaN. Values that are no finite numbers are
 * refused with LLMX_BAD_INPUT, which names the first. docs/evaluation.md says what each is for. */
#ifndef LLMXREC_STATISTICS_H
#define LLMXREC_STATISTICS_H

#include "llmxrec/error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A mean and its 95 % interval. */
struct llmx_interval {
    double mean, low, high;
};

/* Rows from which on an interval says something; of fewer, tell the reader that it is wide. */
#define LLMX_ROWS_FEW 20

struct llmx_resampling {
    int resamples; /* 100 to 10,000,000; 10000 give a p value two digits */
    uint64_t seed; /* resample r is a function of the seed and r, whatever the threads */
    int threads;   /* 0: one per core */
};
/* LLMX_BAD_OPTION where so many cannot be drawn: to be asked before long work. */
LLMX_API int llmx_resampling_check(const struct llmx_resampling *how, struct llmx_error *err);

struct llmx_bootstrap {
    struct llmx_interval interval; /* percentiles 2.5 and 97.5 over the resamples */
    double p; /* two-sided, of a mean of 0: twice the share of resamples on the rarer side of it */
    int groups; /* that were drawn from */
};

/* The mean over n rows, and how it varies when the groups are drawn with replacement, each bringing all of its rows
 * (Efron & Tibshirani 1993). Give it differences, row by row, and it is the paired bootstrap.
 *
 * groups    (n) whose row it is, numbers from 0 to n - 1; NULL: each row stands for itself
 * returns   0, or -1: LLMX_BAD_OPTION resamples, threads, a group out of range; LLMX_BAD_INPUT no rows */
LLMX_API int llmx_bootstrap(const double *values, const int32_t *groups, size_t n,
                            const struct llmx_resampling *how, struct llmx_bootstrap *result,
                            struct llmx_error *err);

/* Paired permutation test of a mean difference of 0: the share of patterns of signs, one sign for each group, that make
 * the mean at least as large either way. All patterns where they are no more than the resamples, else so many at random
 * (then the pattern that was observed counts as one of them). Parameters as above. */
LLMX_API int llmx_permutation(const double *differences, const int32_t *groups, size_t n,
                              const struct llmx_resampling *how, double *p, struct llmx_error *err);

/* Permutation test of two samples that have one mean: the share of random ways of dealing all values to samples of these sizes that
 * part the means at least as far either way (what was observed counts as one of them). Where nothing varies p is 1. Threads
 * change nothing. 1 value at least in each; LLMX_BAD_INPUT where one is not finite. */
LLMX_API int llmx_permutation_between(const double *a, size_t n_a, const double *b, size_t n_b,
                                      const struct llmx_resampling *how, double *p,
                                      struct llmx_error *err);

/* A t test: two-sided p and 95 % interval of the difference. All but the difference NaN where nothing varies. */
struct llmx_t_test {
    double difference, t, degrees, p, low, high;
};

/* Of n >= 2 differences with mean 0. */
LLMX_API int llmx_t_paired(const double *differences, size_t n, struct llmx_t_test *result,
                           struct llmx_error *err);

/* Welch's, of two samples whose variances may differ: mean of b - mean of a; 2 values at least in each. */
LLMX_API int llmx_t_welch(const double *a, size_t n_a, const double *b, size_t n_b,
                          struct llmx_t_test *result, struct llmx_error *err);

/* Of m tests some look significant by chance. `adjusted` (m, may be `p` itself) can be held against .05 as one p value
 * can: Holm (1979) keeps the chance of a single false alarm below it, Benjamini & Hochberg (1995) the share of false
 * ones among the alarms. p in [0, 1], in any order. */
LLMX_API int llmx_adjust_holm(const double *p, size_t m, double *adjusted, struct llmx_error *err);
LLMX_API int llmx_adjust_hochberg(const double *p, size_t m, double *adjusted,
                                  struct llmx_error *err);

/* How far two measures of the same n things go together, -1 to 1; all NaN where one is constant. */
struct llmx_correlation {
    double pearson;  /* along a line */
    double spearman; /* of the ranks, ties at their mean */
    double kendall;  /* tau-b: pairs in the same order less pairs in the other */
};

/* Cost: O(n log n). */
LLMX_API int llmx_correlate(const double *x, const double *y, size_t n,
                            struct llmx_correlation *result, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
