/* attention_bf16.c - attention_keys for processors with AVX-512 bf16 dot products: up to six rows at a time
 * against four blocks of keys, so that every load of a key or value serves six rows. */
#include "kernel/attention.h"

#ifdef __x86_64__

#include "kernel/vector.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#define ROWS_AT_ONCE   6 /* times four accumulators: 24 of the 32 registers */
#define BLOCKS_AT_ONCE 4
#define KEYS_AT_ONCE   (BLOCKS_AT_ONCE * KV_BLOCK)

/* 2^x to 4e-5 relative, a hundredth of what rounding to bf16 takes; 0 below -150. */
INLINE __m512 power_of_two(__m512 x)
{
    x = _mm512_max_ps(x, _mm512_set1_ps(-200.0f));
    __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 f = _mm512_sub_ps(x, n);
    __m512 p = _mm512_fmadd_ps(f, _mm512_set1_ps(9.6181291e-3f), _mm512_set1_ps(5.5504109e-2f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(2.4022651e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(6.9314718e-1f));
    p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(p, n);
}

INLINE __m512bh load_pairs(const uint16_t *p)
{
    return (__m512bh)_mm512_loadu_si512(p);
}

INLINE __m512bh repeat_pair(const uint16_t *p)
{
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return (__m512bh)_mm512_set1_epi32(pair);
}

/* What a group of rows works on. */
struct group {
    const uint16_t *const *q; /* (rows) */
    const int *first, *end;   /* (rows) */
    float *max, *sum, *acc;   /* (rows), (rows), (rows, dim) */
    uint16_t *weights;        /* (rows, KEYS_AT_ONCE) */
    int dim;
};

/* s (rows, four blocks of 16) = q k^T. Blocks past the n-th repeat the last: their scores are hidden later. */
INLINE void scores(__m512 s[][BLOCKS_AT_ONCE], const struct group *g, int rows, int n,
                   const uint16_t *blocks)
{
    const uint16_t *block[BLOCKS_AT_ONCE];
    UNROLL
    for (int b = 0; b < BLOCKS_AT_ONCE; b++)
        block[b] = blocks + (size_t)(b < n ? b : n - 1) * 2 * KV_BLOCK * (size_t)g->dim;
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int b = 0; b < BLOCKS_AT_ONCE; b++)
            s[r][b] = _mm512_setzero_ps();
    }
    for (int d = 0; d < g->dim; d += 2) {
        __m512bh keys[BLOCKS_AT_ONCE];
        UNROLL
        for (int b = 0; b < BLOCKS_AT_ONCE; b++)
            keys[b] = load_pairs(block[b] + d * KV_BLOCK);
        UNROLL
        for (int r = 0; r < rows; r++) {
            __m512bh x = repeat_pair(g->q[r] + d);
            UNROLL
            for (int b = 0; b < BLOCKS_AT_ONCE; b++)
                s[r][b] = _mm512_dpbf16_ps(s[r][b], keys[b], x);
        }
    }
}

/* Lanes start .. start + 15 that lie in first .. end - 1. */
INLINE __mmask16 seen(int start, int first, int end)
{
    int from = first - start, to = end - start;
    unsigned below = to >= 16 ? 0xffffu : to <= 0 ? 0 : (1u << to) - 1;
    unsigned hidden = from >= 16 ? 0xffffu : from <= 0 ? 0 : (1u << from) - 1;
    return (__mmask16)(below & ~hidden);
}

/* Turns the scores of row r into weights, and returns by how much what was summed before shrinks. */
INLINE float weigh(__m512 s[BLOCKS_AT_ONCE], const struct group *g, int r, int start)
{
    if (g->first[r] > start || g->end[r] < start + KEYS_AT_ONCE)
        UNROLL
    for (int b = 0; b < BLOCKS_AT_ONCE; b++)
        s[b] = _mm512_mask_mov_ps(_mm512_set1_ps(-INFINITY),
                                  seen(start + b * KV_BLOCK, g->first[r], g->end[r]), s[b]);
    __m512 highest = _mm512_max_ps(_mm512_max_ps(s[0], s[1]), _mm512_max_ps(s[2], s[3]));
    float max = fmaxf(g->max[r], _mm512_reduce_max_ps(highest));
    __m512 total = _mm512_setzero_ps();
    UNROLL
    for (int b = 0; b < BLOCKS_AT_ONCE; b++) {
        __m512 weight = power_of_two(_mm512_sub_ps(s[b], _mm512_set1_ps(max)));
        total = _mm512_add_ps(total, weight);
        _mm256_store_si256((__m256i *)(g->weights + r * KEYS_AT_ONCE + b * KV_BLOCK),
                           (__m256i)_mm512_cvtneps_pbh(weight));
    }
    float kept = _mm512_cvtss_f32(power_of_two(_mm512_set1_ps(g->max[r] - max)));
    g->sum[r] = g->sum[r] * kept + _mm512_reduce_add_ps(total);
    g->max[r] = max;
    return kept;
}

