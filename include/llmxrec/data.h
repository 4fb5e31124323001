/* data.h - an interaction log in memory: who took what, in which order, and what is known of both.
 *
 *     struct llmx_data *data;
 *     if (llmx_data_open(&data, "ml-100k", NULL, &err) == 0) {
 *         int n;
 *         const llmx_id *items = llmx_data_history(data, user, LLMX_TRAIN, &n);
 *         ...
 *     }
 *     llmx_data_destroy(data);
 *
 * Read-only once opened: any number of threads may share it. Users and items are dense row numbers
 * (llmx_id), given in order of first appearance; tokens are the words of the file. */
#ifndef LLMXREC_DATA_H
#define LLMXREC_DATA_H

#include "llmxrec/error.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t llmx_id; /* row of a user or of an item; negative: none */

struct llmx_data;

/* How time stamps are rounded before sorting. RecBole sorts float32 keys: its ml-100k configuration after
 * scaling to [0, 1] (NORMALISED_FLOAT32), every other data set as they are (64 s steps today). */
enum llmx_timestamps { LLMX_TIME_EXACT, LLMX_TIME_FLOAT32, LLMX_TIME_NORMALISED_FLOAT32 };

/* What to do with a user's second interaction with one item. */
enum llmx_duplicates { LLMX_DUPLICATES_KEEP, LLMX_DUPLICATES_FIRST, LLMX_DUPLICATES_LAST };

/* Something that is found out by itself where nobody says. */
enum llmx_choice { LLMX_GUESS, LLMX_YES, LLMX_NO };

/* All zero (or a NULL pointer) means: atomic files, nothing filtered, exact times, leave-one-out. */
struct llmx_data_options {
    /* "user=1,item=2,time=4,rating=3" reads any delimited file, by number or by name of the header, and JSON Lines by key
     * ("user=user_id,item=business_id,time=date", "user=reviewer.id"); NULL: atomic files. A time is a number or a date
     * as ISO 8601 has it, read as seconds since 1970, without a zone as UTC */
    const char *columns;
    char separator; /* of a delimited file, ':' for "::"; 0: found out from its first line */
    int min_user;   /* k-core: users and items with fewer interactions are dropped, repeatedly */
    int min_item;
    double
        min_rating; /* interactions rated lower are dropped; 0 keeps all, unless has_min_rating */
    enum llmx_duplicates duplicates;
    enum llmx_timestamps timestamps;
    int threads;  /* 0: one per core; the data do not depend on it */
    int skip_bad; /* drop and count lines that cannot be read, instead of failing at the first */
    const char *valid_path, *test_path; /* ready-made split: DATA is then the training part alone */
    /* NULL or "leave-one-out"; "ratio:0.8,0.1,0.1": shares of each user's interactions in time order, rounded as
     * RecBole does; "time:0.8,0.1,0.1": shares of all interactions, cut at two times that are the same for
     * everybody; "none": all is learnt from, of a ready-made split too */
    const char *split_by;
    /* What is known of items and of users, from any table (delimited, JSON Lines; gzip too) instead of .item and
     * .user; NULL: those beside the interactions */
    const char *item_path, *user_path;
    /* Which columns of it: "item=movieId,title=title,genres=3" and "user=userId,age=age": on the left what a feature is
     * to be called, on the right a name, key or number. NULL: all of them; the id is the column that is called as in
     * the interactions, else the first */
    const char *item_columns, *user_columns;
    /* What columns of items are, where their names do not say it: "categories=subcategory,year=release" (llmx_role_name);
     * NULL: by their names */
    const char *roles;
    const char *encoding; /* of all these files, as iconv knows it: "latin1"; NULL: UTF-8 */
    int has_min_rating;   /* min_rating is meant even where it is 0; one that is not 0 always is */
    /* Of a file read by `columns`: is its first line the names of its columns? LLMX_GUESS: docs/data.md, "Header or not" */
    enum llmx_choice header;
    enum llmx_choice
        quotes; /* may its fields stand in double quotes? By itself: yes, but between tabs no */
    /* NULL or called while a data set is opened, with what a person should know: a guess at the header, times of two
     * units */
    void (*notice)(void *context, const char *message);
    void *notice_context;
};

/* Sets one option from its text, by the name that the command line has for it ("min-rating", "4"); the text must outlive
 * the options. LLMX_BAD_OPTION: no such option (the message lists them), or no value of it. */
LLMX_API int llmx_data_set(struct llmx_data_options *options, const char *name, const char *value,
                           struct llmx_error *err);

/* Which part of a user's interactions. Leave-one-out: the last is TEST, the one before VALID, the rest TRAIN.
 * A user with two has no VALID, with one only TRAIN (as in RecBole). Other splits: split_by. */
enum llmx_part { LLMX_TRAIN, LLMX_VALID, LLMX_TEST, LLMX_TRAIN_VALID, LLMX_ALL };

