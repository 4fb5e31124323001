/* run_embedding.h - what a recommender has learnt of users and items, as a row of numbers each: what a probe reads. */
#ifndef EVALUATE_RUN_EMBEDDING_H
#define EVALUATE_RUN_EMBEDDING_H

#include "evaluate/attribute_guesses.h"
#include "llmxrec/recommend.h"

struct run_embedding {
    /* (users or items, dim), of which those that are learnt from or asked are filled in */
    float *rows;
    int dim;
};

/* Has the model any? Not those that keep neighbours or counts. */
bool run_embedding_is_there(const struct llmx_run *run);

/* The rows by which the model scores, where a score is an inner product. Else its array of items, and for a user, whom a model of
 * sequences keeps nothing for, the mean of what it has of the items that were learnt from. */
int run_embedding_open(struct run_embedding *embedding, const struct llmx_run *run,
                       const struct guessing *g, enum llmx_side side, struct llmx_error *err);
void run_embedding_release(struct run_embedding *embedding);

#endif