/* acc (rows, columns d .. d + 16 vectors - 1) = acc * kept + weights v */
INLINE void values(const struct group *g, int rows, int vectors, int d, int n, const float *kept,
                   const uint16_t *blocks)
{
    size_t dim = (size_t)g->dim;
    __m512 acc[ROWS_AT_ONCE][4];
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int v = 0; v < vectors; v++)
            acc[r][v] = _mm512_mul_ps(_mm512_load_ps(g->acc + (size_t)r * dim + d + v * 16),
                                      _mm512_set1_ps(kept[r]));
    }
    for (int pair = 0; pair < n * KV_BLOCK / 2; pair++) {
        const uint16_t *row = blocks + (size_t)(pair / 8 * 2 + 1) * KV_BLOCK * dim +
                              (size_t)(pair % 8) * 2 * dim + (size_t)d * 2;
        __m512bh value[4];
        UNROLL
        for (int v = 0; v < vectors; v++)
            value[v] = load_pairs(row + v * 32);
        UNROLL
        for (int r = 0; r < rows; r++) {
            __m512bh w = repeat_pair(g->weights + r * KEYS_AT_ONCE + pair * 2);
            UNROLL
            for (int v = 0; v < vectors; v++)
                acc[r][v] = _mm512_dpbf16_ps(acc[r][v], value[v], w);
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int v = 0; v < vectors; v++)
            _mm512_store_ps(g->acc + (size_t)r * dim + d + v * 16, acc[r][v]);
    }
}

/* `rows` is a constant in each caller, so that the accumulators become registers. */
INLINE void group_blocks(const struct group *g, int rows, int start, int n, const uint16_t *blocks)
{
    __m512 s[ROWS_AT_ONCE][BLOCKS_AT_ONCE];
    float kept[ROWS_AT_ONCE];
    scores(s, g, rows, n, blocks);
    UNROLL
    for (int r = 0; r < rows; r++)
        kept[r] = weigh(s[r], g, r, start);
    int d = 0;
    for (; d + 64 <= g->dim; d += 64)
        values(g, rows, 4, d, n, kept, blocks);
    for (; d < g->dim; d += 16)
        values(g, rows, 1, d, n, kept, blocks);
}

TARGET static void six_rows(const struct group *g, int start, int n, const uint16_t *blocks)
{
    group_blocks(g, 6, start, n, blocks);
}

TARGET static void three_rows(const struct group *g, int start, int n, const uint16_t *blocks)
{
    group_blocks(g, 3, start, n, blocks);
}

TARGET static void one_row(const struct group *g, int start, int n, const uint16_t *blocks)
{
    group_blocks(g, 1, start, n, blocks);
}

/* All keys that the group's rows see, four blocks at a time, wherever they begin: sums must not depend on the other rows. */
static void group_keys(const struct group *g, int rows, const uint16_t *blocks)
{
    int start = INT32_MAX, stop = 0;
    for (int r = 0; r < rows; r++) {
        start = g->first[r] < start ? g->first[r] : start;
        stop = g->end[r] > stop ? g->end[r] : stop;
    }
    for (int t = start / KEYS_AT_ONCE * KEYS_AT_ONCE; t < stop; t += KEYS_AT_ONCE) {
        int n = (stop - t + KV_BLOCK - 1) / KV_BLOCK;
        n = n < BLOCKS_AT_ONCE ? n : BLOCKS_AT_ONCE;
        const uint16_t *here = blocks + (size_t)t * 2 * (size_t)g->dim;
        if (rows == 6)
            six_rows(g, t, n, here);
        else if (rows == 3)
            three_rows(g, t, n, here);
        else
            one_row(g, t, n, here);
    }
}

void attention_keys_bf16(struct attention_state *state, const uint16_t *const *q, int from,
                         int rows, const uint16_t *blocks, const int *first, const int *end,
                         int dim)
{
    for (int r = from, n; r < from + rows; r += n) {
        int left = from + rows - r;
        n = left >= 6 ? 6 : left >= 3 ? 3 : 1;
        struct group g = {.q = q + r,
                          .first = first + r,
                          .end = end + r,
                          .max = state->max + r,
                          .sum = state->sum + r,
                          .acc = state->acc + (size_t)r * (size_t)dim,
                          .weights = (uint16_t *)state->weights,
                          .dim = dim};
        group_keys(&g, n, blocks);
    }
}

#else

void attention_keys_bf16(struct attention_state *state, const uint16_t *const *q, int from,
                         int rows, const uint16_t *blocks, const int *first, const int *end,
                         int dim)
{
    attention_keys_scalar(state, (const void *const *)q, from, rows, blocks, first, end, dim,
                          DTYPE_BF16);
}

#endif
