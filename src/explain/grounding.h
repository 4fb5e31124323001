/* grounding.h - what may stand in double quotes in an explanation: the titles of its prompt, and nothing else; and in
 * digits outside of them: its numbers; of words that only values of the catalogue hold, those of its values. */
#ifndef EXPLAIN_GROUNDING_H
#define EXPLAIN_GROUNDING_H

#include "base/text.h"
#include "gate/catalogue.h"
#include "gate/gate.h"
#include "gate/value_words.h"
#include "generate/constraint.h"

#define GROUNDING_MARK '"'

/* The numbers of given->prompt, the titles of the history shown, the evidence and the item as the prompt writes them, and of
 * `words` (all zero: of none) those of its values, for a text that begins with `begun`. index: of GROUNDING_MARK. */
int grounding_create(struct llmx_constraint **constraint, const struct token_index *index,
                     const struct value_words *words, const struct catalogue *catalogue,
                     const struct llmx_given *given, const struct text *begun,
                     struct llmx_error *err);

#endif
