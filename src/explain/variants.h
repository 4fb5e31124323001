/* variants.h - an example told of other items: its titles and the counts of its facts exchanged for others, in prompt and text
 * alike, so that a model learns how facts are told and not which items there are. */
#ifndef EXPLAIN_VARIANTS_H
#define EXPLAIN_VARIANTS_H

#include "base/rng.h"
#include "base/text.h"
#include "gate/catalogue.h"
#include "llmxrec/gate.h"

#define VARIANT_TITLES_MAX 16 /* of item, evidence and history; more stay as they are */
#define VARIANT_COUNTS_MAX 16

struct variant {
    const char *title[VARIANT_TITLES_MAX], *new_title[VARIANT_TITLES_MAX];
    int n_titles;
    int count[VARIANT_COUNTS_MAX], new_count[VARIANT_COUNTS_MAX];
    int n_counts;
};

/* Chooses what stands in place of what: titles of the catalogue at random, and counts of people as much larger or smaller for
 * both numbers of a fact, so that its share stays. */
void variant_choose(struct variant *variant, const struct catalogue *catalogue,
                    const struct llmx_given *given, struct rng *rng);

/* Appends the text with all that is exchanged: titles where they stand in double quotes, counts outside of them. */
void variant_put(const struct variant *variant, struct text *out, const char *text);

#endif
