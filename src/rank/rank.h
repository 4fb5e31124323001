/* rank.h - the top of the list of many users at once: all items scored in blocks of users, what they know
 * already masked, the best k kept, and how the held-out items fared. */
#ifndef RANK_RANK_H
#define RANK_RANK_H

#include "rank/rankings.h"
#include "rank/scorer.h"

struct candidates; /* candidates.h */

/* Ranks for the users that have something in `part` (LLMX_VALID: training items masked; LLMX_TEST: training and
 * validation items masked). users_max > 0 takes that many, evenly spaced. Release with rankings_release, also
 * after a failure. */
int rank_users(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
               enum llmx_part part, int k, int users_max, struct threads *pool,
               struct llmx_error *err);

struct rank_options {
    enum llmx_part part;
    int k, users_max;
    const struct candidates *candidates; /* rank among sampled ones; NULL: among all items */
    bool with_repeats;                   /* nothing is masked: items may be taken again */
};
int rank_users_as(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
                  const struct rank_options *options, struct threads *pool, struct llmx_error *err);

#endif
