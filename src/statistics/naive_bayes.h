/* naive_bayes.h - naive Bayes over bits (Bernoulli, alpha 1): what a history, or the words of a text, give away by counting.
 *
 * P(bit f | class) = (rows of the class with f + 1) / (rows of the class + 2); prior: the class's share. */
#ifndef STATISTICS_NAIVE_BAYES_H
#define STATISTICS_NAIVE_BAYES_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Rows of bits: those that are set. */
struct bit_rows {
    const size_t *start; /* (n + 1) */
    const int32_t *bit;  /* each once a row, from 0 to n_bits - 1 */
    int n_bits;
};

struct naive_bayes {
    int n_classes, n_bits;
    double *base;   /* (n_classes) log prior + log P(no bit at all | class) */
    double *weight; /* (n_classes, n_bits) what a set bit adds */
};

/* Learns from n rows, by number; label (n). A class without rows is never the answer.
 * returns 0, or -1: LLMX_BAD_INPUT no rows, LLMX_NO_MEMORY */
int naive_bayes_fit(struct naive_bayes *model, const struct bit_rows *rows, const size_t *chosen,
                    const int32_t *label, size_t n, int n_classes, struct llmx_error *err);
void naive_bayes_release(struct naive_bayes *model);

/* logprob (n_classes): the posterior of a row; returns the most probable class, the first of equals. */
int naive_bayes_predict(const struct naive_bayes *model, const struct bit_rows *rows, size_t row,
                        double *logprob);

#endif
