/* adam_lanes.h - adam_row (adam.h) for kernels, whose gradient is in a register. */
#ifndef RECOMMEND_ADAM_LANES_H
#define RECOMMEND_ADAM_LANES_H

#include "kernel/vector.h"
#include "recommend/adam.h"

/* Values at place `at` of a table move by gradient g. */
BODY void adam_lanes(const struct adam *a, const struct adam_table *table, size_t at, floats g)
{
    const floats m = a->beta1 * floats_load(table->first + at) + (1 - a->beta1) * g;
    const floats v = a->beta2 * floats_load(table->second + at) + (1 - a->beta2) * g * g;
    floats_store(table->first + at, m);
    floats_store(table->second + at, v);
    floats_store(table->row + at,
                 floats_load(table->row + at) -
                     a->rate * m / (floats_sqrt(v) * a->second_scale + a->epsilon));
}

#endif
