/* recs.h - recommendations as `llmxrec recommend` writes them, read and held against the data set. */
#ifndef EXPLAIN_RECS_H
#define EXPLAIN_RECS_H

#include "base/arena.h"
#include "data/twins.h"
#include "format/jsonl.h"
#include "llmxrec/explain.h"

struct rec {
    const char *user_token, *item_token; /* user_token NULL: somebody known by history alone */
    llmx_id user; /* -1: not in the data, but it is known what the history is */
    llmx_id item;
    int rank;          /* 0: not told */
    float score;       /* NAN: not told */
    llmx_id *evidence; /* largest contribution first */
    float *contribution;
    int n_evidence;
    const llmx_id *history; /* told with it ("history": [...]); NULL: that of the data */
    int n_history;
    bool is_as_of_train; /* "as_of": "train": what was held out was not known */
    long line;           /* of its file, from 1; 0: of none */
};

/* A recommendation in memory; what it points to lies in the arena, the data and the person.
 * returns 0, or -1: LLMX_NOT_FOUND a row that the data does not have, LLMX_BAD_INPUT an item without a title, LLMX_NO_MEMORY */
int rec_make(struct rec *rec, const struct llmx_data *data, const struct llmx_person *person,
             const struct llmx_recommendation *recommendation, struct arena *arena,
             struct llmx_error *err);

/* The latest of the history that may be shown with it, the oldest first, at most `max`; returns how many. Of a user of the data
 * that is all they took, as of the training only what was learnt from. The item itself is left out, under any id, and what
 * has no title where items have them. */
int rec_history(const struct rec *rec, const struct llmx_data *data, const struct twins *twins,
                llmx_id *items, int max);

struct recs {
    struct arena arena;
    struct rec *rec;
    int n;
    size_t capacity;
    int n_skipped;
};

/* Reads them all. A recommendation that cannot be explained, also because its evidence is none of what the person had, is
 * told to options->notice and left out.
 * returns 0, or -1: LLMX_BAD_INPUT with file and line */
int recs_open(struct recs *recs, const char *path, const struct llmx_data *data,
              const struct llmx_explain_options *options, struct llmx_error *err);
void recs_release(struct recs *recs);

/* Adds the recommendation that `object`, the line of `file` last read, holds; one that cannot be explained is told to
 * options->notice and left out (n_skipped). Begin with recs all zero. 0, or -1 as above. */
int recs_add(struct recs *recs, const struct jsonl *file, const json_t *object,
             const struct llmx_data *data, const struct llmx_explain_options *options,
             struct llmx_error *err);

/* Does recommendation i begin another user than the one before? */
bool recs_begin_user(const struct recs *recs, int i);

/* A token field, which may also be written as a number; NULL with the message "PATH:LINE: ..." */
const char *rec_token(const char *path, long line, const json_t *object, const char *field,
                      struct arena *arena, struct llmx_error *err);

#endif
