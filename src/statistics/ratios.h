/* ratios.h - figures that are ratios of sums over rows, each with its interval: users are drawn, with all of their rows. */
#ifndef STATISTICS_RATIOS_H
#define STATISTICS_RATIOS_H

#include "llmxrec/statistics.h"

#include <jansson.h>

#define RATIOS_WIDTH_MAX 512
#define RATIO_NONE       (-1)
#define FEW_NOTE                                                                                   \
    "fewer than 20 users to draw from: the intervals are wide, and should be wider still"

/* (sum[above] - sum[less]) / sum[below]; less may be RATIO_NONE. */
struct ratio {
    int above, less, below;
};

struct ratios {
    const double *sums;        /* (groups, width) of each group's rows */
    size_t groups, width;      /* at most RATIOS_WIDTH_MAX */
    const struct ratio *ratio; /* (n) */
    int n;
};

/* intervals (n): NaN where nothing is to divide by. Errors of llmx_bootstrap. */
int ratios_measure(const struct ratios *ratios, const struct llmx_resampling *how,
                   struct llmx_interval *intervals, struct llmx_error *err);

/* The ratios over as many groups as there are, those that were drawn, or each once where `drawn` is NULL. values (n) */
void ratios_values(const struct ratios *ratios, const uint32_t *drawn, double *values);

/* null where it is no finite number */
json_t *json_figure(double value);

/* {"mean","low","high"} */
json_t *json_interval(const struct llmx_interval *interval);

#endif
