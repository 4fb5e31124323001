/* split_rule.h - which of a user's interactions are learnt from, watched and tested on, when DATA is one file. */
#ifndef DATA_SPLIT_RULE_H
#define DATA_SPLIT_RULE_H

#include "base/err.h"

#include <stddef.h>

enum split_kind { SPLIT_LEAVE_ONE_OUT, SPLIT_RATIO, SPLIT_TIME, SPLIT_NONE };

struct split_rule {
    enum split_kind kind;
    double valid, test;           /* shares of the whole; the rest is learnt from */
    double valid_from, test_from; /* of SPLIT_TIME: the times at which these parts begin */
};

/* From "leave-one-out" (or NULL), "ratio:TRAIN,VALID,TEST" or "time:TRAIN,VALID,TEST", shares that need not add up to
 * one, or "none": all is learnt from. LLMX_BAD_OPTION. */
int split_rule_parse(struct split_rule *rule, const char *text, struct llmx_error *err);

/* Finds the times of SPLIT_TIME: quantiles of `time` (n), NULL when there are none. Everything at or after the
 * time at which validation begins is held out, so that nothing is learnt from what came later.
 * LLMX_BAD_OPTION without times; LLMX_BAD_INPUT when nothing would be left to learn from. */
int split_rule_place(struct split_rule *rule, const double *time, size_t n, struct llmx_error *err);

/* How many of a user's n interactions go to validation and test, which are the last ones; those before are learnt
 * from. Not for SPLIT_TIME, which cuts by the times.
 *
 * Leave-one-out: one each; with two only test, with one neither (as RecBole).
 * Ratio: shares rounded down; a share of less than one interaction gets one while more than one is left to learn
 * from, test first (RecBole 1.2.1, Dataset._calcu_split_ids). */
void split_rule_count(const struct split_rule *rule, size_t n, size_t *valid, size_t *test);

#endif
