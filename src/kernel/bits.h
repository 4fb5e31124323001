/* bits.h - how many members sets have in common that are bitmaps. */
#ifndef KERNEL_BITS_H
#define KERNEL_BITS_H

#include <stddef.h>
#include <stdint.h>

/* How many bits are set in both of n words. */
int bits_in_two(const uint64_t *a, const uint64_t *b, size_t n);

/* The same of three; *in_two is how many are in a and b. */
int bits_in_three(const uint64_t *a, const uint64_t *b, const uint64_t *c, size_t n, int *in_two);

#endif
