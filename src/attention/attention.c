#include "attention/attention.h"

#include "base/cpu.h"
#include "kernel/bf16.h"
#include "kernel/layers.h"

#include <math.h>
#include <string.h>

/* Of the block that holds a token: its keys, its values follow. */
static size_t block_start(int token, int dim)
{
    return (size_t)(token / KV_BLOCK) * 2 * KV_BLOCK * (size_t)dim;
}

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
        state->max[r] = ATTENTION_LOWEST;
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
        attention_keys_narrow(state, (const uint16_t *const *)q, from, rows, blocks, first, end,
                              dim);
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

void attention_end(void *const *out, const struct attention_state *state, int rows, int dim,
                   enum dtype type)
{
    for (int r = 0; r < rows; r++)
        scale_forward(out[r], type, state->acc + (size_t)r * (size_t)dim, 1.0f / state->sum[r],
                      dim);
}
