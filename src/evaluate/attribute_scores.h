/* attribute_scores.h - answers to what an attribute is, held to the truth. docs/evaluation.md has the definitions. */
#ifndef EVALUATE_ATTRIBUTE_SCORES_H
#define EVALUATE_ATTRIBUTE_SCORES_H

#include "llmxrec/statistics.h"

#include <stdbool.h>

#define ATTRIBUTE_CLASSES_MAX 32

enum attribute_kind { ATTRIBUTE_SINGLE, ATTRIBUTE_ORDINAL, ATTRIBUTE_MULTI };

/* Answers, or truths, row by row. An answer that cannot be read is no class at all: wrong. */
struct answered {
    unsigned char *has;       /* (n, n_classes) */
    unsigned char *is_parsed; /* (n) */
};
int answered_make(struct answered *answered, size_t n, int n_classes, struct llmx_error *err);
void answered_release(struct answered *answered);

/* Makes one class the answer of a row; -1: it cannot be read. */
void answered_set(struct answered *answered, int n_classes, size_t row, int one);

/* The first class of a row, -1: none. */
int answered_first(const struct answered *answered, int n_classes, size_t row);

struct scoring {
    enum attribute_kind kind;
    int n_classes;
    const size_t *rows;    /* (n) of truths and answers: those that were asked */
    const int32_t *groups; /* (n) whose row it is, from 0 to n - 1 */
    size_t n;
    const struct answered *truth, *majority;
    struct llmx_resampling resampling;
};

/* NaN is what is not defined. */
struct attribute_scores {
    int unparsable;
    /* the classes that are answered most often, together */
    unsigned char commonest[ATTRIBUTE_CLASSES_MAX];
    double commonest_share;              /* of all rows */
    struct llmx_interval accuracy;       /* multi-valued: exact match */
    struct llmx_interval macro_f1;       /* over all classes, 0 where undefined */
    struct llmx_interval row_f1;         /* multi-valued: mean F1 of a row's values */
    struct llmx_interval above_majority; /* accuracy, multi-valued row_f1, less the majority's */
    double f1[ATTRIBUTE_CLASSES_MAX];
    /* multi-valued */
    double micro_f1, micro_precision, micro_recall, row_jaccard;
    /* ordinal: steps; unparsable: as far off as the row allows */
    struct llmx_interval error;
    double within_one;
    int parsable;
    double parsable_error, parsable_kappa, parsable_tau; /* kappa with quadratic weights, tau-b */
};

/* -1: LLMX_BAD_OPTION, LLMX_NO_MEMORY */
int attribute_score(struct attribute_scores *scores, const struct scoring *scoring,
                    const struct answered *answers, struct llmx_error *err);

#endif
