/* additive.h - models whose score is a sum over the history items, taken as a set: each item counts once, however often
 * it stands there. Its terms are the evidence. */
#ifndef RECOMMEND_ADDITIVE_H
#define RECOMMEND_ADDITIVE_H

#include "recommend/recommender.h"

/* Has history item number j stood in the history before? */
static inline bool is_repeated(const struct llmx_person *person, int j)
{
    for (int i = 0; i < j; i++)
        if (person->history[i] == person->history[j])
            return true;
    return false;
}

/* contributions (k, person->n): term(model, history item, items[i]), 0 where an item is repeated. */
static inline void additive_evidence(const void *model, const struct llmx_person *person,
                                     const llmx_id *items, int k,
                                     float (*term)(const void *model, llmx_id from, llmx_id to),
                                     float *contributions)
{
    for (int j = 0; j < person->n; j++) {
        const bool counts = !is_repeated(person, j);
        for (int i = 0; i < k; i++)
            contributions[(size_t)i * (size_t)person->n + (size_t)j] =
                counts ? term(model, person->history[j], items[i]) : 0;
    }
}

#endif
