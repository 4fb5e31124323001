/* attribute_guesses.h - what can be guessed of an attribute without a language model: the majority, naive Bayes over bits, a
 * linear probe of an embedding. Learnt from some rows, asked of others. */
#ifndef EVALUATE_ATTRIBUTE_GUESSES_H
#define EVALUATE_ATTRIBUTE_GUESSES_H

#include "evaluate/attribute_scores.h"
#include "statistics/naive_bayes.h"

struct guessing {
    bool is_multi;
    int n_classes;
    const struct answered *truth;
    const size_t *learnt, *asked; /* rows of `truth`, of `answers`, and of what is guessed from */
    size_t n_learnt, n_asked;
};

/* All fill in the rows of `answers` that are asked. -1: LLMX_BAD_INPUT no row to learn from, LLMX_NO_MEMORY */

/* The most frequent class, the first of equals; multi-valued: the values that more than half of the rows have. */
int guess_majority(struct answered *answers, const struct guessing *g, struct llmx_error *err);

/* The most frequent set of values, the first met of equals. */
int guess_majority_set(struct answered *answers, const struct guessing *g, struct llmx_error *err);

/* Multi-valued: one for each value. */
int guess_naive_bayes(struct answered *answers, const struct guessing *g,
                      const struct bit_rows *rows, struct llmx_error *err);

/* Logistic regression on an embedding (rows, dim), standardised by what is learnt from, the last fifth of which (give it in
 * random order) chooses the penalty. Multi-valued: one for each value. */
int guess_probe(struct answered *answers, const struct guessing *g, const float *embedding, int dim,
                struct llmx_error *err);

#endif
