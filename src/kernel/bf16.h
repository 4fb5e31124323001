/* bf16.h - the upper half of a float and back. */
#ifndef KERNEL_BF16_H
#define KERNEL_BF16_H

#include <stdint.h>
#include <string.h>

/* Rounded to the nearest, ties to even; not for NaN. */
static inline uint16_t bf16_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static inline float f32_of_bf16(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
