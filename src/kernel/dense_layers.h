/* dense_layers.h - layers whose weights are learnt themselves, forward and backward, in f32: linear with a bias, layer
 * normalisation, GELU, dropout. Rows stand one after the other; any dimension. Backward passes overwrite the gradient
 * of the input and add to those of the weights. Nothing is packed, for weights change at every step. */
#ifndef KERNEL_DENSE_LAYERS_H
#define KERNEL_DENSE_LAYERS_H

/* y (rows, out) = x (rows, in) W^T + b,  W (out, in) as torch's Linear, b (out) or NULL. */
void linear_forward(float *y, const float *x, const float *w, const float *b, int rows, int in,
                    int out);

/* dx (rows, in) = dy W, NULL: not wanted;  dW (out, in) += dy^T x;  db (out) += the sum of dy's rows, NULL: none. */
void linear_backward(float *dx, float *dw, float *db, const float *dy, const float *x,
                     const float *w, int rows, int in, int out);

/* The first part of that alone. */
void linear_backward_input(float *dx, const float *dy, const float *w, int rows, int in, int out);

/* Layer normalisation (Ba et al. 2016):  y = (x - mean) / sqrt(variance + eps) * g + b
 * y and x (rows, dim), g and b (dim). y may be x. */
void layernorm_forward(float *y, const float *x, const float *g, const float *b, int rows, int dim,
                       float eps);

/* With n = (x - mean) r, computed again from x:
 *
 *     dx = r (g dy - mean(g dy) - n mean(g dy n)),   dg += sum dy n,   db += sum dy
 *
 * dx may be dy. */
void layernorm_backward(float *dx, float *dg, float *db, const float *dy, const float *x,
                        const float *g, int rows, int dim, float eps);

/* y (n) = x F(x), F the normal distribution (Hendrycks & Gimpel 2016, by erf; to 1e-6). */
void gelu_forward(float *y, const float *x, int n);

/* dx (n) = dy (F(x) + x F'(x)). dx may be dy. */
void gelu_backward(float *dx, const float *dy, const float *x, int n);

#endif
