#include "kernel/scores.h"

#include "kernel/vector.h"

#include <immintrin.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

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

/* Eight lanes of AVX2; AVX-512 would hardly gain: both passes together take a fiftieth of a token's time. */
#define AVX2 __attribute__((target("avx2,fma")))

AVX2 static inline void blend(f32x8 *to, const i32x8 *where, const f32x8 *from)
{
    *to = (f32x8)((*where & (i32x8)*from) | (~*where & (i32x8)*to));
}

AVX2 static void scores_max_avx2(float *max, const float *x, int n)
{
    for (int i = 0; i + SCORES_BLOCK <= n; i += SCORES_BLOCK) {
        f32x8 best = (f32x8){0} - INFINITY;
        for (int j = 0; j < SCORES_BLOCK; j += LANES_AVX2) {
            f32x8 v;
            memcpy(&v, x + i + j, sizeof v);
            i32x8 greater = v > best;
            blend(&best, &greater, &v);
        }
        float lanes[LANES_AVX2];
        memcpy(lanes, &best, sizeof lanes);
        *max++ = block_max_scalar(lanes, LANES_AVX2);
    }
}

/* exp(v) = 2^n exp(r) with n = round(v / ln 2), |r| <= ln 2 / 2, by the Taylor polynomial of degree 7.
 * ln 2 comes in two parts, so that n times the first is exact. */
AVX2 static inline void exp_lanes(f32x8 *v)
{
    const float magic = 0x1.8p23f; /* adding it rounds to an integer, left in the low bits */
    f32x8 z = *v * 0x1.715476p0f + magic;
    f32x8 n = z - magic;
    f32x8 r = *v - n * 0x1.62e4p-1f - n * 0x1.7f7d1cp-20f;
    f32x8 p = r * (1.0f / 5040) + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * (r * r) + r + 1.0f;
    f32x8 result = (f32x8)((u32x8)p + ((u32x8)z << 23));
    i32x8 normal = *v > -86.0f; /* below, 2^n is about to leave the exponent's range */
    *v = (f32x8)((i32x8)result & normal);
}

AVX2 static void scores_exp_avx2(float *x, float *sum, int n, float least, float shift, float scale)
{
    for (int i = 0; i + SCORES_BLOCK <= n; i += SCORES_BLOCK) {
        f32x8 total = {0};
        for (int j = 0; j < SCORES_BLOCK; j += LANES_AVX2) {
            f32x8 v;
            memcpy(&v, x + i + j, sizeof v);
            i32x8 kept = v >= least;
            v = (v - shift) * scale;
            exp_lanes(&v);
            v = (f32x8)((i32x8)v & kept);
            memcpy(x + i + j, &v, sizeof v);
            total += v;
        }
        float lanes[LANES_AVX2], s = 0;
        memcpy(lanes, &total, sizeof lanes);
        for (int j = 0; j < LANES_AVX2; j++)
            s += lanes[j];
        *sum++ = s;
    }
}

void scores_max(float *max, const float *x, int n)
{
    int whole = cpu()->has_avx2 ? n / SCORES_BLOCK * SCORES_BLOCK : 0;
    if (whole > 0)
        scores_max_avx2(max, x, whole);
    scores_max_scalar(max + whole / SCORES_BLOCK, x + whole, n - whole);
}

void scores_exp(float *x, float *sum, int n, float least, float shift, float scale)
{
    int whole = cpu()->has_avx2 ? n / SCORES_BLOCK * SCORES_BLOCK : 0;
    if (whole > 0)
        scores_exp_avx2(x, sum, whole, least, shift, scale);
    scores_exp_scalar(x + whole, sum + whole / SCORES_BLOCK, n - whole, least, shift, scale);
}

/* A true lane is -1: subtracting it counts. */
AVX2 static void scores_count_avx2(const float *x, int n, float score, int *higher, int *equal)
{
    const f32x8 limit = (f32x8){0} + score;
    i32x8 above = {0}, same = {0};
    for (int i = 0; i < n; i += LANES_AVX2) {
        f32x8 v;
        memcpy(&v, x + i, sizeof v);
        above -= v > limit;
        same -= v == limit;
    }
    *higher = *equal = 0;
    for (int j = 0; j < LANES_AVX2; j++) {
        *higher += above[j];
        *equal += same[j];
    }
}

