/* warm.h - a finished run taken up again with more interactions: what it learnt of the users and items that the new
 * data still hold goes on, new ones begin as in any training. */
#ifndef RUN_WARM_H
#define RUN_WARM_H

#include "recommend/recommender.h"

/* Of which interactions the run's model was learnt (llmx_data_fingerprint). */
int warm_fingerprint(const char *run_dir, uint64_t *fingerprint, struct llmx_error *err);

/* Copies the run's arrays into a model that has begun: rows of users and items by token (users.tsv, items.tsv), others
 * whole. LLMX_MISMATCH: the run is of another model or other sizes. */
int warm_read(const struct recommender *row, void *model, const struct llmx_data *data,
              const char *run_dir, struct llmx_error *err);

#endif
