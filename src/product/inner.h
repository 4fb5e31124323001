/* inner.h - inner products of every row of one matrix with every row of another: what scoring people against a
 * catalogue comes down to. */
#ifndef PRODUCT_INNER_H
#define PRODUCT_INNER_H

#include "base/err.h"

/* products (n, m) = a (n, dim) b (m, dim)^T. Runs on the calling thread alone; any number may call at once.
 * oneDNN's product in tiles whose results stay in a core's second-level cache: 1.4 times OpenBLAS at 64 x 20000 x 64,
 * which reads and writes the results twice.
 * -1: LLMX_NO_MEMORY */
int inner_products(float *products, const float *a, int n, const float *b, int m, int dim,
                   struct llmx_error *err);

#endif
