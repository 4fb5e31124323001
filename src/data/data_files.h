/* data_files.h - which files a DATA path means. */
#ifndef DATA_DATA_FILES_H
#define DATA_DATA_FILES_H

#include "llmxrec/data.h"

#include <stdbool.h>

#define DATA_PATH_MAX 4096

struct data_files {
    char inter
        [3]
        [DATA_PATH_MAX]; /* the interactions, or their training, validation and test part; "": none */
    bool is_lists;       /* they are lines of "user item item ..." (item_lists.h), not tables */
    char user[DATA_PATH_MAX]; /* profiles; "": none */
    char item[DATA_PATH_MAX]; /* item features; "": none */
};

/* A folder NAME/ holds NAME.inter (or one .inter file of another name), a prefix P stands for P.inter, a file for
 * itself; each may be .gz, and P.train.inter, P.valid.inter, P.test.inter (RecBole's benchmark files) are a
 * ready-made split. A folder without those that holds train.txt and test.txt is a ready-made split in LightGCN's
 * format. .user and .item are looked for beside them. The paths of options->valid_path, test_path, item_path and
 * user_path win.
 * returns   0, or -1: LLMX_NOT_FOUND with the names that were tried, LLMX_BAD_INPUT, LLMX_TOO_LARGE */
int data_files_find(struct data_files *files, const char *path,
                    const struct llmx_data_options *options, struct llmx_error *err);

#endif
