/* vector_common.h - what is said in plain C; of vector.h, which includes it. */
#ifndef KERNEL_VECTOR_COMMON_H
#define KERNEL_VECTOR_COMMON_H

BODY floats floats_load(const float *p)
{
    floats v;
    memcpy(&v, p, sizeof v);
    return v;
}

BODY void floats_store(float *p, floats v)
{
    memcpy(p, &v, sizeof v);
}

BODY floats floats_all(float x)
{
    return x - (floats){0};
}

/* 0, 1, 2 ... */
BODY ints lane_numbers(void)
{
    static const int32_t number[WIDE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    ints v;
    memcpy(&v, number, sizeof v);
    return v;
}

/* The lower and upper half of what is left, again and again, down to four: a tree, the same on every machine. */
BODY four_floats fold_to_four(const floats part[PARTS])
{
#if LANES == 16
    typedef float eight_floats __attribute__((vector_size(32)));
    const floats v = part[0];
    const eight_floats eight = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) +
                               __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15);
#elif LANES == 8
    const floats eight = part[0] + part[1];
#else
    return (part[0] + part[2]) + (part[1] + part[3]);
#endif
#if LANES > 4
    return __builtin_shufflevector(eight, eight, 0, 1, 2, 3) +
           __builtin_shufflevector(eight, eight, 4, 5, 6, 7);
#endif
}

/* Of sixteen lanes. */
BODY float floats_sum(const floats part[PARTS])
{
    four_floats four = fold_to_four(part);
    four += __builtin_shufflevector(four, four, 2, 3, 2, 3);
    return four[0] + four[1];
}

BODY int32_t ints_sum(ints v)
{
    int32_t lane[LANES], sum = 0;
    memcpy(lane, &v, sizeof lane);
    for (int i = 0; i < LANES; i++)
        sum += lane[i];
    return sum;
}

BODY floats floats_select(ints condition, floats yes, floats no)
{
    return (floats)((condition & (ints)yes) | (~condition & (ints)no));
}

/* x where the condition holds, else 0 */
BODY floats floats_if(ints condition, floats x)
{
    return (floats)(condition & (ints)x);
}

BODY float floats_highest(floats v)
{
#if LANES == 16
    four_floats four =
        four_floats_max(four_floats_max(__builtin_shufflevector(v, v, 0, 1, 2, 3),
                                        __builtin_shufflevector(v, v, 4, 5, 6, 7)),
                        four_floats_max(__builtin_shufflevector(v, v, 8, 9, 10, 11),
                                        __builtin_shufflevector(v, v, 12, 13, 14, 15)));
#elif LANES == 8
    four_floats four = four_floats_max(__builtin_shufflevector(v, v, 0, 1, 2, 3),
                                       __builtin_shufflevector(v, v, 4, 5, 6, 7));
#else
    four_floats four = v;
#endif
    four = four_floats_max(four, __builtin_shufflevector(four, four, 2, 3, 2, 3));
    return four[0] > four[1] ? four[0] : four[1];
}

/* 2^x to about 2e-7 relative: 2^n by the exponent's bits times the Taylor polynomial of 2^f, |f| <= 1/2.
 * Below -126 the result is 0, above 127 it stays at 2^127. */
BODY floats floats_exp2(floats x)
{
    const ints is_zero = x < -126.0f;
    x = floats_min(floats_all(127.0f), floats_max(floats_all(-126.0f), x)); /* NaN stays NaN */
    const floats shifted =
        x + 0x1.8p23f; /* rounds to a whole number, which lands in the low bits */
    const ints n = (ints)shifted - (ints)floats_all(0x1.8p23f);
    const floats f = x - (shifted - 0x1.8p23f);
    floats p = f * 1.5403530e-4f + 1.3333558e-3f;
    p = p * f + 9.6181291e-3f;
    p = p * f + 5.5504109e-2f;
    p = p * f + 2.4022651e-1f;
    p = p * f + 6.9314718e-1f;
    p = p * f + 1.0f;
    return (floats)(((ints)p + (n << 23)) & ~is_zero);
}

/* Rounded to the nearest bf16, ties to even; not for NaN. */
BODY void bf16_store(uint16_t *p, floats v)
{
    uints bits = (uints)v;
    bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    const halves narrow = __builtin_convertvector(bits, halves);
    memcpy(p, &narrow, sizeof narrow);
}

BODY floats bf16_load(const uint16_t *p)
{
    halves narrow;
    memcpy(&narrow, p, sizeof narrow);
    return (floats)(__builtin_convertvector(narrow, uints) << 16);
}

/* A vector into place i of an array of `type`, DTYPE_F32 or DTYPE_BF16. */
BODY void floats_store_as(void *array, enum dtype type, size_t i, floats v)
{
    if (type == DTYPE_BF16)
        bf16_store((uint16_t *)array + i, v);
    else
        floats_store((float *)array + i, v);
}

#endif
