/* agreement.h - llmx_agree of ratings that are few among all that there could be. */
#ifndef STATISTICS_AGREEMENT_H
#define STATISTICS_AGREEMENT_H

#include "llmxrec/agreement.h"

#include <stdint.h>

struct rated {
    double value;
    double rank; /* agreement_of's own */
    uint32_t rater, unit;
};

/* Of n ratings, one at most of a rater of a unit, each finite; reorders them. raters: numbers below it occur. */
int agreement_of(struct rated *rated, size_t n, size_t raters, struct llmx_agreement *result,
                 struct llmx_error *err);

#endif
