/* attention_bf16.c - attention_keys for processors with AVX-512 bf16 dot products: up to six rows at a time
 * against four blocks of keys, so that every load of a key or value serves six rows; and all rows against these blocks
 * while they are in the first-level cache. */
#include "attention/attention.h"

#ifdef __x86_64__

#include "kernel/vector.h"

#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma")))
#define INLINE static inline __attribute__((always_inline)) TARGET

#define ROWS_AT_ONCE   6 /* times four accumulators: 24 of the 32 registers */
#define BLOCKS_AT_ONCE 4
#define KEYS_AT_ONCE   (BLOCKS_AT_ONCE * KV_BLOCK)
#define HIDDEN         (2 * ATTENTION_LOWEST) /* so far below any maximum that its power is 0 */

/* 2^x to 4e-5 relative, a hundredth of what rounding to bf16 takes; 0 below -150. */
INLINE __m512 power_of_two(__m512 x)
{
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
    int rows;                 /* 6, 3 or 1 */
    int start, stop;          /* of all keys that any of them sees */
    const uint16_t *const *q; /* (rows) */
    const int *first, *end;   /* (rows) */
    float *max, *sum, *acc;   /* (rows), (rows), (rows, dim) */
    uint16_t *weights;        /* (rows, KEYS_AT_ONCE) */
    int dim;
};

