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

/* Appends the sentences of those of the n facts that are chosen, a line each. */
void wording_facts(struct text *out, const struct llmx_fact *fact, int n,
                   const struct catalogue *catalogue, const struct domain *domain);

/* The same in place of what `out` holds. A fourth fact stays chosen only where the sentences of all take no more than 290
 * bytes: long titles stand in each, and fill a prompt (docs/templates.md).
 * returns   how many of the n are chosen then */
int wording_choose(struct text *out, struct llmx_fact *fact, int n,
                   const struct catalogue *catalogue, const struct domain *domain);

/* Few people, of a fact of reach; else it is many. */
bool wording_is_few(const struct llmx_fact *fact);

/* Appends a value as it is said within a sentence: "free to play" for "Free_to_Play". */
void wording_value(struct text *out, const char *value, size_t n);

#endif
