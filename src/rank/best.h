/* best.h - the best of a row of scores, equal ones in the order of their ids (data/item_order.h), so that no rank hangs on the
 * order of lines in a file. */
#ifndef RANK_BEST_H
#define RANK_BEST_H

#include "base/err.h"
#include "llmxrec/data.h"

/* Puts the k best items into `place`, best first; what is -INFINITY or NaN is left out.
 *
 * data     NULL: equal ones in the order of rows
 * place    (k + 1), the last one for the search alone
 * returns  how many there are, at most k; -1: memory is out */
int best_items(const struct llmx_data *data, const float *scores, llmx_id items, int k,
               int32_t *place, struct llmx_error *err);

/* The same of `item` (n), the best k + 1 with equal ones by row, or all that there are, whose scores are `score` (n), best
 * first. NEEDS_ALL: more items share the last place, so that all scores have to be looked at. */
int best_of_kept(const struct llmx_data *data, const float *score, llmx_id *item, int n, int k,
                 struct llmx_error *err);

enum { NEEDS_ALL = -2 };

#endif
