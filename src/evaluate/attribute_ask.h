/* attribute_ask.h - a language model asked what a hidden attribute is: how likely it finds each class, and in its own words. */
#ifndef EVALUATE_ATTRIBUTE_ASK_H
#define EVALUATE_ATTRIBUTE_ASK_H

#include "base/text.h"
#include "evaluate/attribute.h"
#include "explain/domain.h"
#include "llmxrec/llm.h"

/* What is asked of one user, item or text. */
struct ask {
    const struct attribute *attribute;
    const char *context; /* what is known; asks in a row of the same pointer share its cost */
    /* filled in, to be freed: (classes) nats, of a list how much likelier "yes" than "no" is for each value; and what the model
     * wrote */
    double *logprob;
    char *text;
};

struct asking {
    const struct llmx_model *model;
    const struct domain *domain;
    const struct llmx_stop *stop;
    struct llmx_progress progress;
};

/* The question on its own, ready to follow a context; value: which of a list it is about, -1: all. */
void attribute_question(struct text *out, const struct attribute *attribute,
                        const struct domain *domain, int value);

/* Asks all. -1: errors of llmx_chat_prompt, llmx_answers and llmx_generate. */
int attribute_ask_all(const struct asking *asking, struct ask *asks, size_t n,
                      struct llmx_error *err);
void asks_release(struct ask *asks, size_t n);

/* The likeliest class, of a list the likelier values, as the answer of a row, once `less` (classes) is taken off. */
void attribute_take_likeliest(struct answered *answers, size_t row, const struct ask *ask,
                              const double *less);

/* The classes that a text names, as the answer of a row: whole words, whatever their case, the longest first. None, or
 * several where there is one to name, cannot be read. */
int attribute_read_answer(struct answered *answers, size_t row, const struct attribute *attribute,
                          const char *text, struct llmx_error *err);

#endif
