#include "attention/attention_sight.h"

#include "kernel/dropout_lanes.h"
#include "kernel/vector.h"

/* By sign bits: gcc takes comparisons of whole numbers apart, lane by lane. */
BODY ints seen(const struct sight *sight, int place)
{
    const ints lane = lane_numbers();
    return ~(lane + (place - sight->first)) >> 31 & (lane + (place - sight->end)) >> 31;
}

BODY floats masked(const struct sight *sight, int place, floats x)
{
    return sight->dropout.dropped == 0
               ? x
               : x * dropout_factors(&sight->dropout, (uint32_t)(sight->block + place));
}

/* Turns scores into weights in place and takes them into *lse; what was summed before shrinks to *keep of it. */
BODY void row_weights_body(float *scores, float *lse, float *keep, const struct sight *sight,
                           float scale)
{
    const int end = (sight->end + WIDE - 1) / WIDE * WIDE;
    floats peak = floats_all(SIGHT_LOWEST), sum[PARTS] = {{0}};
    for (int s = 0; s < end; s += LANES) {
        floats score = floats_load(scores + s) * scale;
        score = floats_select(seen(sight, s), score, floats_all(SIGHT_LOWEST));
        floats_store(scores + s, score);
        peak = floats_max(peak, score);
    }
    float max = floats_highest(peak);
    for (int first = 0; first < end; first += WIDE)
        EACH_PART(p)
        {
            const int s = first + p * LANES;
            const floats power = floats_exp2((floats_load(scores + s) - max) * LOG2_E);
            const floats weight = floats_if(seen(sight, s), power);
            floats_store(scores + s, weight);
            sum[p] += weight;
        }
    float was = *lse, high = was > max ? was : max;
    float before = expf(was - high), now = expf(max - high);
    float total = before + floats_sum(sum) * now;
    *lse = high + logf(total);
    *keep = before / total;
    for (int s = 0; s < end; s += LANES)
        floats_store(scores + s, masked(sight, s, floats_load(scores + s) * (now / total)));
}
KERNEL(row_weights,
       (float *scores, float *lse, float *keep, const struct sight *sight, float scale),
       (scores, lse, keep, sight, scale))

/* From scores and d . v to dropped-out weights and gradients of the scores, both 0 past what is seen up to `n`. */
BODY void row_gradients_body(float *scores, float *dweights, int n, const struct sight *sight,
                             float scale, float lse, float whole)
{
    for (int s = 0; s < n; s += LANES) {
        floats weight = floats_exp2((floats_load(scores + s) * scale - lse) * LOG2_E);
        weight = floats_if(seen(sight, s), weight);
        floats dweight = masked(sight, s, floats_load(dweights + s));
        floats dscore = weight * (dweight - whole) * scale;
        floats_store(dweights + s, floats_if(seen(sight, s), dscore));
        floats_store(scores + s, masked(sight, s, weight));
    }
}
KERNEL(row_gradients,
       (float *scores, float *dweights, int n, const struct sight *sight, float scale, float lse,
        float whole),
       (scores, dweights, n, sight, scale, lse, whole))
