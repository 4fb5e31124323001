#include "data/split_rule.h"

#include "base/memory.h"
#include "base/number.h"

#include <stdlib.h>
#include <string.h>

#define SHARES 3

static int bad_rule(const char *text, struct llmx_error *err)
{
    return err_set(err, LLMX_BAD_OPTION,
                   "--split-by: '%s' is not leave-one-out, none, ratio:0.8,0.1,0.1 or "
                   "time:0.8,0.1,0.1 (shares learnt from, for validation, for the test)",
                   text);
}

int split_rule_parse(struct split_rule *rule, const char *text, struct llmx_error *err)
{
    double share[SHARES];
    *rule = (struct split_rule){.kind = SPLIT_LEAVE_ONE_OUT};
    if (!text || strcmp(text, "leave-one-out") == 0)
        return 0;
    if (strcmp(text, "none") == 0) {
        rule->kind = SPLIT_NONE; /* shares of nothing */
        return 0;
    }
    const char *at = strchr(text, ':');
    if (at && strncmp(text, "ratio:", 6) == 0)
        rule->kind = SPLIT_RATIO;
    else if (at && strncmp(text, "time:", 5) == 0)
        rule->kind = SPLIT_TIME;
    else
        return bad_rule(text, err);
    for (int i = 0; i < SHARES; i++) {
        const size_t n = strcspn(++at, ",");
        if (!number_parse(at, n, &share[i]) || !(share[i] >= 0 && share[i] <= 1e9))
            return bad_rule(text, err);
        at += n;
        if ((*at == '\0') != (i == SHARES - 1))
            return bad_rule(text, err);
    }
    const double sum = share[0] + share[1] + share[2];
    if (share[0] == 0 || share[2] == 0)
        return err_set(err, LLMX_BAD_OPTION,
                       "--split-by: '%s' leaves nothing to learn from or nothing to test on", text);
    rule->valid = share[1] / sum;
    rule->test = share[2] / sum;
    return 0;
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int split_rule_place(struct split_rule *rule, const double *time, size_t n, struct llmx_error *err)
{
    if (rule->kind != SPLIT_TIME)
        return 0;
    if (!time)
        return err_set(err, LLMX_BAD_OPTION,
                       "--split-by time needs times, and the interactions have none");
    double *sorted = mem_array(n, sizeof *sorted, err);
    if (!sorted)
        return -1;
    memcpy(sorted, time, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare_times);
    const size_t test = (size_t)(rule->test * (double)n),
                 held_out = test + (size_t)(rule->valid * (double)n);
    rule->test_from = sorted[n - (test ? test : 1)];
    rule->valid_from = rule->valid > 0 ? sorted[n - (held_out ? held_out : 1)] : rule->test_from;
    const double first = sorted[0];
    free(sorted);
    if (rule->valid_from > first)
        return 0;
    return err_set(err, LLMX_BAD_INPUT,
                   "--split-by time leaves nothing to learn from: too many interactions have the "
                   "earliest time, %.15g",
                   first);
}

void split_rule_count(const struct split_rule *rule, size_t n, size_t *valid, size_t *test)
{
    if (rule->kind == SPLIT_LEAVE_ONE_OUT) {
        *test = n >= 2;
        *valid = n >= 3;
        return;
    }
    *valid = (size_t)(rule->valid * (double)n);
    *test = (size_t)(rule->test * (double)n);
    size_t train = n - *valid - *test;
    if (train > 1 && *test == 0 && rule->test > 0) {
        *test = 1;
        train--;
    }
    if (train > 1 && *valid == 0 && rule->valid > 0)
        *valid = 1;
}
