/* quantised_kernels.h - the product of quantised_product.h for each instruction set. */
#ifndef PRODUCT_QUANTISED_KERNELS_H
#define PRODUCT_QUANTISED_KERNELS_H

#include "product/quantised.h"

#define GROUP   QUANTISED_GROUP
#define COLUMNS QUANTISED_COLUMNS
#define QUAD    QUANTISED_QUAD
#define QUADS   (GROUP / QUAD)

#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 32") /* sums must become registers */
#endif

/* Each is quantised_product, for processors that have the instruction set. */
typedef void quantised_kernel(float *y, const struct quantised *w, const void *rows, int n_rows);

quantised_kernel quantised_product_scalar; /* the plain reference */
quantised_kernel quantised_product_sse2;
quantised_kernel quantised_product_avx2;
quantised_kernel quantised_product_avxvnni;
quantised_kernel quantised_product_avx512vnni;
quantised_kernel quantised_product_neon;
quantised_kernel quantised_product_neon_dot;

#endif
