/* data_options.h - the options that say how interactions are read, the same for every command that reads any.
 *
 *     static struct data_flags flags;
 *     static const struct option_spec options[] = {OPT_ARG("DATA", &o.data, REQUIRED, DATA_HELP),
 *                                                  DATA_OPTIONS(flags), OPT_END};
 *     ...
 *     struct llmx_data_options how;
 *     if (data_options(&flags, common, &how, &err) != 0 || llmx_data_open(&data, o.data, &how, &err) != 0) ...
 */
#ifndef CLI_DATA_OPTIONS_H
#define CLI_DATA_OPTIONS_H

#include "cli/opt.h"
#include "llmxrec/data.h"

struct data_flags {
    const char *columns, *separator, *duplicates, *timestamps, *valid, *test, *split_by;
    int min_user, min_item;
    double min_rating;
    bool skip_bad;
};

#define DATA_HELP                                                                                  \
    "a folder or prefix of .inter, .user, .item; a folder of train.txt and test.txt; or a file"

/* clang-format off */
#define DATA_OPTIONS(F)                                                                                                \
    OPT_TEXT("columns", &(F).columns, NULL, "of a delimited file, by number or name: user=1,item=2,time=4,rating=3"),  \
    OPT_TEXT("separator", &(F).separator, NULL, "of a delimited file: tab, space, ::, or one character"                \
                                                " (found out from its first line)"),                                   \
    OPT_TEXT("timestamps", &(F).timestamps, "exact", "time order by, one of: exact, float32, normalised-float32"       \
                                                     " (RecBole's two roundings)"),                                    \
    OPT_TEXT("duplicates", &(F).duplicates, "keep", "of a user and an item, one of: keep, first, last"),               \
    OPT_REAL("min-rating", &(F).min_rating, "0", "drop interactions rated lower"),                                     \
    OPT_INT("min-user", &(F).min_user, "0", "drop users with fewer interactions, repeatedly (k-core)"),                \
    OPT_INT("min-item", &(F).min_item, "0", "drop items with fewer interactions, repeatedly (k-core)"),                \
    OPT_PATH("valid", &(F).valid, NULL, "validation part of a ready-made split; DATA is its training part"),           \
    OPT_PATH("test", &(F).test, NULL, "test part of a ready-made split"),                                              \
    OPT_TEXT("split-by", &(F).split_by, NULL, "shares: ratio:0.8,0.1,0.1 of each user's in time order, or"             \
                                              " time:0.8,0.1,0.1 of all; none: nothing is held out (leave-one-out)"),                             \
    OPT_FLAG("skip-bad", &(F).skip_bad, "drop and count lines that cannot be read")
/* clang-format on */

/* What the words mean to the library; the texts stay those of `flags`. LLMX_BAD_OPTION for an unknown word. */
int data_options(const struct data_flags *flags, const struct common *common,
                 struct llmx_data_options *options, struct llmx_error *err);

#endif
