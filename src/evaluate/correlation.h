/* correlation.h - llmx_correlate for whoever has many such questions: with storage that stays. */
#ifndef EVALUATE_CORRELATION_H
#define EVALUATE_CORRELATION_H

#include "llmxrec/statistics.h"

struct point {
    double x, y, rank_x, rank_y;
};

/* All finite. Reorders the points and fills in their ranks; spare (2 n). */
struct llmx_correlation correlate_points(struct point *points, size_t n, double *spare);

#endif
