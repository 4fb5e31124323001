#include "product/quantise.h"

#include "kernel/bf16.h"

#include <assert.h>
#include <math.h>

#define Q8_BLOCK       32
#define INVERTIBLE_MIN 0x1p-126f /* 1 / d is finite; below, d is 0 in f16 whatever q is */
#define Q8_BYTES       34        /* the scale in f16, then 32 signed bytes */

static uint16_t f16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    if (rest > 0x7f800000)
        return (uint16_t)(sign | 0x7e00); /* no number */
    if (rest >= 0x47800000)               /* 65536 */
        return (uint16_t)(sign | 0x7c00);
    if (rest < 0x38800000) /* 2^-14: below, steps of 2^-24, in which lrintf rounds to even */
        return (uint16_t)(sign | (uint32_t)lrintf(fabsf(x) * 0x1p24f));
    rest += 0xfff + (rest >> 13 & 1); /* may carry into the exponent, at the end to infinity */
    return (uint16_t)(sign | ((rest - 0x38000000) >> 13));
}

/* roundf of what fits, without a call. */
static int nearest(float x)
{
    const int whole = (int)x;
    const float rest = x - (float)whole;
    return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

/* The bits of the largest magnitude, in whose order they are, what is no number last. */
static int32_t largest_bits(const float *x)
{
    int32_t largest = 0, bits[Q8_BLOCK];
    memcpy(bits, x, sizeof bits);
    for (int i = 0; i < Q8_BLOCK; i++) {
        bits[i] &= 0x7fffffff;
        largest = bits[i] > largest ? bits[i] : largest;
    }
    return largest;
}

/* x = d * q, d the largest of 32 over 127; q by the exact d, as GGML does it. Where one is not finite, none is a number
 * afterwards. */
static void q8_0(unsigned char *block, const float *x)
{
    const int32_t bits = largest_bits(x);
    float most;
    memcpy(&most, &bits, sizeof most);
    const float d = isfinite(most) ? most / 127 : NAN, inverse = d >= INVERTIBLE_MIN ? 1 / d : 0;
    const uint16_t half = f16_of(d);
    memcpy(block, &half, sizeof half);
    int q[Q8_BLOCK] = {0};
    if (inverse > 0)
        for (int i = 0; i < Q8_BLOCK; i++)
            q[i] = nearest(x[i] * inverse);
    for (int i = 0; i < Q8_BLOCK; i++)
        block[2 + i] = (unsigned char)q[i];
}

void quantise(void *blocks, enum dtype type, const float *values, size_t n)
{
    unsigned char *out = blocks;
    assert(n % dtype_block_values(type) == 0);
    switch (type) {
    case DTYPE_F32:
        memcpy(out, values, n * sizeof *values);
        return;
    case DTYPE_F16:
    case DTYPE_BF16:
        for (size_t i = 0; i < n; i++) {
            uint16_t half = type == DTYPE_F16 ? f16_of(values[i]) : bf16_of(values[i]);
            memcpy(out + 2 * i, &half, sizeof half);
        }
        return;
    default:
        assert(type == DTYPE_Q8_0);
        for (size_t i = 0; i < n; i += Q8_BLOCK)
            q8_0(out + i / Q8_BLOCK * Q8_BYTES, values + i);
    }
}
