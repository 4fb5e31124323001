#include "kernel/scores.h"

#include <math.h>

static float block_max_scalar(const float *x, int n)
{
    float max = -INFINITY;
    for (int i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

static float block_exp_scalar(float *x, int n, float least, float shift, float scale)
{
    float sum = 0;
    for (int i = 0; i < n; i++) {
        x[i] = x[i] >= least ? expf((x[i] - shift) * scale) : 0;
        sum += x[i];
    }
    return sum;
}

void scores_max_scalar(float *max, const float *x, int n)
{
    for (int i = 0; i < n; i += SCORES_BLOCK)
        *max++ = block_max_scalar(x + i, n - i < SCORES_BLOCK ? n - i : SCORES_BLOCK);
}

void scores_exp_scalar(float *x, float *sum, int n, float least, float shift, float scale)
{
    for (int i = 0; i < n; i += SCORES_BLOCK)
        *sum++ = block_exp_scalar(x + i, n - i < SCORES_BLOCK ? n - i : SCORES_BLOCK, least, shift,
                                  scale);
}

void scores_count_scalar(const float *x, int n, float score, int *higher, int *equal)
{
    *higher = *equal = 0;
    for (int i = 0; i < n; i++) {
        *higher += x[i] > score;
        *equal += x[i] == score;
    }
}

void scores_survey_scalar(float *max, int *candidates, int *higher, int *equal, const float *x,
                          int n, float score)
{
    int masked;
    scores_max_scalar(max, x, n);
    scores_count_scalar(x, n, -INFINITY, candidates, &masked);
    scores_count_scalar(x, n, score, higher, equal);
}
