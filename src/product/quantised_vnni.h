/* quantised_vnni.h - quantised_tile.h where dpbusd sums four products of bytes into 32 bits: all but the two instructions
 * that differ by width. Of the files that bring those. */
#define PLANES_4 1
#define PLANES_8 1

#include "product/quantised_tile.h"

#include <immintrin.h>

INLINE quads split(quads q, int plane, enum dtype type)
{
    (void)plane, (void)type;
    return q;
}

INLINE integers spread(int32_t x)
{
    return (integers){0} + x;
}

INLINE integers begin(integers offset)
{
    return offset;
}

INLINE integers total(const integers *sums, integers offset, enum dtype type)
{
    (void)offset, (void)type;
    return sums[0];
}
