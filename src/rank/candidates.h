/* candidates.h - ranking what was held out among a sample of items instead of all, as many papers do. Its figures
 * are biased and may even order models wrongly (Krichene & Rendle 2020; docs/metrics.md). */
#ifndef RANK_CANDIDATES_H
#define RANK_CANDIDATES_H

#include "base/err.h"
#include "llmxrec/data.h"

#include <stdbool.h>

struct candidates {
    int each;              /* items sampled for every held-out one */
    bool by_popularity;    /* in proportion to their training interactions, else all alike */
    const int *popularity; /* (items) */
    uint64_t seed;
};

/* "uniform:100" or "popularity:100". LLMX_BAD_OPTION. */
int candidates_parse(struct candidates *candidates, const char *text, struct llmx_error *err);

/* Masks (-INFINITY) in a user's scores (items) all but the held-out items and a sample, without replacement, of
 * the others that are not masked already; takes all when there are no more than asked for. The sample is a function of seed
 * and user alone, so that two models are compared on the same one.
 *
 * keys, places   (items) scratch */
void candidates_keep(const struct candidates *candidates, llmx_id user, float *scores,
                     llmx_id items, const llmx_id *relevant, int n_relevant, float *keys,
                     int32_t *places);

#endif
