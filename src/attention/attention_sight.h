/* attention_sight.h - one row of attention_train.c against a block of keys, between the products: what it sees, and
 * what that makes of its scores. */
#ifndef ATTENTION_ATTENTION_SIGHT_H
#define ATTENTION_ATTENTION_SIGHT_H

#include "kernel/dropout.h"

#define SIGHT_UNIT   16     /* scores and weights stand in whole groups of so many */
#define SIGHT_LOWEST -1e30f /* below every score, yet finite: differences of two stay numbers */

/* What a row's scores against the block that begins at key `block` are seen through. */
struct sight {
    int first, end; /* places in the block */
    struct dropout dropout;
    int block;
};

/* Turns scores into weights in place and takes them into *lse; what was summed before shrinks to *keep of it. */
void row_weights(float *scores, float *lse, float *keep, const struct sight *sight, float scale);

/* From scores and d . v to dropped-out weights and gradients of the scores, both 0 past what is seen up to `n`. */
void row_gradients(float *scores, float *dweights, int n, const struct sight *sight, float scale,
                   float lse, float whole);

#endif
