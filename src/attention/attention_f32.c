#include "attention/attention.h"

#include "attention/attention_block.h"
#include "kernel/vector.h"

#include <math.h>

BODY void key_store_bf16_body(uint16_t *place, const float *key, int dim)
{
    uint16_t narrow[LANES];
    for (int d = 0; d < dim; d += LANES) {
        bf16_store(narrow, floats_load(key + d));
        for (int i = 0; i < LANES; i += 2)
            memcpy(place + (d + i) * KV_BLOCK, narrow + i, 2 * sizeof *narrow);
    }
}
KERNEL(key_store_bf16, (uint16_t * place, const float *key, int dim), (place, key, dim))

/* So many rows share every load of a key or value: of each, PARTS sums stay in registers. */
#define ROWS_AT_ONCE (LANES == 4 ? 2 : 4)

/* scores (rows, 16) = q keys */
BODY void block_scores(float scores[][KV_BLOCK], const float *const *q, int rows, const float *keys,
                       int dim)
{
    floats sum[ROWS_AT_ONCE][PARTS] = {{{0}}};
    for (int d = 0; d < dim; d++) {
        floats key[PARTS];
        EACH_PART(p) key[p] = floats_load(keys + d * KV_BLOCK + p * LANES);
        UNROLL
        for (int r = 0; r < rows; r++)
            EACH_PART(p) sum[r][p] += q[r][d] * key[p];
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        EACH_PART(p) floats_store(scores[r] + p * LANES, sum[r][p]);
}

/* acc (rows, dim) = acc * kept + weights values */
BODY void block_values(float *acc, const float weights[][KV_BLOCK], const float *kept, int rows,
                       const float *values, int dim)
{
    for (int d = 0; d < dim; d += WIDE) {
        floats sum[ROWS_AT_ONCE][PARTS];
        UNROLL
        for (int r = 0; r < rows; r++)
            EACH_PART(p) sum[r][p] = floats_load(acc + r * dim + d + p * LANES) * kept[r];
        for (int t = 0; t < KV_BLOCK; t++) {
            floats value[PARTS];
            EACH_PART(p) value[p] = floats_load(values + t * dim + d + p * LANES);
            UNROLL
            for (int r = 0; r < rows; r++)
                EACH_PART(p) sum[r][p] += weights[r][t] * value[p];
        }
        UNROLL
        for (int r = 0; r < rows; r++)
            EACH_PART(p) floats_store(acc + r * dim + d + p * LANES, sum[r][p]);
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
