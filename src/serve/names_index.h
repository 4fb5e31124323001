/* names_index.h - search as you type: which of many names have words that begin like those typed? */
#ifndef SERVE_NAMES_INDEX_H
#define SERVE_NAMES_INDEX_H

#include "base/names.h"
#include "llmxrec/data.h"

/* The words of all names, in ASCII lower case, each with the rows that have it. */
struct names_index {
    const char **name; /* (n) what is searched and shown */
    llmx_id n;
    struct names words;       /* by first appearance */
    struct names_word *order; /* (words.count + 1) sorted; the last is where the rows end */
    llmx_id *row;             /* of each word, in that order, ascending */
};

/* Takes over the array of names (n), free()d with the index; the names themselves must outlive it.
 * returns 0, or -1: LLMX_NO_MEMORY */
int names_index_open(struct names_index *index, const char **name, llmx_id n,
                     struct llmx_error *err);
void names_index_close(struct names_index *index);

/* The rows, ascending, of names with words that begin like each word of `query`: `skip` are passed over, at most `max` written.
 * A query without words finds all.
 * returns   how many were written, or -1: LLMX_NO_MEMORY
 * Cost: a pass over n bytes, and over the words that begin like the query's longest. */
int names_index_find(const struct names_index *index, const char *query, int skip, int max,
                     llmx_id *rows, struct llmx_error *err);

#endif
