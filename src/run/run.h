/* run.h - an opened run, for the folders above. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "data/twins.h"
#include "recommend/recommender.h"

struct llmx_run {
    const struct recommender *row;
    void *model;
    const struct llmx_data *data;
    struct twins twins; /* of the data */
};

/* What the model may know of a user in the experiment: their training items, and for a sequential one the validation
 * item. */
struct llmx_person run_person(const struct llmx_run *run, llmx_id user);

/* What the model is to know of whoever the caller means when they are served: a user with their history, or who it is by
 * history alone. LLMX_NOT_FOUND: no such user or item; LLMX_BAD_OPTION: a user and a history. */
int run_resolve(const struct llmx_run *run, const struct llmx_person *given,
                struct llmx_person *person, struct llmx_error *err);

/* What whoever the caller means has taken: no news to recommend. Before run_resolve. */
const llmx_id *run_taken(const struct llmx_run *run, const struct llmx_person *given, int *n);

/* The rank that these scores (items), which are changed, give an item among all that whoever the caller means may be
 * recommended: as llmx_rank_item. */
int run_place(const struct llmx_run *run, const struct llmx_person *person, llmx_id item,
              float *scores, int *place, struct llmx_error *err);

int run_check_item(const struct llmx_run *run, llmx_id item, struct llmx_error *err);

#endif
