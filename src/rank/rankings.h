/* rankings.h - the tops of many users' lists, and how the held-out items fared in them: what the metrics are computed
 * from. */
#ifndef RANK_RANKINGS_H
#define RANK_RANKINGS_H

#include "base/err.h"
#include "llmxrec/data.h"

/* Users without anything held out are not among them. */
struct rankings {
    int n, k;
    llmx_id *user;      /* (n) */
    llmx_id *top;       /* (n, k) best first; -1 past the end of a short list */
    unsigned char *hit; /* (n, k) 1 where top was held out for this user */
    size_t *held_start; /* (n + 1) where a row's held-out items begin in */
    llmx_id *held;      /* them, each once a row; NULL both: not listed (rankings_list_held) */
    int *relevant;      /* (n) held-out items */
    int *findable;   /* (n) those of them that are among the candidates: others were taken before */
    int *candidates; /* (n) items that were not masked */
    double
        *rank_sum; /* (n) of the findable ones among the candidates, 1 = best, mean rank for ties */
};

/* Room for n users and lists of k. Release with rankings_release, also after a failure. */
int rankings_create(struct rankings *rankings, int n, int k, struct llmx_error *err);
void rankings_release(struct rankings *rankings);

/* Lists what was held out for each of r->user in that part. */
int rankings_list_held(struct rankings *rankings, const struct llmx_data *data, enum llmx_part part,
                       struct llmx_error *err);
static inline const llmx_id *rankings_held(const struct rankings *rankings, int row, int *n)
{
    *n = (int)(rankings->held_start[row + 1] - rankings->held_start[row]);
    return rankings->held + rankings->held_start[row];
}

/* One user's row of `rankings` from their scores (items), in which -INFINITY marks what is masked.
 *
 * data      whose ids put equal scores in order; NULL: by row
 * relevant  distinct */
int rank_one(struct rankings *rankings, int row, const struct llmx_data *data, const float *scores,
             llmx_id items, const llmx_id *relevant, int n_relevant, struct llmx_error *err);

/* What is known of a row once the first n of its `top` are there: pads it, sets hit and relevant, and findable and rank_sum to
 * nothing. */
void rankings_finish_row(struct rankings *rankings, int row, int n, const llmx_id *relevant,
                         int n_relevant);

/* The mean rank of a score that so many others exceed and so many (itself among them) equal. */
static inline double mean_rank(int higher, int equal)
{
    return 1 + higher + 0.5 * (equal - 1);
}

#endif
