/* gram_prefetch.h - the rows that gram_add (cholesky.h) will read, which are all over a table larger than a cache, asked
 * for ahead of time. */
#ifndef KERNEL_GRAM_PREFETCH_H
#define KERNEL_GRAM_PREFETCH_H

#include <stddef.h>
#include <stdint.h>

#define GRAM_ROWS 64 /* that stay in the first cache while every tile of the sum reads them */

/* The first GRAM_ROWS of the rows index[0] .. index[n-1] of `rows` (any, dim). */
static inline void gram_prefetch(const float *rows, const int32_t *index, int n, int dim)
{
    const int line = 64 / sizeof *rows; /* values of a cache line */
    for (int p = 0; p < n && p < GRAM_ROWS; p++)
        for (int d = 0; d < dim; d += line)
            __builtin_prefetch(rows + (size_t)index[p] * (size_t)dim + d, 0, 2);
}

#endif
