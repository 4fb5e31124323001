/* quantise.h - float32 to the types that files are written in. */
#ifndef PRODUCT_QUANTISE_H
#define PRODUCT_QUANTISE_H

#include "base/dtype.h"

#include <stddef.h>

/* n values (a whole number of blocks) into `blocks` of DTYPE_F32, F16, BF16 or Q8_0 (GGML's layout). Rounded to the
 * nearest, ties to even; past what F16 holds: infinity. Values are finite. */
void quantise(void *blocks, enum dtype type, const float *values, size_t n);

#endif
