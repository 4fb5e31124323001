/* partial.h - lines that survive being interrupted: an output stands at PATH.partial until it is whole, and what was paid
 * for but cannot be written yet at PATH.answers until it can. */
#ifndef EXPLAIN_PARTIAL_H
#define EXPLAIN_PARTIAL_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct partial {
    FILE *stream;
    char *path,
        *partial; /* partial: PATH + suffix; NULL when written directly (standard output, a device) */
};

/* Opens PATH + suffix to write on. With `resume`, `accept` is told of every whole line that is there already, in order; it
 * returns 0, or -1 with `err` set (LLMX_MISMATCH: not a line of this run). A last line that is cut is dropped.
 * LLMX_BAD_OPTION: there is a partial output, and resume is not set. */
int partial_open(struct partial *partial, const char *path, const char *suffix, bool resume,
                 int (*accept)(void *context, const json_t *line, struct llmx_error *err),
                 void *context, struct llmx_error *err);

/* Puts the whole output into its place. */
int partial_commit(struct partial *partial, struct llmx_error *err);

/* The lines were not for keeping: closes and removes them. Harmless when it is not open. */
void partial_remove(struct partial *partial);

/* Closes; what is written stays at PATH + suffix (an empty one is removed). Harmless after a commit. */
void partial_close(struct partial *partial);

#endif
