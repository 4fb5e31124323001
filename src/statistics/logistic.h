/* logistic.h - logistic regression with an L2 penalty: P(1 | x) = 1 / (1 + exp(-w x)), for few columns or thousands. */
#ifndef STATISTICS_LOGISTIC_H
#define STATISTICS_LOGISTIC_H

#include <stdbool.h>
#include <stddef.h>

/* Minimises the sum over rows of weight (log(1 + exp(w x)) - label w x), plus ridge / 2 times |w|^2. No column is added: one
 * of ones is an intercept. */
struct logistic {
    const size_t *start; /* (n + 1) row i has the entries start[i] to start[i + 1] - 1 */
    const int *column;
    const double *value;
    const double *label;  /* (n) 0 to 1: fractions too */
    const double *weight; /* (n) 0 or more; NULL: 1 */
    size_t n;
    int width; /* columns */
    double ridge;
};

/* Doubles that a fit works in. */
size_t logistic_work(size_t n, int width);

/* Newton's method, each step by conjugate gradients and cut until it descends. What the rows leave open (as the sum of
 * Bradley-Terry strengths) stays as it was at the start.
 * w         (width) where to start, and what is found
 * work      (logistic_work)
 * returns   whether it settled; without a ridge there may be no least value, so ask first whether there is */
bool logistic_fit(const struct logistic *l, double *w, double *work);

/* w x of row i. */
double logistic_margin(const struct logistic *l, const double *w, size_t i);

/* 1 / (1 + exp(-margin)) */
double logistic_chance(double margin);

#endif
