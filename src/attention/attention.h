/* attention.h - softmax(q k^T) v over blocks of cached keys and values, with a running softmax (Milakov &
 * Gimelshein 2018; Dao et al. 2022), so that a row may go over several stretches of keys, one after the other.
 *
 *     attention_begin(&state, rows, dim);
 *     attention_keys(&state, q, 0, rows, prefix, first, end, dim, type);
 *     attention_keys(&state, q, 0, rows, own, first, end, dim, type);
 *     attention_end(out, &state, rows, dim, type);
 *
 * Keys and values of one key head stand in blocks of KV_BLOCK tokens, keys before values, 2 * KV_BLOCK * dim
 * numbers a block: f32 keys (dim, 16) and values (16, dim); bf16 keys (dim/2, 16, 2) and values (8, dim, 2),
 * pairs along what is summed, as the processor's bf16 dot products take them. Unused places hold zeros.
 *
 * A row's result does not depend on the rows beside it. Bf16 is computed as such where the processor can, else in f32. */
#ifndef ATTENTION_ATTENTION_H
#define ATTENTION_ATTENTION_H

#include "base/dtype.h"

#include <stdint.h>

#define KV_BLOCK          16
#define ATTENTION_ROWS    48     /* in one state */
#define ATTENTION_DIM_MAX 256    /* of a head; a multiple of 16 */
#define ATTENTION_LOWEST  -1e30f /* below every score, yet finite: differences of two stay numbers */

struct attention_state {
    float max[ATTENTION_ROWS], sum[ATTENTION_ROWS];
    _Alignas(64) float acc[ATTENTION_ROWS * ATTENTION_DIM_MAX]; /* (rows, dim) */
    _Alignas(64) float weights[8 * 64];                         /* scratch */
};

/* Writes the key or value (dim) of token number `token` of one key head. */
void key_store(void *blocks, enum dtype type, int token, const float *key, int dim);
void value_store(void *blocks, enum dtype type, int token, const float *value, int dim);

void attention_begin(struct attention_state *state, int rows, int dim);

/* Rows r = from .. from + rows - 1 of the state attend to keys first[r] .. end[r] - 1 of the blocks (none when first[r] >= end[r]).
 * q[r] (dim) of `type`, already multiplied by log2(e) / sqrt(dim): the softmax is computed in powers of two. */
void attention_keys(struct attention_state *state, const void *const *q, int from, int rows,
                    const void *blocks, const int *first, const int *end, int dim, enum dtype type);

/* The plain reference of the above. */
void attention_keys_scalar(struct attention_state *state, const void *const *q, int from, int rows,
                           const void *blocks, const int *first, const int *end, int dim,
                           enum dtype type);

/* out[r] (dim) of `type`; every row must have seen a key. */
void attention_end(void *const *out, const struct attention_state *state, int rows, int dim,
                   enum dtype type);

/* The three implementations behind attention_keys; `narrow` is bf16 computed in f32. */
void attention_keys_f32(struct attention_state *state, const float *const *q, int from, int rows,
                        const float *blocks, const int *first, const int *end, int dim);
void attention_keys_bf16(struct attention_state *state, const uint16_t *const *q, int from,
                         int rows, const uint16_t *blocks, const int *first, const int *end,
                         int dim);
void attention_keys_narrow(struct attention_state *state, const uint16_t *const *q, int from,
                           int rows, const uint16_t *blocks, const int *first, const int *end,
                           int dim);

/* A key (dim) to its place in a block of bf16 keys: pairs of dimensions go together, KV_BLOCK pairs apart. */
void key_store_bf16(uint16_t *place, const float *key, int dim);

#endif
