/* sampler.h - the triples (user, taken item, item not taken) of pairwise learning, in batches that threads
 * can share out by rows.
 *
 * An epoch visits every training interaction once, in an order shuffled by a small cipher on its number (a
 * Feistel network walked until it falls in range; Black & Rogaway 2002), each with one uniform negative that
 * the user did not take. Triple t of epoch e is a pure function of (seed, e, t): no list is shuffled, batches
 * can be made by any thread in any order, and resuming needs no state. */
#ifndef RECOMMEND_SAMPLER_H
#define RECOMMEND_SAMPLER_H

#include "base/rng.h"
#include "llmxrec/data.h"

struct sampler {
    llmx_id users, items;
    size_t n; /* interactions = triples an epoch */
    uint64_t seed;
    struct interaction {
        llmx_id user, item;
    } * interactions; /* (n) of the training part, by user */
    size_t *start;    /* (users + 1) where a user's taken items begin */
    llmx_id *taken;   /* (n) each user's items, ascending: for the binary search */
};

int sampler_create(struct sampler **sampler, const struct llmx_data *data, uint64_t seed,
                   struct llmx_error *err);
void sampler_destroy(struct sampler *sampler);

/* Triples a step: `batch`, or more where an epoch would else take more than `steps`; at most all, and BATCH_MAX. */
int sampler_batch_size(const struct sampler *sampler, int batch, int steps);

/* A batch, its triples sorted by user. Rows are listed once each with what touches them, so that a thread
 * which owns a row sums its whole gradient alone: the result does not depend on how rows are shared out. */
struct batch {
    int n;                        /* triples */
    llmx_id *positive, *negative; /* (n) */
    int n_users, n_items;         /* distinct rows */
    llmx_id *user, *item;         /* (n_users), (n_items) ascending */
    int *user_start; /* (n_users + 1) triples of user g: user_start[g] .. user_start[g+1]-1 */
    int *item_start; /* (n_items + 1) the same for `touch` */
    uint32_t *touch; /* (2 n) triple * 2 + 1 when the item is its negative */
    int *slot;       /* (n) which user group a triple belongs to */
    uint64_t *keys, *scratch; /* (2 n) for sorting */
};

#define BATCH_MAX (1 << 24)

int batch_create(struct batch *batch, int capacity, struct llmx_error *err);
void batch_release(struct batch *batch);

/* Groups the batch's n triples (slot: as yet the user's row, ascending; positive; negative) by rows. */
void batch_group(struct batch *batch, llmx_id items);

/* Fills `batch` with triples first .. first+n-1 of an epoch. Cost: O(n), a few sorting passes. */
void sampler_batch(const struct sampler *sampler, uint64_t epoch, size_t first, int n,
                   struct batch *batch);

#endif
