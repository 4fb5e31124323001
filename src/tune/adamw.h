/* adamw.h - AdamW (Loshchilov & Hutter 2019): Adam whose weight decay does not pass through its moments; and what
 * stands around a step of it: clipping the gradient, the course of the learning rate. */
#ifndef TUNE_ADAMW_H
#define TUNE_ADAMW_H

#include "llmxrec/tune.h"

#include <stddef.h>
#include <stdint.h>

/* Step t (from 1) as torch.optim.AdamW takes it, betas 0.9 and 0.999, epsilon 1e-8. All arrays (n).
 *
 *     w <- w - rate * decay * w;   m <- 0.9 m + 0.1 g;   v <- 0.999 v + 0.001 g^2
 *     w <- w - rate / (1 - 0.9^t) * m / (sqrt(v / (1 - 0.999^t)) + epsilon) */
void adamw_step(float *values, float *first, float *second, const float *gradient, size_t n,
                double rate, double decay, uint64_t t);

/* The Euclidean norm of the gradient; where it is above `most` (0: no limit) the gradient is scaled down to it. */
double gradient_clip(float *gradient, size_t n, double most);

/* The learning rate of step `step` (from 0) of `steps`: up to `peak` in a straight line over the first `warmup` steps,
 * which it reaches with the last of these; then constant, or falling to nothing as a straight line or half a cosine. */
double schedule_rate(enum llmx_schedule schedule, double peak, int warmup, int step, int steps);

#endif
