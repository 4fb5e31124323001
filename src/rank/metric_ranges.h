/* metric_ranges.h - within what the means over users would lie, had others of their kind been asked. */
#ifndef RANK_METRIC_RANGES_H
#define RANK_METRIC_RANGES_H

#include "rank/metrics.h"

/* The 95 % intervals of what metrics_compute gives of the same rankings at k: of up to 10,000 users by bootstrap, which is
 * `how`; of more the normal ones, which are the same by then and take no time. */
int metric_ranges_measure(struct metric_ranges *ranges, const struct rankings *rankings, int k,
                          const struct llmx_resampling *how, struct llmx_error *err);

#endif
