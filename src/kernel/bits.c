#include "kernel/bits.h"

#include "kernel/vector.h"

BODY int bits_in_two_body(const uint64_t *a, const uint64_t *b, size_t n)
{
    int count = 0;
    for (size_t i = 0; i < n; i++)
        count += __builtin_popcountll(a[i] & b[i]);
    return count;
}
KERNEL_OF(int, bits_in_two, (const uint64_t *a, const uint64_t *b, size_t n), (a, b, n))

BODY int bits_in_three_body(const uint64_t *a, const uint64_t *b, const uint64_t *c, size_t n,
                            int *in_two)
{
    int two = 0, three = 0;
    for (size_t i = 0; i < n; i++) {
        two += __builtin_popcountll(a[i] & b[i]);
        three += __builtin_popcountll(a[i] & b[i] & c[i]);
    }
    *in_two = two;
    return three;
}
KERNEL_OF(int, bits_in_three,
          (const uint64_t *a, const uint64_t *b, const uint64_t *c, size_t n, int *in_two),
          (a, b, c, n, in_two))
