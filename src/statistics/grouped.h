/* grouped.h - rows summed up by whose they are, and what chance makes of their mean: with the pool of whoever has many
 * such questions. llmxrec/statistics.h says what the answers mean. */
#ifndef STATISTICS_GROUPED_H
#define STATISTICS_GROUPED_H

#include "base/threads.h"
#include "llmxrec/statistics.h"

/* Groups without rows are left out. */
struct grouped {
    double *sum; /* (n) */
    double *rows;
    uint32_t n;
};

/* groups: as llmx_bootstrap has them, from 0 to n_groups - 1. */
int grouped_create(struct grouped *grouped, const double *values, const int32_t *groups, size_t n,
                   size_t n_groups, struct llmx_error *err);
void grouped_release(struct grouped *grouped);

int grouped_bootstrap(const struct grouped *grouped, const struct llmx_resampling *how,
                      struct threads *pool, struct llmx_bootstrap *result, struct llmx_error *err);
int grouped_permutation(const struct grouped *grouped, const struct llmx_resampling *how,
                        struct threads *pool, double *p, struct llmx_error *err);

#endif