/* Opens a data set: a folder (ml-100k/ holding ml-100k.inter[.gz], .user, .item; or train.txt and test.txt in
 * LightGCN's format, lines of "user item item ..."), a prefix, or a file.
 * options   may be NULL
 * returns   0, or -1: LLMX_NOT_FOUND no such file; LLMX_BAD_INPUT with file and line; LLMX_TOO_LARGE */
LLMX_API int llmx_data_open(struct llmx_data **data, const char *path,
                            const struct llmx_data_options *options, struct llmx_error *err);
LLMX_API void llmx_data_destroy(struct llmx_data *data);

LLMX_API llmx_id llmx_data_users(const struct llmx_data *data); /* how many */
LLMX_API llmx_id llmx_data_items(const struct llmx_data *data);
LLMX_API size_t llmx_data_interactions(const struct llmx_data *data);

/* Token of a row (NUL-terminated, owned by `data`), and the row of a token or -1. */
LLMX_API const char *llmx_data_user_token(const struct llmx_data *data, llmx_id user);
LLMX_API const char *llmx_data_item_token(const struct llmx_data *data, llmx_id item);
LLMX_API llmx_id llmx_data_user(const struct llmx_data *data, const char *token);
LLMX_API llmx_id llmx_data_item(const struct llmx_data *data, const char *token);

/* The items of one part of a user's interactions, oldest first; *n is how many. Owned by `data`. */
LLMX_API const llmx_id *llmx_data_history(const struct llmx_data *data, llmx_id user,
                                          enum llmx_part part, int *n);

/* The day (UTC) of the i-th of these, in days since 1970-01-01, until 2149; -1 where the data do not say: they have no times, or
 * numbers that are no seconds, milli-, micro- or nanoseconds since 1970 by their size. */
LLMX_API int llmx_data_day(const struct llmx_data *data, llmx_id user, enum llmx_part part, int i);

/* Profile and item features: the columns of .user and .item (or of user_path and item_path) beside the id. A column is
 * found by name (-1 if there is none); a value is text as in the file ("" where it is empty or the row has no line
 * there), but a list in brackets is its members with | between, and the year that a title ends with, "Hill, The
 * (1991)", stands in the column of years, which is added where there is none. */
enum llmx_side { LLMX_USERS, LLMX_ITEMS };
LLMX_API int llmx_data_columns(const struct llmx_data *data, enum llmx_side side);
LLMX_API const char *llmx_data_column_name(const struct llmx_data *data, enum llmx_side side,
                                           int column);
LLMX_API int llmx_data_column(const struct llmx_data *data, enum llmx_side side, const char *name);
LLMX_API const char *llmx_data_feature(const struct llmx_data *data, enum llmx_side side,
                                       llmx_id row, int column);

/* Is a column of .user, by its name, nobody's business (zip code, address, name, birth ...)? Then it is neither told to models nor
 * shown. */
LLMX_API int llmx_is_private(const char *column);

/* What a column of items is, found by its name (a year is called year, release_year, Year-Of-Publication ...) unless
 * llmx_data_options.roles says it. */
enum llmx_role {
    LLMX_ROLE_TITLE, /* names an item to a person */
    LLMX_ROLE_YEAR,
    LLMX_ROLE_CATEGORIES, /* genres, tags, class ... */
    LLMX_ROLE_CREATOR,    /* author, director ... */
    LLMX_ROLE_BRAND,
    LLMX_ROLE_PRICE,
    LLMX_ROLES
};
LLMX_API int llmx_data_role_column(const struct llmx_data *data,
                                   enum llmx_role role);  /* -1: none */
LLMX_API const char *llmx_role_name(enum llmx_role role); /* "title", "year", "categories", ... */

/* The same of LLMX_ROLE_TITLE; without a title the token stands in. */
LLMX_API int llmx_data_title_column(const struct llmx_data *data);

/* How many interactions of a held-out part (LLMX_VALID, LLMX_TEST) are with an item that the user has in a part before it,
 * and how many there are at all. Where repeats are not ranked (llmx_evaluate_options) those cannot be found. */
LLMX_API int llmx_data_repeats(const struct llmx_data *data, enum llmx_part part, size_t *repeats,
                               size_t *held_out, struct llmx_error *err);

/* A 64-bit fingerprint of the interactions and their order, to tell whether a run belongs to a data set. */
LLMX_API uint64_t llmx_data_fingerprint(const struct llmx_data *data);

/* Writes what is in the data set (counts, sparsity, history lengths, time span, popular items, warnings) for a
 * person, or with is_json as one JSON object. -1 on a write error. */
LLMX_API int llmx_data_describe(const struct llmx_data *data, FILE *stream, int is_json,
                                struct llmx_error *err);

/* Writes for a person how many lines and interactions were left out and why, a line a reason; nothing when none were. */
LLMX_API void llmx_data_left_out(const struct llmx_data *data, FILE *stream);

#ifdef __cplusplus
}
#endif
#endif
