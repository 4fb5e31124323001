/* wording.h - facts in words: the plain sentence of each, which prompts, files and people read. */
#ifndef EXPLAIN_WORDING_H
#define EXPLAIN_WORDING_H

#include "base/text.h"
#include "explain/domain.h"
#include "gate/catalogue.h"
#include "llmxrec/facts.h"

/* Appends the sentence: "31 of the 60 other people who watched "A" and "B" watched this one." */
void wording_fact(struct text *out, const struct llmx_fact *fact, const struct catalogue *catalogue,
                  const struct domain *domain);

/* Few people, of a fact of reach; else it is many. */
bool wording_is_few(const struct llmx_fact *fact);

/* Appends a value as it is said within a sentence: "free to play" for "Free_to_Play". */
void wording_value(struct text *out, const char *value, size_t n);

#endif
