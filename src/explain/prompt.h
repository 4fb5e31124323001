/* prompt.h - what a language model is told about one recommendation. */
#ifndef EXPLAIN_PROMPT_H
#define EXPLAIN_PROMPT_H

#include "base/text.h"
#include "explain/template.h"
#include "gate/catalogue.h"
#include "gate/gate.h"

/* Appends the values of a list: "Action, Sci-Fi"; as prose, "action and sci-fi". separator 0: one value. */
void prompt_list(struct text *out, const char *value, char separator, bool is_prose);

/* The part that all items of a user share: appended to `out`. given: user and history. */
void prompt_shared(struct text *out, const struct template *template,
                   const struct catalogue *catalogue, const struct llmx_given *given,
                   bool with_profile);

/* The part of one item: appended to `out`. given: user, item and evidence. */
void prompt_own(struct text *out, const struct template *template,
                const struct catalogue *catalogue, const struct llmx_given *given,
                bool with_profile);

/* How the model's answer begins: appended to `out`. */
void prompt_answer(struct text *out, const struct template *template,
                   const struct catalogue *catalogue, const struct llmx_given *given);

/* The plain sentence from the evidence that takes the place of a text that does not pass: appended to `out`. */
void prompt_fallback(struct text *out, const struct template *template,
                     const struct catalogue *catalogue, const struct llmx_given *given);

#endif
