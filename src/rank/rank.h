/* rank.h - the top of the list of many users at once: all items scored in blocks of users, what they know
 * already masked, the best k kept, and how the held-out items fared. */
#ifndef RANK_RANK_H
#define RANK_RANK_H

#include "recommend/recommender.h"

/* What the metrics are computed from. Users without anything held out are not among them. */
struct rankings {
    int n, k;
    llmx_id *user;      /* (n) */
    llmx_id *top;       /* (n, k) best first; -1 past the end of a short list */
    unsigned char *hit; /* (n, k) 1 where top was held out for this user */
    int *relevant;      /* (n) held-out items */
    int *candidates;    /* (n) items that were not masked */
    double *
        rank_sum; /* (n) of the held-out items among the candidates, 1 = best, mean rank for ties */
};

/* How `count` people are scored; a model behind its table, or a test's fixed numbers. */
struct scorer {
    int (*score)(const void *model, const struct person *people, int n, float *scores,
                 struct llmx_error *err);
    const void *model;
    /* of recommender.h */
    bool is_sequential;
    int (*person_rows)(const void *model, const struct person *people, int n, float *rows,
                       struct llmx_error *err);
    const float *(*item_rows)(const void *model, int *dim);
};

static inline struct scorer scorer_of(const struct recommender *row, const void *model)
{
    return (struct scorer){row->score, model, row->is_sequential, row->person_rows, row->item_rows};
}

struct candidates; /* candidates.h */

/* Ranks for the users that have something in `part` (LLMX_VALID: training items masked; LLMX_TEST: training and
 * validation items masked). users_max > 0 takes that many, evenly spaced. Release with rankings_release, also
 * after a failure. */
int rank_users(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
               enum llmx_part part, int k, int users_max, struct threads *pool,
               struct llmx_error *err);

/* The same among sampled candidates; NULL: among all items. */
int rank_users_among(struct rankings *rankings, struct scorer scorer, const struct llmx_data *data,
                     enum llmx_part part, int k, int users_max, const struct candidates *candidates,
                     struct threads *pool, struct llmx_error *err);
void rankings_release(struct rankings *rankings);

/* One user's row of `rankings` from their scores (items), in which -INFINITY marks what is masked. */
void rank_one(struct rankings *rankings, int row, const float *scores, llmx_id items,
              const llmx_id *relevant, int n_relevant);

/* What is known of a row once the first n of its `top` are there: pads it, and sets hit and relevant. */
void rankings_finish_row(struct rankings *rankings, int row, int n, const llmx_id *relevant,
                         int n_relevant);

/* The mean rank of a score that so many others exceed and so many (itself among them) equal. */
static inline double mean_rank(int higher, int equal)
{
    return 1 + higher + 0.5 * (equal - 1);
}

/* Room for n users and lists of k. */
int rankings_create(struct rankings *rankings, int n, int k, struct llmx_error *err);

#endif
