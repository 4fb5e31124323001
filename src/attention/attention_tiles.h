/* attention_tiles.h - the attention of attention_train.h in bf16, for processors that multiply it: tiles of 64 rows by 64
 * keys are products of product.h, sums and softmax are f32. Faster than f32 with AVX-512 BF16, much faster with AMX.
 *
 * Query heads that share a key head go together: a tile's rows are all these heads of some positions. No dropout. */
#ifndef ATTENTION_ATTENTION_TILES_H
#define ATTENTION_ATTENTION_TILES_H

#include "attention/attention_train.h"
#include "base/err.h"

struct products;
struct attention_tiles; /* one thread's memory and kernels */

/* products: of DTYPE_BF16, for all threads' tiles and nothing else, outlives them. head_dim: a multiple of 16; a segment
 * has at most rows_max rows. */
int attention_tiles_create(struct attention_tiles **tiles, struct products *products, int head_dim,
                           int rows_max, struct llmx_error *err);
void attention_tiles_destroy(struct attention_tiles *tiles);

/* As segment_attention_forward and segment_attention_backward, at most 64 query heads to a key head. */
void attention_tiles_forward(struct attention_tiles *tiles, float *out, float *lse, const float *q,
                             const float *k, const float *v, int first, int end, int kv_head,
                             const struct attention_shape *shape);
void attention_tiles_backward(struct attention_tiles *tiles, float *dq, float *dk, float *dv,
                              const float *dout, const float *out, const float *lse, const float *q,
                              const float *k, const float *v, int first, int end, int kv_head,
                              const struct attention_shape *shape);

#endif
