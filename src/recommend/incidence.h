/* incidence.h - who took what, as a set: the training part's pairs without duplicates, by user and by item. */
#ifndef RECOMMEND_INCIDENCE_H
#define RECOMMEND_INCIDENCE_H

#include "llmxrec/data.h"

#include <stddef.h>

struct incidence {
    llmx_id users, items;
    size_t n;           /* pairs */
    size_t *user_start; /* (users + 1) */
    llmx_id *user_item; /* (n) each user's items, ascending */
    size_t *item_start; /* (items + 1) */
    llmx_id *item_user; /* (n) each item's users, ascending */
};

int incidence_create(struct incidence **incidence, const struct llmx_data *data,
                     struct llmx_error *err);
void incidence_destroy(struct incidence *incidence);

/* count (items): how many users took both `item` and each item; its own users at its own place. */
void incidence_count(const struct incidence *incidence, llmx_id item, float *count);

#endif
