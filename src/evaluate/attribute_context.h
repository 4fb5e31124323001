/* attribute_context.h - what a language model is told of whom it is to guess an attribute. */
#ifndef EVALUATE_ATTRIBUTE_CONTEXT_H
#define EVALUATE_ATTRIBUTE_CONTEXT_H

#include "base/text.h"
#include "evaluate/attribute_bits.h"
#include "explain/domain.h"

/* What goes with an item: items that the same people took. */
struct company {
    const struct bits *users, *items; /* the items of users, the users of items */
    int *count;                       /* (items) of people in common; zero between calls */
    llmx_id *touched;                 /* (items) */
};
int company_open(struct company *company, const struct bits *users, const struct bits *items,
                 struct llmx_error *err);
void company_release(struct company *company);

/* The most alike by cosine of who took them, at most n, the first of equals; returns how many. */
int company_find(struct company *company, llmx_id item, llmx_id *alike, int n);

/* All append to `out`. A user's latest history, the latest last. */
void context_put_user(struct text *out, const struct llmx_data *data, const struct domain *domain,
                      llmx_id user, int history_max);

/* An item by all columns but the hidden one (-1: none is); company NULL: without what goes with it. */
void context_put_item(struct text *out, const struct llmx_data *data, const struct domain *domain,
                      llmx_id item, int hidden, struct company *company);

void context_put_explanation(struct text *out, const struct domain *domain, const char *text);

#endif
