/* bpr_loss.h - the pairwise loss of BPR, as RecBole writes it:  -log(1e-10 + sigmoid(x)),  x = score of the taken item
 * minus score of one that was not taken. */
#ifndef RECOMMEND_BPR_LOSS_H
#define RECOMMEND_BPR_LOSS_H

#include <math.h>

#define BPR_LOSS_FLOOR 1e-10f /* RecBole's gamma: keeps the logarithm finite */

/* The loss and its derivative with respect to x. */
static inline float bpr_loss_at(float x, float *slope)
{
    float e = expf(-fabsf(x)), small = e / (1 + e), large = 1 / (1 + e);
    float p = x > 0 ? large : small, rest = x > 0 ? small : large;
    *slope = -p * rest / (BPR_LOSS_FLOOR + p);
    return -logf(BPR_LOSS_FLOOR + p);
}

#endif
