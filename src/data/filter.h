/* filter.h - dropping interactions before they become histories: duplicates, low ratings, the k-core. */
#ifndef DATA_FILTER_H
#define DATA_FILTER_H

#include "data/interactions.h"

/* Applies, in RecBole's order, duplicates, min_rating, then min_user and min_item until nothing more falls out,
 * counts it in the report, and renumbers what is left by first appearance. Fails when nothing is left. */
int filter_apply(struct interactions *interactions, const struct llmx_data_options *options,
                 struct data_report *report, struct llmx_error *err);

#endif