/* s (rows, n blocks of 16) = q k^T */
INLINE void scores(__m512 s[][BLOCKS_AT_ONCE], const struct group *g, int rows, int n,
                   const uint16_t *blocks)
{
    const size_t block = 2 * KV_BLOCK * (size_t)g->dim;
    UNROLL
    for (int r = 0; r < rows; r++) {
        UNROLL
        for (int b = 0; b < n; b++)
            s[r][b] = _mm512_setzero_ps();
    }
    for (int d = 0; d < g->dim; d += 2) {
        __m512bh keys[BLOCKS_AT_ONCE];
        UNROLL
        for (int b = 0; b < n; b++)
            keys[b] = load_pairs(blocks + (size_t)b * block + d * KV_BLOCK);
        UNROLL
        for (int r = 0; r < rows; r++) {
            __m512bh x = repeat_pair(g->q[r] + d);
            UNROLL
            for (int b = 0; b < n; b++)
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

/* Hides what row r does not see, and returns the highest score of each lane. */
INLINE __m512 hide(__m512 s[BLOCKS_AT_ONCE], const struct group *g, int r, int n, int start)
{
    if (g->first[r] > start || g->end[r] < start + n * KV_BLOCK)
        UNROLL
    for (int b = 0; b < n; b++)
        s[b] = _mm512_mask_mov_ps(_mm512_set1_ps(HIDDEN),
                                  seen(start + b * KV_BLOCK, g->first[r], g->end[r]), s[b]);
    __m512 highest = s[0];
    UNROLL
    for (int b = 1; b < n; b++)
        highest = _mm512_max_ps(highest, s[b]);
    return highest;
}

/* Writes the weights of row r's scores, and returns their sum in each lane. */
INLINE __m512 weigh(const __m512 s[BLOCKS_AT_ONCE], const struct group *g, int r, int n, float max)
{
    __m512 total = _mm512_setzero_ps();
    UNROLL
    for (int b = 0; b < n; b++) {
        __m512 weight = power_of_two(_mm512_sub_ps(s[b], _mm512_set1_ps(max)));
        total = _mm512_add_ps(total, weight);
        _mm256_store_si256((__m256i *)(g->weights + r * KEYS_AT_ONCE + b * KV_BLOCK),
                           (__m256i)_mm512_cvtneps_pbh(weight));
    }
    return total;
}

/* Turns scores into weights; kept[r]: by how much what was summed before shrinks. One step for all rows after the other,
 * or each would wait for the one before. */
INLINE void soften(__m512 s[][BLOCKS_AT_ONCE], const struct group *g, int rows, int n, int start,
                   float *kept)
{
    float max[ROWS_AT_ONCE];
    __m512 total[ROWS_AT_ONCE];
    UNROLL
    for (int r = 0; r < rows; r++) {
        const float highest = _mm512_reduce_max_ps(hide(s[r], g, r, n, start));
        max[r] = highest > g->max[r] ? highest
                                     : g->max[r]; /* fmaxf is a call, which empties all registers */
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        total[r] = weigh(s[r], g, r, n, max[r]);
    UNROLL
    for (int r = 0; r < rows; r++) {
        kept[r] = _mm512_cvtss_f32(power_of_two(_mm512_set1_ps(g->max[r] - max[r])));
        g->sum[r] = g->sum[r] * kept[r] + _mm512_reduce_add_ps(total[r]);
        g->max[r] = max[r];
    }
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

/* `rows` and `n` are constants in each caller, so that the accumulators become registers. */
INLINE void group_blocks(const struct group *g, int rows, int n, int start, const uint16_t *blocks)
{
    __m512 s[ROWS_AT_ONCE][BLOCKS_AT_ONCE];
    float kept[ROWS_AT_ONCE];
    scores(s, g, rows, n, blocks);
    soften(s, g, rows, n, start, kept);
    int d = 0;
    for (; d + 64 <= g->dim; d += 64)
        values(g, rows, 4, d, n, kept, blocks);
    for (; d < g->dim; d += 16)
        values(g, rows, 1, d, n, kept, blocks);
}

/* Against n blocks. */
typedef void rows_kernel(const struct group *g, int n, int start, const uint16_t *blocks);

#define ROWS_KERNEL(NAME, ROWS)                                                                    \
    TARGET static void NAME(const struct group *g, int n, int start, const uint16_t *blocks)       \
    {                                                                                              \
        if (n == 4)                                                                                \
            group_blocks(g, ROWS, 4, start, blocks);                                               \
        else if (n == 3)                                                                           \
            group_blocks(g, ROWS, 3, start, blocks);                                               \
        else if (n == 2)                                                                           \
            group_blocks(g, ROWS, 2, start, blocks);                                               \
        else                                                                                       \
            group_blocks(g, ROWS, 1, start, blocks);                                               \
    }

ROWS_KERNEL(six_rows, 6)
ROWS_KERNEL(three_rows, 3)
ROWS_KERNEL(one_row, 1)

static struct group group_of(struct attention_state *state, const uint16_t *const *q, int r,
                             int left, const int *first, const int *end, int dim)
{
    struct group g = {.rows = left >= 6   ? 6
                              : left >= 3 ? 3
                                          : 1,
                      .start = INT32_MAX,
                      .q = q + r,
                      .first = first + r,
                      .end = end + r,
                      .max = state->max + r,
                      .sum = state->sum + r,
                      .acc = state->acc + (size_t)r * (size_t)dim,
                      .weights = (uint16_t *)state->weights,
                      .dim = dim};
    for (int i = 0; i < g.rows; i++) {
        g.start = g.first[i] < g.start ? g.first[i] : g.start;
        g.stop = g.end[i] > g.stop ? g.end[i] : g.stop;
    }
    return g;
}

/* A group's keys from t on, four blocks. */
static void group_keys(const struct group *g, int t, const uint16_t *blocks)
{
    rows_kernel *const run = g->rows == 6 ? six_rows : g->rows == 3 ? three_rows : one_row;
    const int n = (g->stop - t + KV_BLOCK - 1) / KV_BLOCK;
    if (g->start < t + KEYS_AT_ONCE && n > 0)
        run(g, n < BLOCKS_AT_ONCE ? n : BLOCKS_AT_ONCE, t, blocks + (size_t)t * 2 * (size_t)g->dim);
}

/* Four blocks at a time, wherever a group's keys begin: sums must not depend on the other rows. */
void attention_keys_bf16(struct attention_state *state, const uint16_t *const *q, int from,
                         int rows, const uint16_t *blocks, const int *first, const int *end,
                         int dim)
{
    struct group groups[ATTENTION_ROWS];
    int n = 0, start = INT32_MAX, stop = 0;
    for (int r = from; r < from + rows; r += groups[n++].rows) {
        groups[n] = group_of(state, q, r, from + rows - r, first, end, dim);
        start = groups[n].start < start ? groups[n].start : start;
        stop = groups[n].stop > stop ? groups[n].stop : stop;
    }
    for (int t = start / KEYS_AT_ONCE * KEYS_AT_ONCE; t < stop; t += KEYS_AT_ONCE)
        for (int i = 0; i < n; i++)
            group_keys(&groups[i], t, blocks);
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
