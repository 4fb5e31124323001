/* item_lists.h - interactions as lines of "user item item ...": the form in which the benchmark files of LightGCN
 * (He et al. 2020) and its successors stand (train.txt, test.txt). */
#ifndef DATA_ITEM_LISTS_H
#define DATA_ITEM_LISTS_H

#include "data/interactions.h"

/* Adds a row for every item of every line. Users and items are numbers from 0 with single spaces between; a line of a
 * user alone adds nothing; blank lines are passed over. A bad line adds nothing and fails with file and line, or with
 * skip_bad is counted in the report. `path` is for messages. Parsing never writes its input. */
int item_lists_parse(struct interactions *interactions, const char *bytes, size_t n,
                     const char *path, bool skip_bad, struct data_report *report,
                     struct llmx_error *err);

/* The same of a whole file, as file 0, 1 or 2 of a ready-made split. */
int item_lists_read(struct interactions *interactions, int file, const char *path, bool skip_bad,
                    struct data_report *report, struct llmx_error *err);

#endif
