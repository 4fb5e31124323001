/* bpr.h - matrix factorisation learnt from pairs (BPR-MF; Rendle et al. 2009): the score of an item for a user
 * is the product of their rows. */
#ifndef RECOMMEND_BPR_H
#define RECOMMEND_BPR_H

#include "recommend/bpr_step.h"
#include "recommend/recommender.h"

struct bpr {
    llmx_id users, items;
    int dim;
    float l2;
    float *user,
        *item; /* (users, dim), (items, dim) the embeddings, averaged over the last epochs */
    struct bpr_training *training; /* NULL when only recommending */
};

/* How a user's vector follows from their history with the items fixed: what serves people outside the training
 * data, and what evidence is computed from. It is the part of the training loss that speaks of them, with the mean
 * over the negatives in place of sampled ones. For vector u, history H, q the item rows:
 *
 *     F(u) = sum over i in H of [ mean over n of -log sigmoid(u . (q_i - q_n))  +  l2/2 * |u|^2 ]
 *
 * n runs over the items outside H, or over a fixed sample of them where the catalogue is large.
 *
 * u (dim) of whoever is served (recommender.h). Of somebody new the minimum, by Newton's method from zero, and zero without a
 * history; of a user the row that was learnt, or, where there is more to know of them by now, a step or two from there. */
int bpr_person_row(const struct bpr *bpr, const struct llmx_person *person, float *u,
                   struct llmx_error *err);

/* Contributions as marginal.h defines them, of scores by vectors that follow from the history, negatives staying those
 * outside the whole of it.
 *
 * The last effect is the influence of removing history item j (Koh & Liang 2017; for factorisation models Cheng et al.
 * 2019): u follows F without j's term f_j by one Newton step from where it stands,
 *
 *     score(t) - score without j(t) = - q_t' (H - H_j)^-1 grad f_j(u),     H = Hessian F(u), H_j its part from j,
 *
 * H_j taken as the rank-one matrix of its mean pair, so that one factorisation of H serves all j. A vector of the
 * training data is taken as the minimum that training found; tests hold the result against really re-fitting.
 *
 * The score of j alone is that of one Newton step from zero on j's term, s({j}) = - q_t' H_j(0)^-1 grad f_j(0): the
 * direction in which j would draw a vector and not how far, which a fit by one item would take several times further.
 *
 * Row `evidence` of the table of models (recommender.h). Cost: O((items + n) dim^2 + n items dim), with at most
 * NEGATIVES_MAX items. */
int bpr_evidence(const void *model, const struct llmx_person *person, const llmx_id *items, int k,
                 float *contributions, struct llmx_error *err);

#endif
