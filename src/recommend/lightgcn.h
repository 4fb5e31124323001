/* lightgcn.h - LightGCN (He et al. 2020): embeddings that flow along the graph of who took what.
 *
 *     E(k+1) = A E(k),   A_ui = 1 / sqrt(n_u n_i) where u took i,   final = (E(0) + ... + E(L)) / (L + 1)
 *
 * A score is the product of two final rows. A is symmetric and the sum is taken by Horner's rule,
 * h <- E(0) + A h, so that the gradient flows back by the very function that goes forward. */
#ifndef RECOMMEND_LIGHTGCN_H
#define RECOMMEND_LIGHTGCN_H

#include "recommend/incidence.h"
#include "recommend/recommender.h"
#include "recommend/sampler.h"

/* Users and items are one table of nodes, users first. */
struct lightgcn_graph {
    struct incidence *incidence;
    float *scale; /* (nodes) 1 / sqrt(degree); 0 without edges */
    int dim, layers;
    size_t n_blocks;
    llmx_id *
        block; /* (n_blocks + 1) block b is nodes block[b] .. block[b + 1] - 1, all users or all items; about as
                     * much work as any other unless it is a single node */
};

/* Takes over the incidence, also when it fails. Release the graph also after a failure. */
int lightgcn_graph_create(struct lightgcn_graph *graph, struct incidence *incidence, int dim,
                          int layers, struct llmx_error *err);
void lightgcn_graph_release(struct lightgcn_graph *graph);

/* What is done with each block of final rows where it was made, while it is in that core's cache. */
struct lightgcn_then {
    void (*work)(void *context, size_t block, llmx_id first,
                 llmx_id last); /* nodes first .. last-1 */
    void *context;
};

/* final (nodes, dim) from base (nodes, dim). hidden (nodes, dim) is scratch; with more than one layer it holds
 * E(0) + ... + E(L-1) in the end. then: NULL for nothing; it may change anything but hidden and other final rows. */
void lightgcn_propagate(const struct lightgcn_graph *graph, float *final, float *hidden,
                        const float *base, const struct lightgcn_then *then, struct threads *pool);

/* The loss of a batch of triples on final rows, and its gradient (nodes, dim) with respect to them:
 * the mean of bpr_loss_at over the triples. slope, loss (batch) are scratch. */
struct lightgcn_step {
    const struct batch *batch;
    const float *final;
    float *gradient; /* every row is written */
    float *touches;  /* (nodes) gets how often the batch names each node */
    llmx_id users, items;
    int dim;
    float *slope, *loss;
};
double lightgcn_gradient(const struct lightgcn_step *step, struct threads *pool);

/* The part of nodes first .. last-1 in the loss l2/2 * mean over the triples of |user|^2 + |positive|^2 + |negative|^2 on
 * base rows (nodes, dim), as the paper and RecBole's require_pow; its gradient is added to `gradient` (nodes, dim).
 * After lightgcn_gradient. */
double lightgcn_regularise(const struct lightgcn_step *step, const float *base, double l2,
                           float *gradient, llmx_id first, llmx_id last);

#endif
