#include "kernel/attention.h"

#include "kernel/vector.h"

#include <math.h>

#define LOWEST -1e30f /* below every score, yet finite: differences of two stay numbers */

/* Of the block that holds a token: its keys, its values follow. */
static size_t block_start(int token, int dim)
{
    return (size_t)(token / KV_BLOCK) * 2 * KV_BLOCK * (size_t)dim;
}

/* Pairs of dimensions go together, KV_BLOCK pairs apart. */
BODY void key_store_bf16_body(uint16_t *place, const float *key, int dim)
{
    uint16_t narrow[LANES];
    for (int d = 0; d < dim; d += LANES) {
        bf16x16_store(narrow, f32x16_load(key + d));
        for (int i = 0; i < LANES; i += 2)
            memcpy(place + (d + i) * KV_BLOCK, narrow + i, 2 * sizeof *narrow);
    }
}
static void key_store_bf16(uint16_t *place, const float *key, int dim);
KERNEL(key_store_bf16, (uint16_t * place, const float *key, int dim), (place, key, dim))

void key_store(void *blocks, enum dtype type, int token, const float *key, int dim)
{
    size_t start = block_start(token, dim), slot = (size_t)(token % KV_BLOCK), n = (size_t)dim;
    if (type == DTYPE_BF16) {
        key_store_bf16((uint16_t *)blocks + start + slot * 2, key, dim);
    } else {
        float *k = (float *)blocks + start + slot;
        for (size_t d = 0; d < n; d++)
            k[d * KV_BLOCK] = key[d];
    }
}

void value_store(void *blocks, enum dtype type, int token, const float *value, int dim)
{
    size_t n = (size_t)dim, slot = (size_t)(token % KV_BLOCK);
    size_t start = block_start(token, dim) + KV_BLOCK * n;
    if (type == DTYPE_BF16) {
        uint16_t *v = (uint16_t *)blocks + start + slot / 2 * 2 * n + slot % 2;
        for (size_t d = 0; d < n; d++)
            v[d * 2] = bf16_of(value[d]);
    } else {
        memcpy((float *)blocks + start + slot * n, value, n * sizeof *value);
    }
}

void attention_begin(struct attention_state *state, int rows, int dim)
{
    for (int r = 0; r < rows; r++) {
        state->max[r] = LOWEST;
        state->sum[r] = 0.0f;
    }
    memset(state->acc, 0, (size_t)rows * (size_t)dim * sizeof *state->acc);
}

void attention_keys(struct attention_state *state, const void *const *q, int from, int rows,
                    const void *blocks, const int *first, const int *end, int dim, enum dtype type)
{
    if (type == DTYPE_F32)
        attention_keys_f32(state, (const float *const *)q, from, rows, blocks, first, end, dim);
    else if (cpu()->has_avx512_bf16)
        attention_keys_bf16(state, (const uint16_t *const *)q, from, rows, blocks, first, end, dim);
    else
        attention_keys_scalar(state, q, from, rows, blocks, first, end, dim, type);
}

static float number(const void *array, enum dtype type, size_t i)
{
    return type == DTYPE_BF16 ? f32_of_bf16(((const uint16_t *)array)[i])
                              : ((const float *)array)[i];
}

static float key_at(const void *blocks, enum dtype type, size_t token, size_t d, size_t dim)
{
    size_t start = token / KV_BLOCK * 2 * KV_BLOCK * dim, slot = token % KV_BLOCK;
    size_t place = type == DTYPE_BF16 ? (d / 2 * KV_BLOCK + slot) * 2 + d % 2 : d * KV_BLOCK + slot;
    return number(blocks, type, start + place);
}

static float value_at(const void *blocks, enum dtype type, size_t token, size_t d, size_t dim)
{
    size_t start = (token / KV_BLOCK * 2 + 1) * KV_BLOCK * dim, slot = token % KV_BLOCK;
    size_t place = type == DTYPE_BF16 ? (slot / 2 * dim + d) * 2 + slot % 2 : slot * dim + d;
    return number(blocks, type, start + place);
}

void attention_keys_scalar(struct attention_state *state, const void *const *q, int from, int rows,
                           const void *blocks, const int *first, const int *end, int dim,
                           enum dtype type)
{
    for (int r = from; r < from + rows; r++) {
        float *acc = state->acc + (size_t)r * (size_t)dim; /* (dim) */
        for (int t = first[r]; t < end[r]; t++) {
            float score = 0.0f;
            for (int d = 0; d < dim; d++)
                score += number(q[r], type, (size_t)d) *
                         key_at(blocks, type, (size_t)t, (size_t)d, (size_t)dim);
            float max = fmaxf(state->max[r], score);
            float kept = exp2f(state->max[r] - max), weight = exp2f(score - max);
            for (int d = 0; d < dim; d++)
                acc[d] = acc[d] * kept +
                         weight * value_at(blocks, type, (size_t)t, (size_t)d, (size_t)dim);
            state->sum[r] = state->sum[r] * kept + weight;
            state->max[r] = max;
        }
    }
}

/* Up to four rows at a time share every load of a key or value. Eight lanes, for sixteen spill with AVX2. */
#define ROWS_AT_ONCE 4

