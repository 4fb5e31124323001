/* histories.h - from rows in file order to each user's items in time order, split into parts. */
#ifndef DATA_HISTORIES_H
#define DATA_HISTORIES_H

#include "data/interactions.h"
#include "data/split_rule.h"

/* Fills data->start, valid_start, test_start and item, and the report's times, from interactions whose names
 * `data` does not need. One stable sort by rounded time then grouped by user is what RecBole does; the same is
 * reached faster by grouping first. The rule then cuts each user's items into parts; ready-made splits keep theirs and
 * are sorted within them.
 * Where there are ratings, those of liked_from and more say that the item was liked (ratings.h).
 * Gives up the rows of `interactions` on the way, so that both are never held whole. */
int histories_build(struct llmx_data *data, struct interactions *interactions,
                    enum llmx_timestamps timestamps, struct split_rule rule, double liked_from,
                    int threads, struct llmx_error *err);

#endif
