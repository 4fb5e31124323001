/* gru.h - the gated recurrent unit (Cho et al. 2014) in torch's form, one step of many sequences at once, given both
 * products of its three gates (order reset, update, new):
 *
 *     r = s(a_r + c_r),  z = s(a_z + c_z),  n = tanh(a_n + r c_n),  h' = (1 - z) n + z h
 *
 * with a = W x of the input, c = U h of the state before, s the logistic function. */
#ifndef KERNEL_GRU_H
#define KERNEL_GRU_H

/* next (rows, hidden), gates (rows, 4 * hidden): r, z, n, c_n, kept for the backward pass; a and c (rows, 3 * hidden);
 * h (rows, hidden). Any hidden. next may be h. */
void gru_forward(float *next, float *gates, const float *a, const float *c, const float *h,
                 int rows, int hidden);

/* From dnext (rows, hidden): da and dc (rows, 3 * hidden), and dh (rows, hidden), the part that does not go through c:
 * z dnext. dh may be dnext. */
void gru_backward(float *da, float *dc, float *dh, const float *dnext, const float *gates,
                  const float *h, int rows, int hidden);

#endif
