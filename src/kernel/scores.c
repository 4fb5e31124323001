#include "kernel/scores.h"

#include "kernel/vector.h"

BODY floats block_max(const float *x)
{
    floats best = floats_all(-INFINITY);
    UNROLL
    for (int j = 0; j < SCORES_BLOCK; j += LANES)
        best =
            floats_max(floats_load(x + j), best); /* of NaN and a number the second: the number */
    return best;
}

BODY void scores_max_body(float *max, const float *x, int n)
{
    int i = 0;
    for (; i + SCORES_BLOCK <= n; i += SCORES_BLOCK)
        *max++ = floats_highest(block_max(x + i));
    scores_max_scalar(max, x + i, n - i);
}
KERNEL(scores_max, (float *max, const float *x, int n), (max, x, n))

/* exp(v) = 2^n exp(r) with n = round(v / ln 2), |r| <= ln 2 / 2, by the Taylor polynomial of degree 7.
 * ln 2 comes in two parts, so that n times the first is exact. */
BODY floats exp_lanes(floats v)
{
    const float magic = 0x1.8p23f; /* adding it rounds to an integer, left in the low bits */
    const floats z = v * 0x1.715476p0f + magic;
    const floats n = z - magic;
    const floats r = v - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
    floats p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * (r * r) + r + 1.0f;
    const ints is_normal = v > -86.0f; /* below, 2^n is about to leave the exponent's range */
    return floats_if(is_normal, (floats)((uints)p + ((uints)z << 23)));
}

/* Of a block, in eight lanes, one after the other at last. */
BODY float block_sum(const float *x)
{
    four_floats low = {0}, high = {0}, v;
    UNROLL
    for (int j = 0; j < SCORES_BLOCK; j += 8) {
        memcpy(&v, x + j, sizeof v);
        low += v;
        memcpy(&v, x + j + 4, sizeof v);
        high += v;
    }
    float sum = 0;
    UNROLL
    for (int j = 0; j < 8; j++)
        sum += j < 4 ? low[j] : high[j - 4];
    return sum;
}

BODY void scores_exp_body(float *x, float *sum, int n, float least, float shift, float scale)
{
    int i = 0;
    for (; i + SCORES_BLOCK <= n; i += SCORES_BLOCK) {
        for (int j = i; j < i + SCORES_BLOCK; j += LANES) {
            const floats v = floats_load(x + j);
            floats_store(x + j, floats_if(v >= least, exp_lanes((v - shift) * scale)));
        }
        *sum++ = block_sum(x + i);
    }
    scores_exp_scalar(x + i, sum, n - i, least, shift, scale);
}
KERNEL(scores_exp, (float *x, float *sum, int n, float least, float shift, float scale),
       (x, sum, n, least, shift, scale))

/* A true lane is -1: subtracting it counts. */
BODY void scores_count_body(const float *x, int n, float score, int *higher, int *equal)
{
    ints above = {0}, same = {0};
    int i = 0;
    for (; i + LANES <= n; i += LANES) {
        const floats v = floats_load(x + i);
        above -= v > score;
        same -= v == score;
    }
    scores_count_scalar(x + i, n - i, score, higher, equal);
    *higher += ints_sum(above);
    *equal += ints_sum(same);
}
KERNEL(scores_count, (const float *x, int n, float score, int *higher, int *equal),
       (x, n, score, higher, equal))

BODY void scores_survey_body(float *max, int *candidates, int *higher, int *equal, const float *x,
                             int n, float score)
{
    ints above = {0}, same = {0}, there = {0};
    int i = 0;
    for (; i + SCORES_BLOCK <= n; i += SCORES_BLOCK) {
        floats best = floats_all(-INFINITY);
        UNROLL
        for (int j = 0; j < SCORES_BLOCK; j += LANES) {
            const floats v = floats_load(x + i + j);
            above -= v > score;
            same -= v == score;
            there -= v > -INFINITY;
            best = floats_max(v, best);
        }
        *max++ = floats_highest(best);
    }
    scores_survey_scalar(max, candidates, higher, equal, x + i, n - i, score);
    *candidates += ints_sum(there);
    *higher += ints_sum(above);
    *equal += ints_sum(same);
}
KERNEL(scores_survey,
       (float *max, int *candidates, int *higher, int *equal, const float *x, int n, float score),
       (max, candidates, higher, equal, x, n, score))

/* Which of a block's n scores are above `least`, by bits. */
BODY uint64_t block_above(const float *x, int n, float least)
{
    uint64_t above = 0;
    int i = 0;
    for (; i + LANES <= n; i += LANES)
        above |= (uint64_t)ints_bits(floats_load(x + i) > least) << i;
    for (; i < n; i++)
        above |= (uint64_t)(x[i] > least) << i;
    return above;
}

BODY int scores_above_body(const float *x, const float *max, int n, float least, int32_t *place,
                           int room)
{
    int found = 0;
    for (int first = 0; first < n; first += SCORES_BLOCK) {
        const int left = n - first;
        if (!(*max++ > least))
            continue;
        uint64_t above = block_above(x + first, left < SCORES_BLOCK ? left : SCORES_BLOCK, least);
        for (; above; above &= above - 1) {
            if (found == room)
                return room + 1;
            place[found++] = first + __builtin_ctzll(above);
        }
    }
    return found;
}
KERNEL_OF(int, scores_above,
          (const float *x, const float *max, int n, float least, int32_t *place, int room),
          (x, max, n, least, place, room))
