/* dataset.h - what a data set is in memory: two tables of names, one compressed sparse row matrix of items by
 * user in time order, and the feature tables. Built by dataset.c; everything above only reads it. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/names.h"
#include "data/features.h"
#include "llmxrec/data.h"

#include <stdbool.h>

/* What happened on the way in, for `describe`. */
struct data_report {
    char *source;                         /* the interaction file */
    size_t lines;                         /* interactions in the files */
    size_t bad_lines;                     /* dropped because of skip_bad */
    char *first_bad;                      /* what the first of them was; NULL */
    size_t low_rated;                     /* dropped by min_rating */
    size_t duplicates;                    /* dropped by the duplicate policy */
    size_t outside_core;                  /* interactions dropped by min_user and min_item */
    llmx_id users_dropped, items_dropped; /* that no interaction was left of */
    bool has_times;
    double time_min, time_max;  /* of the interactions kept */
    llmx_id users_out_of_order; /* whose lines did not stand in time order in the file */
    llmx_id users_tied;         /* whose split hangs on the order of lines with equal times */
    bool is_ready_made;         /* the split came as files */
    char *split_by;             /* how it was made here; NULL: leave-one-out, or ready-made */
    bool took_header;           /* a delimited file's first line was read as names */
};

struct llmx_data {
    struct names users, items;
    size_t interactions;
    size_t *start; /* (users + 1) where a user's items begin; the next user's start is the end */
    size_t *valid_start; /* (users) TRAIN is start .. valid_start */
    size_t *test_start;  /* (users) VALID is valid_start .. test_start, TEST test_start .. end */
    llmx_id *item;       /* (interactions) by user, in time order in each part */
    struct features features[2]; /* by enum llmx_side */
    struct data_report report;
    uint64_t fingerprint;
};

#endif
