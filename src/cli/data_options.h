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

/* As written; NULL: not given. */
struct data_flags {
    const char *columns, *separator, *timestamps, *duplicates, *min_rating, *min_user, *min_item,
        *valid, *test, *split_by, *item_file, *item_columns, *role, *user_file, *user_columns,
        *encoding, *header, *quotes;
    bool skip_bad;
};

#define RUN_HELP "run that the recommendations come from: tells of its data, read as it read them"

#define DATA_HELP                                                                                  \
    "a folder or prefix of .inter, .user, .item; a folder of train.txt and test.txt; or a file"

/* clang-format off */
#define DATA_OPTIONS(F)                                                                                                \
    OPT_TEXT("columns", &(F).columns, NULL, "of interactions, by number, name or key: user=1,item=2,time=4,rating=3"),  \
    OPT_TEXT("separator", &(F).separator, NULL, "of interactions: tab, space, ::, or one character"                \
                                              " (found out from its first line)"),                                     \
    OPT_TEXT("header", &(F).header, NULL, "first line of interactions is the names of their columns, one of:"              \
                                          " guess, yes, no (guess)"),                                                  \
    OPT_TEXT("quotes", &(F).quotes, NULL, "fields of a delimited file may stand in double quotes, one of:"             \
                                          " guess, yes, no (guess: but between tabs)"),                                \
    OPT_TEXT("timestamps", &(F).timestamps, NULL, "time order by, one of: exact, float32, normalised-float32"          \
                                               " (exact; the others are RecBole's roundings)"),                        \
    OPT_TEXT("duplicates", &(F).duplicates, NULL, "of a user and an item, one of: keep, first, last (keep)"),          \
    OPT_TEXT("min-rating", &(F).min_rating, NULL, "drop interactions rated lower than this number"),                   \
    OPT_TEXT("min-user", &(F).min_user, NULL, "drop users with fewer interactions, repeatedly (k-core)"),              \
    OPT_TEXT("min-item", &(F).min_item, NULL, "drop items with fewer interactions, repeatedly (k-core)"),              \
    OPT_PATH("valid", &(F).valid, NULL, "validation part of a ready-made split; DATA is its training part"),           \
    OPT_PATH("test", &(F).test, NULL, "test part of a ready-made split"),                                              \
    OPT_TEXT("split-by", &(F).split_by, NULL, "shares: ratio:0.8,0.1,0.1 of each user's in time order, or"             \
                                             " time:0.8,0.1,0.1 of all; none: nothing is held out (leave-one-out)"),   \
    OPT_PATH("item-file", &(F).item_file, NULL, "titles and features of items from any table (.item beside DATA)"),    \
    OPT_TEXT("item-columns", &(F).item_columns, NULL, "its columns, by number or name: item=movieId,title=title"       \
                                                      ",genres=3 (all)"),                                              \
    OPT_LIST("role", &(F).role, "what a column of items is: categories=subcategory; roles are title, year, categories," \
                                " creator, brand, price (repeatable; by their names)"),                                \
    OPT_PATH("user-file", &(F).user_file, NULL, "profiles of users from any table (.user beside DATA)"),               \
    OPT_TEXT("user-columns", &(F).user_columns, NULL, "its columns: user=userId,age=age (all)"),                       \
    OPT_TEXT("encoding", &(F).encoding, NULL, "of all these files, as iconv knows it: latin1 (UTF-8)"),                \
    OPT_FLAG("skip-bad", &(F).skip_bad, "drop and count lines that cannot be read")
/* clang-format on */

/* The name of the first option that is given; NULL: none is. */
const char *data_options_given(const struct data_flags *flags);

/* What the words mean to the library (llmx_data_set); the texts stay those of `flags`. LLMX_BAD_OPTION for an unknown
 * word. */
int data_options(const struct data_flags *flags, const struct common *common,
                 struct llmx_data_options *options, struct llmx_error *err);

/* The same over options that are there already. */
int data_options_more(const struct data_flags *flags, struct llmx_data_options *options,
                      struct llmx_error *err);

/* Opens what recommendations are told from: the data of a run (--run), read as the run did, where --data and options only
 * may say so too; or without a run --data by the options. */
int data_open(struct llmx_data **data, const char *run_dir, const char *data_path,
              const struct data_flags *flags, const struct common *common, struct llmx_error *err);

#endif
