/* resample.h - figures measured again and again on groups (users) drawn with replacement, seeded: the one bootstrap. */
#ifndef STATISTICS_RESAMPLE_H
#define STATISTICS_RESAMPLE_H

#include "base/threads.h"

#include <stdint.h>

#define RESAMPLE_FIGURES_MAX 16

struct resampling {
    uint32_t groups;
    int n; /* figures, at most RESAMPLE_FIGURES_MAX */
    int resamples;
    uint64_t seed;
    /* The n figures of those `groups` groups; NaN where one is not defined. */
    void (*measure)(const struct resampling *r, const uint32_t *drawn, int thread, double *figures);
    void *context;
};

/* -1 with LLMX_BAD_OPTION unless so many resamples may be drawn. */
int resample_check(int resamples, struct llmx_error *err);

/* figures (n, resamples). Resample r is a function of the seed and r, whatever the threads. pool may be NULL. */
int resample(const struct resampling *r, struct threads *pool, double *figures,
             struct llmx_error *err);

/* The interval of one figure, and p of its being 0, both from its values over the resamples, which are sorted. All NaN
 * where it was never defined. */
struct resampled {
    double low, high;
    double p; /* two-sided; the sample itself counts as a resample on the rarer side */
};
struct resampled resample_summarise(double *figures, int resamples);

#endif
