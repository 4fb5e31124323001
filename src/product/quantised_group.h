/* quantised_group.h - 32 inputs of a product as signed bytes that share a scale (quantised.h). */
#ifndef PRODUCT_QUANTISED_GROUP_H
#define PRODUCT_QUANTISED_GROUP_H

#include <stdint.h>

#define QUANTISED_GROUP 32 /* `inner` is a multiple of this */

struct quantised_group {
    float scale; /* NaN, and all others 0: there is an infinity or no number among the inputs */
    int32_t sum; /* of x */
    int8_t x[QUANTISED_GROUP];
};

/* groups (n) out of x (n, 32), as quantised_row says, both to the same bytes. */
void quantised_groups_scalar(struct quantised_group *groups, const float *x, int n);
void quantised_groups_avx2(struct quantised_group *groups, const float *x, int n);

/* Out of the bits of the largest magnitude: sets the scale, and the sum and x to zeros; returns 1 / scale, or 0 where
 * those zeros are all there is to it. */
float quantised_group_begin(struct quantised_group *group, uint32_t largest);

#endif
