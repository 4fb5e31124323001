/* layers.h - the small layers of a LLaMA-family model; rows stand one after the other. Dimensions are multiples
 * of 16 unless said. Outputs that feed a matrix product are of the type that it multiplies, DTYPE_F32 or
 * DTYPE_BF16. */
#ifndef KERNEL_LAYERS_H
#define KERNEL_LAYERS_H

#include "base/dtype.h"

/* Root-mean-square normalisation (Zhang & Sennrich 2019):  y = x / sqrt(mean(x^2) + eps) * g
 * y (rows, dim) of `type`, x (rows, dim), g (dim). y may be x when the type is DTYPE_F32. */
void rmsnorm_forward(void *y, enum dtype type, const float *x, const float *g, int rows, int dim,
                     float eps);

/* Rotary positions (Su et al. 2021), halves rotated as in Hugging Face's layout: pairs (i, i + dim/2) of one
 * head in place, by angles whose cosines and sines are given (dim/2 each). dim: a multiple of 2. */
void rope_forward(float *x, const float *cosine, const float *sine, int dim);

/* y (n) = silu(gate) * up,  silu(x) = x / (1 + exp(-x))  (Shazeer 2020). */
void silu_gate_forward(void *y, enum dtype type, const float *gate, const float *up, int n);

/* y (n) += x (n); any n. */
void add_forward(float *y, const float *x, int n);

/* The sum of a (n) times b (n); n a multiple of 16. */
float dot_forward(const float *a, const float *b, int n);

/* log(sum(exp(x))) of any n >= 1 values. */
float log_sum_exp(const float *x, int n);

/* x (n) times a factor, rounded to `type`. */
void scale_forward(void *y, enum dtype type, const float *x, float factor, int n);

#endif
