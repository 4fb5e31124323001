/* bpr_pairs.h - the innermost loop of bpr_user.c. */
#ifndef RECOMMEND_BPR_PAIRS_H
#define RECOMMEND_BPR_PAIRS_H

#define BPR_PAIRS_UNIT 16 /* n is a multiple of it */

/* p (n) = share b / (a + b), w (n) = p a / (a + b) */
void bpr_pairs(float *p, float *w, float a, const float *b, float share, int n);

#endif
