/* twins.h - items that a catalogue holds under several ids: those of one title, and of one year where there is a column of
 * years (remakes are other films). */
#ifndef DATA_TWINS_H
#define DATA_TWINS_H

#include "data/features.h"

#include <stdbool.h>

/* All zero: no item has a twin. */
struct twins {
    llmx_id *
        next; /* (items) the next of the same title and year, in a ring; itself where there is none */
    llmx_id *first; /* (items) the first of that ring */
    int groups;     /* rings of more than one item */
};

/* Those of a data set stand in it: data_twins (dataset.h).
 * Titles are the same whatever their spaces and capitals (NFKC, case folded); items without a title have no twins.
 * with_years false: by title alone. Cost: one pass over the titles. */
int twins_find(struct twins *twins, const struct features *items, bool with_years,
               struct llmx_error *err);
void twins_release(struct twins *twins);

/* Are they the same, or one item under two ids? */
static inline bool twins_are_one(const struct twins *twins, llmx_id a, llmx_id b)
{
    return a == b || (twins->first && twins->first[a] == twins->first[b]);
}

#endif
