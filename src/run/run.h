/* run.h - an opened run, for the folders above. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "recommend/recommender.h"

struct llmx_run {
    const struct recommender *row;
    void *model;
    const struct llmx_data *data;
};

/* What the model may know of a user: their training items, and for a sequential one the validation item. */
struct person run_person(const struct llmx_run *run, llmx_id user);

/* Which items may be recommended. All zero: those the person has not taken. */
struct selection {
    bool keep_seen;
    const unsigned char *is_left_out; /* (items); NULL: none is */
};

/* llmx_recommend and llmx_recommend_history of what is selected; llmxrec/recommend.h says the rest. */
int run_recommend(const struct llmx_run *run, llmx_id user, struct selection selection, int k,
                  int n_evidence, struct llmx_recommendation *top, struct llmx_evidence *evidence,
                  struct llmx_error *err);
int run_recommend_history(const struct llmx_run *run, const llmx_id *history, int n,
                          struct selection selection, int k, int n_evidence,
                          struct llmx_recommendation *top, struct llmx_evidence *evidence,
                          struct llmx_error *err);

#endif