void scores_count(const float *x, int n, float score, int *higher, int *equal)
{
    int whole = cpu()->has_avx2 ? n / LANES_AVX2 * LANES_AVX2 : 0, more_higher, more_equal;
    scores_count_scalar(x + whole, n - whole, score, &more_higher, &more_equal);
    *higher = *equal = 0;
    if (whole > 0)
        scores_count_avx2(x, whole, score, higher, equal);
    *higher += more_higher;
    *equal += more_equal;
}

/* Sixteen lanes: this pass is a seventh of a ranking's time. */
__attribute__((target("avx512f"))) static void scores_survey_avx512(float *max, int *candidates,
                                                                    int *higher, int *equal,
                                                                    const float *x, int n,
                                                                    float score)
{
    const __m512 limit = _mm512_set1_ps(score), lowest = _mm512_set1_ps(-INFINITY);
    const __m512i one = _mm512_set1_epi32(1);
    __m512i above = _mm512_setzero_si512(), same = above, there = above;
    for (int i = 0; i < n; i += SCORES_BLOCK) {
        __m512 best = lowest;
        for (int j = 0; j < SCORES_BLOCK; j += 16) {
            const __m512 v = _mm512_loadu_ps(x + i + j);
            above =
                _mm512_mask_add_epi32(above, _mm512_cmp_ps_mask(v, limit, _CMP_GT_OQ), above, one);
            same = _mm512_mask_add_epi32(same, _mm512_cmp_ps_mask(v, limit, _CMP_EQ_OQ), same, one);
            there =
                _mm512_mask_add_epi32(there, _mm512_cmp_ps_mask(v, lowest, _CMP_GT_OQ), there, one);
            best = _mm512_max_ps(v, best); /* of NaN and a number the second: the number */
        }
        *max++ = _mm512_reduce_max_ps(best);
    }
    *candidates = _mm512_reduce_add_epi32(there);
    *higher = _mm512_reduce_add_epi32(above);
    *equal = _mm512_reduce_add_epi32(same);
}

void scores_survey(float *max, int *candidates, int *higher, int *equal, const float *x, int n,
                   float score)
{
    const int whole = cpu()->has_avx512 ? n / SCORES_BLOCK * SCORES_BLOCK : 0;
    int more_candidates, more_higher, more_equal;
    if (!cpu()->has_avx512 && cpu()->has_avx2) { /* pass by pass */
        scores_max(max, x, n);
        scores_count(x, n, -INFINITY, candidates, &more_equal);
        scores_count(x, n, score, higher, equal);
        return;
    }
    scores_survey_scalar(max + whole / SCORES_BLOCK, candidates, higher, equal, x + whole,
                         n - whole, score);
    if (whole == 0)
        return;
    scores_survey_avx512(max, &more_candidates, &more_higher, &more_equal, x, whole, score);
    *candidates += more_candidates;
    *higher += more_higher;
    *equal += more_equal;
}

/* Which of a whole block's scores are above `least`, by bits. */
AVX2 static uint64_t block_above_avx2(const float *x, float least)
{
    uint64_t above = 0;
    for (int j = 0; j < SCORES_BLOCK; j += LANES_AVX2) {
        const __m256 higher =
            _mm256_cmp_ps(_mm256_loadu_ps(x + j), _mm256_set1_ps(least), _CMP_GT_OQ);
        above |= (uint64_t)(uint32_t)_mm256_movemask_ps(higher) << j;
    }
    return above;
}

static uint64_t block_above_scalar(const float *x, int n, float least)
{
    uint64_t above = 0;
    for (int i = 0; i < n; i++)
        above |= (uint64_t)(x[i] > least) << i;
    return above;
}

int scores_above(const float *x, const float *max, int n, float least, int32_t *place, int room)
{
    const bool is_fast = cpu()->has_avx2;
    int found = 0;
    for (int first = 0; first < n; first += SCORES_BLOCK) {
        const int left = n - first;
        if (!(*max++ > least))
            continue;
        uint64_t above =
            is_fast && left >= SCORES_BLOCK
                ? block_above_avx2(x + first, least)
                : block_above_scalar(x + first, left < SCORES_BLOCK ? left : SCORES_BLOCK, least);
        for (; above; above &= above - 1) {
            if (found == room)
                return room + 1;
            place[found++] = first + __builtin_ctzll(above);
        }
    }
    return found;
}
