/* layers_train.h - the backward passes of layers.h, and the loss. What a forward pass computed on the way is computed
 * again from its input, so nothing but the input is kept. Rows stand one after the other; dimensions are
 * multiples of 16 unless said. Gradients that feed a matrix product are of the type that it multiplies. */
#ifndef KERNEL_LAYERS_TRAIN_H
#define KERNEL_LAYERS_TRAIN_H

#include "base/dtype.h"

#include <stdbool.h>

/* Of rmsnorm_forward, with r = 1 / sqrt(mean(x^2) + eps):
 *
 *     dx (rows, dim) += r (g dy) - x r^3 mean(x g dy)
 *
 * x and dy (rows, dim), g (dim). g is frozen and gets no gradient. Without is_added dx is overwritten, and may
 * be dy. */
void rmsnorm_backward(float *dx, const float *dy, const float *x, const float *g, int rows, int dim,
                      float eps, bool is_added);

/* Of rope_forward: gradients of one head in place, turned back by the same angles. */
void rope_backward(float *dx, const float *cosine, const float *sine, int dim);

/* Of silu_gate_forward, with s = 1 / (1 + exp(-gate)):
 *
 *     dup (n) = dy gate s,   dgate (n) = dy up s (1 + gate (1 - s))
 *
 * Both of `type`; dgate may be gate and dup up when that is DTYPE_F32. */
void silu_gate_backward(void *dgate, void *dup, enum dtype type, const float *dy, const float *gate,
                        const float *up, int n);

/* The largest of any n >= 1 values. */
float max_forward(const float *x, int n);

/* y (n) of `type` = factor * exp(x - shift); returns the sum of exp(x - shift). Any n; y may be x when the type is
 * DTYPE_F32. */
float exp_forward(void *y, enum dtype type, const float *x, float shift, float factor, int n);

/* dlogits (n) of `type` = weight * (exp(logits - log_sum) - [i = target]): the gradient of -weight times the
 * log-probability of `target` under softmax(logits), logits[target] - log_sum, log_sum as log_sum_exp gives it. The n logits may be a stretch of all that log_sum is of; target is then counted from its
 * start and may lie outside. dlogits may be logits when the type is DTYPE_F32. Any n. */
void cross_entropy_backward(void *dlogits, enum dtype type, const float *logits, float log_sum,
                            int target, float weight, int n);

#endif
