/* topk_short.h - topk (topk.h) of few scores. */
#ifndef KERNEL_TOPK_SHORT_H
#define KERNEL_TOPK_SHORT_H

#include <stdint.h>

#define TOPK_SHORT 96 /* scores */

/* topk of n <= TOPK_SHORT scores: each one's rank is how many stand before it, which takes less than a heap's
 * mispredicted branches. */
int topk_short(const float *scores, int32_t n, int k, int32_t *top);

#endif
