/* dropout.h - which values a dropout (Srivastava et al. 2014) keeps: a pure function of (seed, row, place), so that a
 * backward pass asks again instead of remembering, and no result depends on how work was shared out. */
#ifndef KERNEL_DROPOUT_H
#define KERNEL_DROPOUT_H

#include "base/rng.h"

#include <stdint.h>

/* The mask of one row. */
struct dropout {
    uint32_t low, high;
    uint32_t dropped; /* of 2^24 */
    float scale;      /* of what is kept: 1 / (1 - rate) */
};

static inline struct dropout dropout_row(uint64_t seed, uint64_t row, float rate)
{
    uint64_t key = rng_stream(seed, RNG_DROPOUT, row).key;
    return (struct dropout){(uint32_t)key, (uint32_t)(key >> 32), (uint32_t)(rate * 0x1p24f),
                            1.0f / (1.0f - rate)};
}

/* The factor of place i: 0 or 1 / (1 - rate). The mixing is Wellons' (2018) "lowbias32" with the key in two halves. */
static inline float dropout_factor(const struct dropout *dropout, uint32_t i)
{
    uint32_t x = i * 0x9e3779b9u + dropout->low;
    x = (x ^ x >> 16) * 0x7feb352du + dropout->high;
    x = (x ^ x >> 15) * 0x846ca68bu;
    x ^= x >> 16;
    return x >> 8 >= dropout->dropped ? dropout->scale : 0.0f;
}

/* y (n) = x (n) times the factors of places 0 .. n - 1; any n, multiples of 16 are fast. y may be x. Backward the same. */
void dropout_forward(float *y, const float *x, const struct dropout *dropout, int n);

/* x (rows, dim), in place, times the factors of rows 0, 1, … under that seed. Its backward pass is itself, on the
 * gradient. Does nothing at rate 0. */
void dropout_rows(float *x, int rows, int dim, float rate, uint64_t seed);

#endif
