/* multinomial.h - multinomial logistic regression with an L2 penalty, to its optimum: what can be read off features.
 *
 *     const struct multinomial_rows rows = {start, feature, value, n, n_features};
 *     struct multinomial model;
 *     if (multinomial_fit(&model, &rows, label, n_classes, 1, &err) == 0)
 *         multinomial_predict(&model, &others, 0, logprob);
 *     multinomial_release(&model);
 *
 * P(class k | x) is proportional to exp(w_k x + b_k); weights minimise the sum over rows of -log P(label | x) plus
 * penalty / 2 * sum of w^2, intercepts free. With two classes that is binary regression with half the penalty: 2 stands
 * for the C = 1 of scikit-learn and liblinear. */
#ifndef STATISTICS_MULTINOMIAL_H
#define STATISTICS_MULTINOMIAL_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

/* Sparse rows: words of texts, or all entries of an embedding. */
struct multinomial_rows {
    const size_t *start;    /* (n + 1) where a row's features begin */
    const int32_t *feature; /* each once a row, below n_features */
    const double *value;
    size_t n;
    int n_features;
};

struct multinomial {
    int n_classes, n_features;
    double *weights; /* (n_classes, n_features + 1): the intercept last */
};

/* The objective at `weights`, laid out as above, and its gradient there. spare (n_classes) */
double multinomial_loss(const struct multinomial_rows *rows, const int32_t *label, int n_classes,
                        double penalty, const double *weights, double *gradient, double *spare);

/* label (n) from 0 to n_classes - 1; a class without rows is never predicted. penalty > 0.
 * returns 0, or -1: LLMX_BAD_INPUT no rows, LLMX_NO_MEMORY */
int multinomial_fit(struct multinomial *model, const struct multinomial_rows *rows,
                    const int32_t *label, int n_classes, double penalty, struct llmx_error *err);
void multinomial_release(struct multinomial *model);

/* logprob (n_classes) of one row; returns the most probable class, the first of equals. */
int multinomial_predict(const struct multinomial *model, const struct multinomial_rows *rows,
                        size_t row, double *logprob);

#endif
