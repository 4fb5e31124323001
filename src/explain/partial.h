/* partial.h - an output of lines that survives being interrupted: it stands at PATH.partial until it is whole. */
#ifndef EXPLAIN_PARTIAL_H
#define EXPLAIN_PARTIAL_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct partial {
    FILE *stream;
    char *path, *partial; /* partial: NULL when written directly (standard output, a device) */
};

/* Opens it to write on. With `resume`, `accept` is told of every whole line that is there already, in order; it
 * returns 0, or -1 with `err` set (LLMX_MISMATCH: not a line of this run). A last line that is cut is dropped.
 * LLMX_BAD_OPTION: there is a partial output, and resume is not set. */
int partial_open(struct partial *partial, const char *path, bool resume,
                 int (*accept)(void *context, const json_t *line, struct llmx_error *err),
                 void *context, struct llmx_error *err);

/* Puts the whole output into its place. */
int partial_commit(struct partial *partial, struct llmx_error *err);

/* Closes; what is written stays at PATH.partial (an empty one is removed). Harmless after a commit. */
void partial_close(struct partial *partial);

#endif
