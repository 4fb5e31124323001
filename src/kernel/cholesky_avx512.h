/* cholesky_avx512.h - the small systems of cholesky.h for AVX-512 and n a multiple of 16; x86-64 alone. */
#ifndef KERNEL_CHOLESKY_AVX512_H
#define KERNEL_CHOLESKY_AVX512_H

#include <stdint.h>

void gram_add_avx512(float *a, float *b, const float *rows, const int32_t *index, int n, int dim);
int cholesky_factor_avx512(float *a, int n);
void cholesky_solve_avx512(const float *factor, int n, float *x);

#endif
