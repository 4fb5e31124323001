/* deletion.h - scoring again with parts of a history alone. */
#ifndef RUN_DELETION_H
#define RUN_DELETION_H

#include "run/run.h"

/* Scores all items for a person's whole history and for n parts of it, in one go and by the same recommender. All are of
 * people by history, so that they are served alike: what a model keeps for a user knows what they took.
 *
 * person   resolved
 * is_kept  (n, person->n) 1: the part has that place of the history; the order of time stays
 * scores   (1 + n, items) the whole history's first */
int deletion_score(const struct llmx_run *run, const struct llmx_person *person,
                   const unsigned char *is_kept, int n, float *scores, struct llmx_error *err);

/* What falls of a score are measured in, so that models can be compared: the standard deviation of a person's n scores, 1
 * where all are the same. */
double deletion_unit(const float *scores, llmx_id n);

#endif
