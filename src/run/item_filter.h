/* item_filter.h - which items may be recommended at all: lists of tokens, or what a column of .item says. */
#ifndef RUN_ITEM_FILTER_H
#define RUN_ITEM_FILTER_H

#include "run/requests.h"

/* All zero: every item may. */
struct item_filter {
    unsigned char *is_left_out; /* (items); NULL: none is */
};

/* Reads options->allow and options->deny (llmxrec/recommend_file.h). Tokens that are allowed and not in the data are
 * noted in the requests' report. Release also after a failure. LLMX_BAD_OPTION: neither a file nor a column;
 * LLMX_BAD_INPUT: nothing would be left to recommend. */
int item_filter_open(struct item_filter *filter, const struct llmx_data *data,
                     const struct llmx_recommend_options *options, struct requests *requests,
                     struct llmx_error *err);
void item_filter_release(struct item_filter *filter);

#endif
