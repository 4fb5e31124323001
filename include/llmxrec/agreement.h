/* agreement.h - do several raters say the same of the same things?
 *
 *     const double ratings[2][4] = {{1, 2, 3, NAN}, {1, 3, 3, 5}};        // raters by units, NaN: not rated
 *     struct llmx_agreement agreement;
 *     if (llmx_agree(ratings[0], 2, 4, &agreement, &err) == 0) ...
 */
#ifndef LLMXREC_AGREEMENT_H
#define LLMXREC_AGREEMENT_H

#include "llmxrec/error.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_scale { LLMX_NOMINAL, LLMX_ORDINAL, LLMX_INTERVAL, LLMX_SCALES };

/* A figure that is not defined is NaN. */
struct llmx_agreement {
    /* Krippendorff's: 1 all agree, 0 as by chance; NaN when only one value occurs. Units rated once tell nothing. */
    double alpha[LLMX_SCALES];
    int pairable; /* units that two raters or more rated */
    /* Intraclass correlation over the units that all rated: of a single rating, and of the mean of all raters (two-way
     * random, absolute agreement; Shrout & Fleiss 1979). NaN below three such units. */
    double icc_2_1, icc_2_k;
    int complete; /* units that all rated */
};

/* ratings   (raters, units), NaN where one is missing
 * returns   0, or -1: LLMX_BAD_INPUT an infinite rating */
LLMX_API int llmx_agree(const double *ratings, size_t raters, size_t units,
                        struct llmx_agreement *result, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
