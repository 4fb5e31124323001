/* title_likelihood.h - how likely a language model finds it that an item's title comes next in a list of titles. */
#ifndef EVALUATE_TITLE_LIKELIHOOD_H
#define EVALUATE_TITLE_LIKELIHOOD_H

#include "llmxrec/answers.h"
#include "llmxrec/rerank.h"

struct title_likelihood {
    const struct llmx_data *data;
    const struct llmx_model *model;
    int32_t *head, *mark; /* what a list begins with, and each of its lines */
    int n_head, n_mark;
    int32_t **ids; /* (items) " Title\n", NULL until it is needed */
    int *n_ids;
    double *alone; /* (items) log-probability as the first of a list, NAN until it is needed */
};

/* LLMX_UNSUPPORTED: the items have no titles. */
int title_check(const struct llmx_data *data, struct llmx_error *err);

/* title_release also after a failure. LLMX_UNSUPPORTED: the items have no titles. */
int title_open(struct title_likelihood *titles, const struct llmx_data *data,
               const struct llmx_model *model, struct llmx_error *err);
void title_release(struct title_likelihood *titles);

/* Which of n items comes after those of the history, oldest first? */
struct title_question {
    const llmx_id *history;
    int n_history;
    const llmx_id *item;
    int n;
    double *figures[LLMX_TITLE_FORMS]; /* (n) each, filled in */
};

int title_ask(struct title_likelihood *titles, const struct title_question *questions, size_t n,
              const struct llmx_rerank_options *options, struct llmx_error *err);

/* The order of n candidates by (1 - weight) * score + weight * figure, best first, both standardised over the candidates; equal ones
 * as they stood. blend, order (n) */
void title_blend(const double *score, const double *figure, int n, double weight, double *blend,
                 int *order);

#endif
