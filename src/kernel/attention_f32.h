/* attention_f32.h - what attention.c has compiled for each instruction set. */
#ifndef KERNEL_ATTENTION_F32_H
#define KERNEL_ATTENTION_F32_H

#include "kernel/attention.h"

#define ATTENTION_LOWEST -1e30f /* below every score, yet finite: differences of two stay numbers */

/* A key (dim) to its place in a block of bf16 keys: pairs of dimensions go together, KV_BLOCK pairs apart. */
void key_store_bf16(uint16_t *place, const float *key, int dim);

/* attention_keys of bf16, computed in f32. */
void attention_keys_narrow(struct attention_state *state, const uint16_t *const *q, int from,
                           int rows, const uint16_t *blocks, const int *first, const int *end,
                           int dim);

#endif
