#include "product/quantised_group.h"

#include <math.h>
#include <string.h>

#define SMALLEST 1e-30f /* of a group's largest: 127 / it is finite */

float quantised_group_begin(struct quantised_group *group, uint32_t bits)
{
    float largest;
    memcpy(&largest, &bits, sizeof largest);
    *group = (struct quantised_group){.scale = isfinite(largest) ? 0 : NAN};
    if (!isfinite(largest) || largest < SMALLEST)
        return 0;
    group->scale = largest / 127;
    return 127 / largest;
}

/* Magnitudes are in the order of their bits, what is no number last. */
static uint32_t largest_bits(const float *x)
{
    uint32_t largest = 0, bits;
    for (int i = 0; i < QUANTISED_GROUP; i++) {
        memcpy(&bits, x + i, sizeof bits);
        bits &= 0x7fffffff;
        largest = bits > largest ? bits : largest;
    }
    return largest;
}

void quantised_groups_scalar(struct quantised_group *groups, const float *x, int n)
{
    for (int g = 0; g < n; g++, x += QUANTISED_GROUP) {
        const float inverse = quantised_group_begin(&groups[g], largest_bits(x));
        for (int i = 0; i < QUANTISED_GROUP && inverse > 0; i++) {
            groups[g].x[i] = (int8_t)lrintf(x[i] * inverse);
            groups[g].sum += groups[g].x[i];
        }
    }
}
