/* correlation.h - llmx_correlate for whoever measures the same points again and again with other weights: they are sorted
 * once. */
#ifndef STATISTICS_CORRELATION_H
#define STATISTICS_CORRELATION_H

#include "llmxrec/statistics.h"

struct point {
    double x, y;
    double weight;         /* how many points it stands for; 0 too */
    uint32_t group;        /* the caller's */
    double rank_x, rank_y; /* correlate_points' own */
};

/* What correlate_points works in. */
struct correlating {
    double y, weight;
    size_t point;
};

/* By x, then y, both finite: as correlate_points needs them. */
void correlate_sort(struct point *points, size_t n);

/* spare (2 n) */
struct llmx_correlation correlate_points(struct point *points, size_t n, struct correlating *spare);

#endif
