/* attention_block.h - the scores of one row and one block of keys, for the kernels of attention.h that hold them in f32. */
#ifndef ATTENTION_ATTENTION_BLOCK_H
#define ATTENTION_ATTENTION_BLOCK_H

#include "attention/attention.h"
#include "kernel/vector.h"

/* Of tokens start, start + 1 ... those from `first` to before `end`. By sign bits: gcc takes comparisons of whole
 * numbers apart, lane by lane. */
BODY ints are_seen(int start, int first, int end)
{
    return ~(lane_numbers() + (start - first)) >> 31 & (lane_numbers() + (start - end)) >> 31;
}

/* Turns scores into weights in place, hidden ones into 0, and returns by how much what was summed shrinks. A row
 * that sees nothing of the block stays bit for bit as it is. */
BODY float block_weights(struct attention_state *state, int r, float *scores, int start, int first,
                         int end)
{
    const floats lowest = floats_all(ATTENTION_LOWEST);
    floats peak = lowest, weight[PARTS];
    EACH_PART(p)
    {
        const floats score = floats_load(scores + p * LANES);
        weight[p] = floats_select(are_seen(start + p * LANES, first, end), score, lowest);
        peak = floats_max(peak, weight[p]);
    }
    float max = floats_highest(peak);
    max = max > state->max[r] ? max : state->max[r];
    EACH_PART(p)
    {
        weight[p] =
            floats_if(are_seen(start + p * LANES, first, end), floats_exp2(weight[p] - max));
        floats_store(scores + p * LANES, weight[p]);
    }
    const float kept = max > state->max[r] ? exp2f(state->max[r] - max) : 1;
    state->sum[r] = state->sum[r] * kept + floats_sum(weight);
    state->max[r] = max;
    return kept;
}

#endif
