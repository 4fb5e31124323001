/* scorer.h - how people are scored: a model behind its table, or a test's fixed numbers. */
#ifndef RANK_SCORER_H
#define RANK_SCORER_H

#include "recommend/recommender.h"

struct scorer {
    int (*score)(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err);
    const void *model;
    /* of recommender.h */
    bool is_sequential;
    int (*person_rows)(const void *model, const struct llmx_person *people, int n, float *rows,
                       struct llmx_error *err);
    const float *(*item_rows)(const void *model, int *dim);
};

static inline struct scorer scorer_of(const struct recommender *row, const void *model)
{
    return (struct scorer){row->score, model, row->is_sequential, row->person_rows, row->item_rows};
}

#endif
