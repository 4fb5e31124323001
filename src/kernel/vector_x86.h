/* vector_x86.h - what x86 has instructions for; of vector.h, which includes it. */
#ifndef KERNEL_VECTOR_X86_H
#define KERNEL_VECTOR_X86_H

#include <immintrin.h>

#if LANES == 16
#define OF_SET(OPERATION) _mm512_##OPERATION##_ps
#elif LANES == 8
#define OF_SET(OPERATION) _mm256_##OPERATION##_ps
#else
#define OF_SET(OPERATION) _mm_##OPERATION##_ps
#endif

/* a > b ? a : b */
BODY floats floats_max(floats a, floats b)
{
    return OF_SET(max)(a, b);
}

/* a < b ? a : b */
BODY floats floats_min(floats a, floats b)
{
    return OF_SET(min)(a, b);
}

BODY four_floats four_floats_max(four_floats a, four_floats b)
{
    return _mm_max_ps(a, b);
}

BODY floats floats_sqrt(floats x)
{
    return OF_SET(sqrt)(x);
}

/* a * b + c, rounded once if the machine can. */
BODY floats floats_fma(floats a, floats b, floats c)
{
#ifdef __FMA__
    return OF_SET(fmadd)(a, b, c);
#else
    return a * b + c;
#endif
}

/* c - a * b, likewise. */
BODY floats floats_fnma(floats a, floats b, floats c)
{
#ifdef __FMA__
    return OF_SET(fnmadd)(a, b, c);
#else
    return c - a * b;
#endif
}

/* Lane i in all lanes. */
BODY floats floats_lane(floats v, int i)
{
#if LANES == 16
    return _mm512_permutexvar_ps(_mm512_set1_epi32(i), v);
#elif LANES == 8
    return _mm256_permutevar8x32_ps(v, _mm256_set1_epi32(i));
#else
    return v[i] - (floats){0};
#endif
}

/* Bit i says whether the condition holds in lane i. */
BODY uint32_t ints_bits(ints condition)
{
#if LANES == 16
    return _mm512_movepi32_mask((__m512i)condition);
#else
    return (uint32_t)OF_SET(movemask)((floats)condition);
#endif
}

/* The first n values, the rest zero: the last ones of a row. */
BODY floats floats_load_some(const float *p, int n)
{
    if (n >= LANES)
        return OF_SET(loadu)(p);
#if LANES == 16
    return _mm512_maskz_loadu_ps((__mmask16)((1 << (n > 0 ? n : 0)) - 1), p);
#else
    floats v = {0};
    for (int i = 0; i < n; i++)
        v[i] = p[i];
    return v;
#endif
}

BODY void floats_store_some(float *p, floats v, int n)
{
    if (n >= LANES)
        OF_SET(storeu)(p, v);
#if LANES == 16
    else
        _mm512_mask_storeu_ps(p, (__mmask16)((1 << (n > 0 ? n : 0)) - 1), v);
#else
    for (int i = 0; n < LANES && i < n; i++)
        p[i] = v[i];
#endif
}

#endif
