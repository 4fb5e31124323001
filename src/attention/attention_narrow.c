/* attention_narrow.c - attention_keys over bf16 keys and values in f32, for processors without bf16 dot products: half the
 * memory of f32, and a pair of numbers for every load. */
#include "attention/attention_block.h"
#include "kernel/vector.h"

/* So many rows share every load of a pair. */
#define ROWS_AT_ONCE 4

/* The two numbers of each lane's pair. */
BODY void load_pairs(floats pair[2], const uint16_t *p)
{
    uints both;
    memcpy(&both, p, sizeof both);
    pair[0] = (floats)(both << 16);
    pair[1] = (floats)(both & 0xffff0000u);
}

/* sum (16 lanes) += pairs (16, 2) times x (2) */
BODY void add_pairs(floats sum[PARTS], const floats pairs[PARTS][2], const float *x)
{
    UNROLL
    for (int i = 0; i < 2; i++)
        EACH_PART(p) sum[p] = floats_fma(floats_all(x[i]), pairs[p][i], sum[p]);
}

/* scores (rows, 16) = q keys; keys (dim / 2, 16, 2) */
BODY void block_scores(float scores[][KV_BLOCK], const float q[][ATTENTION_DIM_MAX], int rows,
                       const uint16_t *keys, int dim)
{
    floats sum[ROWS_AT_ONCE][PARTS] = {{{0}}};
    for (int d = 0; d < dim; d += 2) {
        floats key[PARTS][2];
        EACH_PART(p) load_pairs(key[p], keys + d * KV_BLOCK + p * 2 * LANES);
        UNROLL
        for (int r = 0; r < rows; r++)
            add_pairs(sum[r], (const floats(*)[2])key, q[r] + d);
    }
    UNROLL
    for (int r = 0; r < rows; r++)
        EACH_PART(p) floats_store(scores[r] + p * LANES, sum[r][p]);
}

/* acc (rows, dim) = acc * kept + weights values; values (8, dim, 2) */
BODY void block_values(float *acc, const float weights[][KV_BLOCK], const float *kept, int rows,
                       const uint16_t *values, int dim)
{
    for (int d = 0; d < dim; d += WIDE) {
        floats sum[ROWS_AT_ONCE][PARTS];
        UNROLL
        for (int r = 0; r < rows; r++)
            EACH_PART(p) sum[r][p] = floats_load(acc + r * dim + d + p * LANES) * kept[r];
        for (int t = 0; t < KV_BLOCK; t += 2) {
            floats value[PARTS][2];
            EACH_PART(p) load_pairs(value[p], values + t * dim + 2 * (d + p * LANES));
            UNROLL
            for (int r = 0; r < rows; r++)
                add_pairs(sum[r], (const floats(*)[2])value, weights[r] + t);
        }
        UNROLL
        for (int r = 0; r < rows; r++)
            EACH_PART(p) floats_store(acc + r * dim + d + p * LANES, sum[r][p]);
    }
}

/* Not inline: its constants would take the registers that the sums need. */
static __attribute__((noinline)) float weigh(struct attention_state *state, int r, float *scores,
                                             int start, int first, int end)
{
    return block_weights(state, r, scores, start, first, end);
}

/* Rows r0 .. r0 + rows - 1 over all keys that any of them sees; `rows` is a constant in each caller. */
BODY void few_rows(struct attention_state *state, const uint16_t *const *q, int r0, int rows,
                   const uint16_t *blocks, const int *first, const int *end, int dim)
{
    float wide[ROWS_AT_ONCE][ATTENTION_DIM_MAX];
    int start = INT32_MAX, stop = 0;
    for (int r = 0; r < rows; r++) {
        start = first[r0 + r] < start ? first[r0 + r] : start;
        stop = end[r0 + r] > stop ? end[r0 + r] : stop;
        for (int d = 0; d < dim; d += LANES)
            floats_store(wide[r] + d, bf16_load(q[r0 + r] + d));
    }
    for (int t = start / KV_BLOCK * KV_BLOCK; t < stop; t += KV_BLOCK) {
        const uint16_t *block = blocks + (size_t)t * 2 * (size_t)dim;
        float scores[ROWS_AT_ONCE][KV_BLOCK], kept[ROWS_AT_ONCE];
        block_scores(scores, (const float(*)[ATTENTION_DIM_MAX])wide, rows, block, dim);
        for (int r = 0; r < rows; r++)
            kept[r] = weigh(state, r0 + r, scores[r], t, first[r0 + r], end[r0 + r]);
        block_values(state->acc + (size_t)r0 * (size_t)dim, (const float(*)[KV_BLOCK])scores, kept,
                     rows, block + KV_BLOCK * dim, dim);
    }
}

/* Three go together as well: query heads often share a key head by threes. */
BODY void attention_keys_narrow_body(struct attention_state *state, const uint16_t *const *q,
                                     int from, int rows, const uint16_t *blocks, const int *first,
                                     const int *end, int dim)
{
    for (int r = from, n; r < from + rows; r += n) {
        const int left = from + rows - r;
        n = left == 3 || left == 6 ? 3 : left >= 4 ? 4 : 1;
        if (n == 4)
            few_rows(state, q, r, 4, blocks, first, end, dim);
        else if (n == 3)
            few_rows(state, q, r, 3, blocks, first, end, dim);
        else
            few_rows(state, q, r, 1, blocks, first, end, dim);
    }
}
KERNEL(attention_keys_narrow,
       (struct attention_state * state, const uint16_t *const *q, int from, int rows,
        const uint16_t *blocks, const int *first, const int *end, int dim),
       (state, q, from, rows, blocks, first, end, dim))
