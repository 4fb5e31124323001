/* run.h - an opened run, for the folders above. */
#ifndef RECOMMEND_RUN_H
#define RECOMMEND_RUN_H

#include "recommend/recommender.h"

struct llmx_run {
    const struct recommender *row;
    void *model;
    const struct llmx_data *data;
};

/* What the model may know of a user: their training items, and for a sequential one the validation item. */
struct person run_person(const struct llmx_run *run, llmx_id user);

#endif
