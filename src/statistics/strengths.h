/* strengths.h - Bradley & Terry 1952: P(i beats j) = 1 / (1 + exp(s_j - s_i)), strengths that add up to 0. */
#ifndef STATISTICS_STRENGTHS_H
#define STATISTICS_STRENGTHS_H

#include "base/err.h"

/* wins      (n, n) how often i beat j; a tie is half a win of each
 * alpha     0: maximum likelihood, all NaN where it has no finite maximum, because some systems never beat, even by half,
 *           the others; else alpha times the sum of squares is taken off the log-likelihood
 * strength  (n)
 * returns   0, or -1 when memory is out */
int strengths_fit(const double *wins, int n, double alpha, double *strength,
                  struct llmx_error *err);

#endif
