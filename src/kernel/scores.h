/* scores.h - vectorised passes over many scores: those of a whole vocabulary, or of a whole catalogue.
 *
 * scores_max and scores_exp leave one number per block of SCORES_BLOCK scores, so that what follows looks only into the few blocks
 * that matter. The last block may be short. */
#ifndef KERNEL_SCORES_H
#define KERNEL_SCORES_H

#include <stdint.h>

#define SCORES_BLOCK 64

static inline int scores_blocks(int n)
{
    return (n + SCORES_BLOCK - 1) / SCORES_BLOCK;
}

/* max[b] = the largest score of block b; NaN scores are passed over (-INFINITY when nothing else is there). */
void scores_max(float *max, const float *x, int n);

/* x[i] = exp((x[i] - shift) * scale), or 0 where x[i] < least or NaN; sum[b] = the sum of block b.
 * For x <= shift and scale > 0 within 2 units in the last place; results below 1e-37 may be 0. */
void scores_exp(float *x, float *sum, int n, float least, float shift, float scale);

/* How many of x[0 .. n-1] are higher than a score, and how many equal it; NaN is neither. */
void scores_count(const float *x, int n, float score, int *higher, int *equal);

/* One pass for what ranking wants: max as scores_max leaves it, *candidates the scores above -INFINITY, and as
 * scores_count says of `score`, higher and equal. */
void scores_survey(float *max, int *candidates, int *higher, int *equal, const float *x, int n,
                   float score);

/* Writes the places of scores above `least`, ascending, into `place`; max is that of their blocks. Returns how many
 * there are, or room + 1 for any more than `room`. */
int scores_above(const float *x, const float *max, int n, float least, int32_t *place, int room);

/* The same, plainly; of what fills no block they are what is taken. */
void scores_max_scalar(float *max, const float *x, int n);
void scores_exp_scalar(float *x, float *sum, int n, float least, float shift, float scale);
void scores_survey_scalar(float *max, int *candidates, int *higher, int *equal, const float *x,
                          int n, float score);
void scores_count_scalar(const float *x, int n, float score, int *higher, int *equal);

#endif