/* scores (rows, 16) = q keys */
BODY void block_scores(float scores[][KV_BLOCK], const float *const *q, int rows, const float *keys,
                       int dim)
{
    f32x8 sum[ROWS_AT_ONCE][2] = {{{0}}};
    for (int d = 0; d < dim; d++) {
        f32x8 low = f32x8_load(keys + d * KV_BLOCK), high = f32x8_load(keys + d * KV_BLOCK + 8);
        UNROLL
        for (int r = 0; r < rows; r++) {
            sum[r][0] += q[r][d] * low;
            sum[r][1] += q[r][d] * high;
        }
    }
    UNROLL
    for (int r = 0; r < rows; r++) {
        f32x8_store(scores[r], sum[r][0]);
        f32x8_store(scores[r] + 8, sum[r][1]);
    }
}

/* Turns scores into weights in place, hidden ones into 0, and returns by how much what was summed shrinks. A row
 * that sees nothing of the block stays bit for bit as it is. */
BODY float block_weights(struct attention_state *state, int r, float *scores, int start, int first,
                         int end)
{
    const i32x16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    i32x16 is_seen = (lane + start >= first) & (lane + start < end);
    f32x16 seen = f32x16_select(is_seen, f32x16_load(scores), f32x16_all(LOWEST));
    float max = f32x16_highest(seen);
    max = max > state->max[r] ? max : state->max[r];
    f32x16 weights = (f32x16)((i32x16)f32x16_exp2(seen - max) & is_seen);
    float kept = exp2f(state->max[r] - max);
    state->sum[r] = state->sum[r] * kept + f32x16_sum(weights);
    state->max[r] = max;
    f32x16_store(scores, weights);
    return kept;
}

/* acc (rows, dim) = acc * kept + weights values */
BODY void block_values(float *acc, const float weights[][KV_BLOCK], const float *kept, int rows,
                       const float *values, int dim)
{
    for (int d = 0; d < dim; d += 16) {
        f32x8 sum[ROWS_AT_ONCE][2];
        UNROLL
        for (int r = 0; r < rows; r++) {
            sum[r][0] = f32x8_load(acc + r * dim + d) * kept[r];
            sum[r][1] = f32x8_load(acc + r * dim + d + 8) * kept[r];
        }
        for (int t = 0; t < KV_BLOCK; t++) {
            f32x8 low = f32x8_load(values + t * dim + d);
            f32x8 high = f32x8_load(values + t * dim + d + 8);
            UNROLL
            for (int r = 0; r < rows; r++) {
                sum[r][0] += weights[r][t] * low;
                sum[r][1] += weights[r][t] * high;
            }
        }
        UNROLL
        for (int r = 0; r < rows; r++) {
            f32x8_store(acc + r * dim + d, sum[r][0]);
            f32x8_store(acc + r * dim + d + 8, sum[r][1]);
        }
    }
}

/* Rows r0 .. r0 + rows - 1 over all keys that any of them sees; `rows` is a constant in each caller. */
BODY void few_rows(struct attention_state *state, const float *const *q, int r0, int rows,
                   const float *blocks, const int *first, const int *end, int dim)
{
    int start = INT32_MAX, stop = 0;
    for (int r = r0; r < r0 + rows; r++) {
        start = first[r] < start ? first[r] : start;
        stop = end[r] > stop ? end[r] : stop;
    }
    for (int t = start / KV_BLOCK * KV_BLOCK; t < stop; t += KV_BLOCK) {
        const float *block = blocks + (size_t)t * 2 * (size_t)dim;
        float scores[ROWS_AT_ONCE][KV_BLOCK], kept[ROWS_AT_ONCE];
        block_scores(scores, q + r0, rows, block, dim);
        for (int r = 0; r < rows; r++)
            kept[r] = block_weights(state, r0 + r, scores[r], t, first[r0 + r], end[r0 + r]);
        block_values(state->acc + (size_t)r0 * (size_t)dim, (const float(*)[KV_BLOCK])scores, kept,
                     rows, block + KV_BLOCK * dim, dim);
    }
}

BODY void attention_keys_f32_body(struct attention_state *state, const float *const *q, int from,
                                  int rows, const float *blocks, const int *first, const int *end,
                                  int dim)
{
    int r = from;
    for (; r + ROWS_AT_ONCE <= from + rows; r += ROWS_AT_ONCE)
        few_rows(state, q, r, ROWS_AT_ONCE, blocks, first, end, dim);
    for (; r < from + rows; r++)
        few_rows(state, q, r, 1, blocks, first, end, dim);
}
KERNEL(attention_keys_f32,
       (struct attention_state * state, const float *const *q, int from, int rows,
        const float *blocks, const int *first, const int *end, int dim),
       (state, q, from, rows, blocks, first, end, dim))

void attention_end(void *const *out, const struct attention_state *state, int rows, int dim,
                   enum dtype type)
{
    for (int r = 0; r < rows; r++) {
        const float *acc = state->acc + (size_t)r * (size_t)dim;
        float share = 1.0f / state->sum[r];
        for (int d = 0; d < dim; d += LANES)
            f32x16_store_as(out[r], type, (size_t)d, f32x16_load(acc + d) * share);
    }
}
