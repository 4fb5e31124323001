/* recommend_file.h - recommendations for many people at once, into a file.
 *
 *     struct llmx_recommend_options how = {.top = 10, .n_evidence = 5};
 *     llmx_recommend_write(run, &how, "recs.jsonl", NULL, &err);
 */
#ifndef LLMXREC_RECOMMEND_FILE_H
#define LLMXREC_RECOMMEND_FILE_H

#include "llmxrec/recommend.h"

#ifdef __cplusplus
extern "C" {
#endif

enum llmx_recommend_format { LLMX_JSONL, LLMX_CSV };

/* What people without history get, users that are not in the data and people of --history without a known item: nothing,
 * they are told in the report; or the most popular items (llmx_recommend_popular), "model":"pop" in their lines. */
enum llmx_cold { LLMX_COLD_NOTHING, LLMX_COLD_POPULAR };

struct llmx_recommend_options {
    int top;        /* recommendations each */
    int n_evidence; /* history items each, at most */
    /* tokens "u1,u2"; "@FILE", or a path with a '/': a file with one a line; NULL: all of the data */
    const char *users;
    /* a file of "person TAB item" lines ("-": standard input), oldest first: people outside the data (then `users`
     * NULL means nobody else) */
    const char *history;
    enum llmx_as_of as_of; /* what is known of the users of the data */
    int keep_seen; /* recommend also what the person has taken already, under this id or another */
    enum llmx_cold cold;
    /* The only items to recommend, and items never to recommend, as llmx_item_filter takes them. */
    const char *allow, *deny;
    enum llmx_recommend_format format;
    int resume; /* go on with OUT.partial of a call that was interrupted; JSON Lines alone */
    int threads;
    struct llmx_progress progress;
};

/* Who and what fell short: printed by the caller, counted as exit status 3. */
struct llmx_recommend_report {
    long people, lines;   /* written */
    long cold;            /* people among them who were given the most popular items */
    long unknown_users;   /* of --users, not in the data, for whom nothing was written */
    long unknown_items;   /* of --history, not in the data: left out of that history */
    long unknown_allowed; /* items that the file `allow` lists, not in the data */
    long without_history; /* people in --history of whom no item is known: nothing was written */
    char *unknown;        /* the first of them, one a line, for a person to read; free() it */
};

/* Writes {"user","item","rank","score","model","evidence":[{"item","contribution"},…]} lines to out_path, by
 * person in the order asked for, best first; of people outside the data also "history", their known items, oldest first, and
 * as of the training "as_of":"train", so that llmx_explain knows what they had; or the same as CSV (RFC 4180) under one line of names, the evidence in
 * one field as "item=contribution" with spaces between. report may be NULL.
 * JSON Lines stand at OUT.partial until all are written, and stay there when it fails or is interrupted
 * (LLMX_INTERRUPTED); with `resume` the same call goes on from there, to the same bytes. LLMX_BAD_OPTION: OUT.partial is
 * there, and resume is not set; LLMX_MISMATCH: its lines are those of other people, another run or other options. */
LLMX_API int llmx_recommend_write(const struct llmx_run *run,
                                  const struct llmx_recommend_options *options,
                                  const char *out_path, struct llmx_recommend_report *report,
                                  struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
