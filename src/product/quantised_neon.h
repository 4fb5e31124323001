/* quantised_neon.h - quantised_tile.h for NEON but for `dot`, which takes signed bytes on both sides; of the files that
 * bring it. */
#define LANES        4
#define TILE_VECTORS 4
#define PLANES_4     1
#define PLANES_8     1

#include "product/quantised_tile.h"

#include <arm_neon.h>

/* From -128 up again, so that eight bits have no zero to take off. */
INLINE quads split(quads q, int plane, enum dtype type)
{
    (void)plane;
    return type == DTYPE_Q8_0 ? q ^ 0x80808080 : q;
}

INLINE integers spread(int32_t x)
{
    return (integers){0} + x;
}

INLINE integers begin(integers offset)
{
    (void)offset;
    return (integers){0};
}

INLINE integers total(const integers *sums, integers offset, enum dtype type)
{
    return type == DTYPE_Q8_0 ? sums[0] : sums[0] + offset;
}

INLINE floats halves(const unsigned char *from)
{
    float16x4_t four;
    memcpy(&four, from, sizeof four);
    return (floats)vcvt_f32_f16(four);
}
