/* dequantise.h - blocks of GGML's quantised types to float32. */
#ifndef PRODUCT_DEQUANTISE_H
#define PRODUCT_DEQUANTISE_H

#include "base/dtype.h"

#include <stddef.h>

/* n values (a whole number of blocks) of a float or quantised type from `blocks` into values.
 * Integer types (I8 ...) and F64 are not weights and must not be passed. `blocks` may be unaligned. */
void dequantise(float *values, const void *blocks, enum dtype type, size_t n);

/* The plain reference of the above, which takes AVX2 where the processor has it: bit for bit the same. */
void dequantise_scalar(float *values, const void *blocks, enum dtype type, size_t n);

#endif
