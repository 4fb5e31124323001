/* topk.h - the k largest of n scores. */
#ifndef KERNEL_TOPK_H
#define KERNEL_TOPK_H

#include <stdint.h>

/* Writes the places of the k largest scores into `top`, largest first, equal ones by place; scores of -INFINITY
 * and NaN are left out. `top` holds k entries and is what the search works in: one vectorised pass for the
 * maximum of every block of scores, then only the blocks whose maximum says that they matter.
 * returns   how many were written: fewer than k when fewer than k are left */
int topk(const float *scores, int32_t n, int k, int32_t *top);

#endif
