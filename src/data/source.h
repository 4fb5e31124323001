/* source.h - which files a DATA path means. */
#ifndef DATA_SOURCE_H
#define DATA_SOURCE_H

#include "llmxrec/data.h"

#include <stdbool.h>

#define SOURCE_PATH_MAX 4096

struct source {
    char inter
        [3]
        [SOURCE_PATH_MAX]; /* the interactions, or their training, validation and test part; "": none */
    bool is_lists;         /* they are lines of "user item item ..." (item_lists.h), not tables */
    char user[SOURCE_PATH_MAX]; /* profiles; "": none */
    char item[SOURCE_PATH_MAX]; /* item features; "": none */
};

/* A folder NAME/ holds NAME.inter (or one .inter file of another name), a prefix P stands for P.inter, a file for
 * itself; each may be .gz, and P.train.inter, P.valid.inter, P.test.inter (RecBole's benchmark files) are a
 * ready-made split. A folder without those that holds train.txt and test.txt is a ready-made split in LightGCN's
 * format. .user and .item are looked for beside them. Paths of options->valid_path and test_path win.
 * returns   0, or -1: LLMX_NOT_FOUND with the names that were tried, LLMX_BAD_INPUT, LLMX_TOO_LARGE */
int source_find(struct source *source, const char *path, const struct llmx_data_options *options,
                struct llmx_error *err);

#endif
