/* item_filter.h - which items may be recommended at all: lists of tokens, or what a column of .item says. */
#ifndef RUN_ITEM_FILTER_H
#define RUN_ITEM_FILTER_H

#include "run/people.h"

/* llmx_item_filter (llmxrec/recommend.h), with what is allowed and not in the data noted in the report of `people`. */
int item_filter_fill(unsigned char *is_left_out, const struct llmx_data *data, const char *allow,
                     const char *deny, struct people *people, struct llmx_error *err);

#endif
