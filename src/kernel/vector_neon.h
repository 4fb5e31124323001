/* vector_neon.h - what arm64 has instructions for, as vector_x86.h says of each; of vector.h, which includes it. */
#ifndef KERNEL_VECTOR_NEON_H
#define KERNEL_VECTOR_NEON_H

#include <arm_neon.h>

BODY floats floats_max(floats a, floats b)
{
    return (floats)vbslq_f32((uint32x4_t)(a > b), (float32x4_t)a, (float32x4_t)b);
}

BODY floats floats_min(floats a, floats b)
{
    return (floats)vbslq_f32((uint32x4_t)(a < b), (float32x4_t)a, (float32x4_t)b);
}

BODY four_floats four_floats_max(four_floats a, four_floats b)
{
    return floats_max(a, b);
}

BODY floats floats_sqrt(floats x)
{
    return (floats)vsqrtq_f32((float32x4_t)x);
}

BODY floats floats_fma(floats a, floats b, floats c)
{
    return (floats)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

BODY floats floats_fnma(floats a, floats b, floats c)
{
    return (floats)vfmsq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

BODY floats floats_lane(floats v, int i)
{
    return v[i] - (floats){0};
}

BODY uint32_t ints_bits(ints condition)
{
    return vaddvq_u32((uint32x4_t)(condition & (ints){1, 2, 4, 8}));
}

BODY floats floats_load_some(const float *p, int n)
{
    floats v = {0};
    for (int i = 0; i < n && i < LANES; i++)
        v[i] = p[i];
    return v;
}

BODY void floats_store_some(float *p, floats v, int n)
{
    for (int i = 0; i < n && i < LANES; i++)
        p[i] = v[i];
}

#endif
