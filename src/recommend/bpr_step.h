/* bpr_step.h - one gradient step of BPR matrix factorisation (Rendle et al. 2009) on a batch of triples.
 *
 *     loss = mean over triples of -log(1e-10 + sigmoid(x)),   x = user . (positive - negative)
 *          + l2/2 * mean over triples of |user|^2 + |positive|^2 + |negative|^2
 *
 * as RecBole writes it. Two passes, every thread on rows of its own, everything computed from the rows as they
 * were before the step: the users' (margins, user gradients, user rows updated, old rows kept aside), and, once
 * all threads have finished that, the items' (item gradients from the users' old rows). */
#ifndef RECOMMEND_BPR_STEP_H
#define RECOMMEND_BPR_STEP_H

#include "recommend/adam.h"
#include "recommend/sampler.h"

struct bpr_step {
    const struct batch *batch;
    struct adam_table users, items; /* (rows, dim) */
    int dim;
    float l2;
    struct adam adam;
    float *old_user; /* (batch, dim) rows of the batch's users before the step, by user group */
    float *slope;    /* (batch) d loss / d x of each triple, divided by the batch size */
    float *loss;     /* (batch) */
};

/* User groups first .. last-1, item groups first .. last-1; `scratch` holds dim floats. */
typedef void bpr_pass(const struct bpr_step *step, int first, int last, float *scratch);

/* The fastest pair for this processor and dim. All sum in the same order and give the same bits. */
void bpr_passes(int dim, bpr_pass **users, bpr_pass **items);

/* Those with rows in registers, for dim up to BPR_ROW_MAX that are multiples of BPR_ROW_UNIT. */
#define BPR_ROW_UNIT 16
#define BPR_ROW_MAX  256
bpr_pass bpr_users_vectors, bpr_items_vectors;

/* The plain ones that the others are held against. */
bpr_pass bpr_users_reference, bpr_items_reference;

#endif
