/* verdicts.h - verdicts of pairs, counted: between reading and printing. */
#ifndef JUDGE_VERDICTS_H
#define JUDGE_VERDICTS_H

#include "base/names.h"
#include "llmxrec/preferences.h"
#include "statistics/ratios.h"

/* Sums over the pairs of a group: those of places, then the three of each system. */
enum { PAIRS, CONSISTENT, FIRST, DECIDED, PLACES };
enum { MET, WON, SCORE, OF_SYSTEM };

struct verdicts {
    const struct llmx_pair **pair; /* (n) those judged in one order at least */
    size_t n;
    int one_order, unjudged;
    struct names systems;
    int (*system)[2]; /* (n) */
    int32_t *group;   /* (n) */
    uint32_t groups;
    const char *drawn;
    double *sums; /* (groups, width) */
    size_t width;
    struct ratio *ratio; /* consistency, first share; of each system win ratio and win score */
    int n_ratios;
};

int verdicts_open(struct verdicts *v, const struct llmx_pairs *pairs, struct llmx_error *err);
void verdicts_close(struct verdicts *v);

/* What the ratios are of. */
struct ratios verdicts_ratios(const struct verdicts *v);

#endif
