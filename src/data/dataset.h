/* dataset.h - what a data set is in memory: two tables of names, one compressed sparse row matrix of items by
 * user in time order, and the feature tables. Built by dataset_open.c; everything above only reads it. */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "base/names.h"
#include "data/data_report.h"
#include "data/features.h"
#include "data/item_order.h"
#include "data/twins.h"

#define DAY_NONE UINT16_MAX

#define DATA_LARGE 1000000 /* interactions; fewer are not worth a thread more */

struct llmx_data {
    struct names users, items;
    size_t interactions;
    size_t *start; /* (users + 1) where a user's items begin; the next user's start is the end */
    size_t *valid_start; /* (users) TRAIN is start .. valid_start */
    size_t *test_start;  /* (users) VALID is valid_start .. test_start, TEST test_start .. end */
    llmx_id *item;       /* (interactions) by user, in time order in each part */
    unsigned char
        *opinion;  /* (interactions) of each, enum opinion; NULL: nothing says who liked what */
    uint16_t *day; /* (interactions) since 1970, or DAY_NONE; NULL: no times, or none of a unit */
    size_t *low_start;           /* (users + 1) NULL: nothing was dropped for its rating */
    llmx_id *low_item;           /* by user: what they rated too low to be learnt from */
    struct features features[2]; /* by enum llmx_side */
    struct data_report report;
    uint64_t fingerprint;
    struct item_order *order;
    struct twins twins;          /* of one title and year */
    struct twins twins_by_title; /* where there is a column of years */
};

/* Items of one title, with_years: and of one year where there is a column of years. */
const struct twins *data_twins(const struct llmx_data *data, bool with_years);

/* What a user has in the log beside their history: interactions that were dropped for their rating. */
const llmx_id *data_low_rated(const struct llmx_data *data, llmx_id user, int *n);

/* (items) the order in which items of equal scores stand, whatever the order of lines (item_order.h). NULL when memory is
 * out. */
const int32_t *data_item_order(const struct llmx_data *data, struct llmx_error *err);

#endif
