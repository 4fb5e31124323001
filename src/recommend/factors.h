/* factors.h - scores that are inner products of a person's row and an item's. */
#ifndef RECOMMEND_FACTORS_H
#define RECOMMEND_FACTORS_H

#include "recommend/recommender.h"

/* Writes the people's rows (n, dim). */
typedef int person_rows(const void *model, const struct llmx_person *people, int n, float *rows,
                        struct llmx_error *err);

/* scores (n, items) of people whose rows `write` gives, item (items, dim). */
int factors_score(const void *model, person_rows *write, const float *item, llmx_id items, int dim,
                  const struct llmx_person *people, int n, float *scores, struct llmx_error *err);

#endif
