/* attention_train.h - causal attention as training needs it, forward and backward, over sequences (segments) packed one
 * after the other. Nothing of (rows x rows) is kept: the backward pass computes the weights again from the logarithm
 * of their sum (Dao et al. 2022).
 *
 * Row t sees the rows of its own segment up to itself, at most the last `window` of them:
 *
 *     out_t = sum_s w_ts v_s,   w_ts = exp(scale q_t . k_s - lse_t),   lse_t = log sum_s exp(scale q_t . k_s)
 *
 * each w_ts times its dropout factor. Query head h uses key head h / (heads / kv_heads). All arrays are f32, rows
 * one after the other. A call is one thread's; different segments, and different key heads of one segment, may be
 * computed at the same time, and the results do not depend on it. Fast for head_dim a multiple of 16 up to
 * ATTENTION_TRAIN_DIM_MAX, right for any. */
#ifndef ATTENTION_ATTENTION_TRAIN_H
#define ATTENTION_ATTENTION_TRAIN_H

#include <stdint.h>

#define ATTENTION_TRAIN_DIM_MAX 256

struct attention_shape {
    int heads, kv_heads, head_dim;
    int window; /* 0: all */
    float scale;
    float dropout; /* rate, of the weights; the mask is a pure function of (seed, head, row, key) */
    uint64_t seed;
    int q_row,
        kv_row; /* floats from one row of q and dq (k, v, dk, dv) to the next; 0: heads (kv_heads) * head_dim */
};

/* Rows first .. end - 1 are one segment; key head kv_head of it, and the query heads that use it.
 * out (T, heads * head_dim), lse (T, heads), q as out, k and v (T, kv_heads * head_dim). */
void segment_attention_forward(float *out, float *lse, const float *q, const float *k,
                               const float *v, int first, int end, int kv_head,
                               const struct attention_shape *shape);

/* dq, dk, dv: overwritten, shaped as q, k, v; dout as out. */
void segment_attention_backward(float *dq, float *dk, float *dv, const float *dout,
                                const float *out, const float *lse, const float *q, const float *k,
                                const float *v, int first, int end, int kv_head,
                                const struct attention_shape *shape);

/* All heads of segments start[s] .. start[s + 1] - 1, s < segments; rows outside of them are left alone. */
void segments_attention_forward(float *out, float *lse, const float *q, const float *k,
                                const float *v, const int *start, int segments,
                                const struct attention_shape *shape);
void segments_attention_backward(float *dq, float *dk, float *dv, const float *dout,
                                 const float *out, const float *lse, const float *q, const float *k,
                                 const float *v, const int *start, int segments,
                                 const struct attention_shape *shape);

/* The plain references of the first two, which serve the head sizes that are not fast. */
void segment_attention_forward_scalar(float *out, float *lse, const float *q, const float *k,
                                      const float *v, int first, int end, int kv_head,
                                      const struct attention_shape *shape);
void segment_attention_backward_scalar(float *dq, float *dk, float *dv, const float *dout,
                                       const float *out, const float *lse, const float *q,
                                       const float *k, const float *v, int first, int end,
                                       int kv_head, const struct attention_shape *shape);

#endif
