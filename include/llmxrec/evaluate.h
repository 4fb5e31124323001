/* evaluate.h - how good a ranking is, with RecBole's definitions (full ranking, history masked). */
#ifndef LLMXREC_EVALUATE_H
#define LLMXREC_EVALUATE_H

#include "llmxrec/recommend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Ranks for every user what the part holds (LLMX_VALID: training masked; LLMX_TEST: training and validation
 * masked) among all items not masked. `cutoffs` ascending, n of them. threads 0: one per core. */
LLMX_API int llmx_evaluate(const struct llmx_run *run, enum llmx_part part, const int *cutoffs,
                           int n, int threads, struct llmx_metrics *metrics,
                           struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
