/* partial.h - JSON Lines that survive being interrupted: an output stands at OUT.partial until it is whole, and what was
 * paid for but cannot be written yet at OUT.answers until it can. */
#ifndef FORMAT_PARTIAL_H
#define FORMAT_PARTIAL_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct partial {
    FILE *stream;
    char *path; /* as named by the user, for messages */
    char *
        place; /* what is replaced in the end (output_place of base/file.h); NULL when written directly */
    char *partial; /* PLACE + suffix; NULL when written directly (standard output, a device) */
};

/* Opens OUT + suffix to write on. With `resume`, `accept` is told of every whole line that is there already, in order; it
 * returns 0, or -1 with `err` set (LLMX_MISMATCH: not a line of this run), and the file then stays as it is. A last
 * line that is cut is dropped.
 * LLMX_BAD_OPTION: there is a partial output, and resume is not set. */
int partial_open(struct partial *partial, const char *path, const char *suffix, bool resume,
                 int (*accept)(void *context, const json_t *line, struct llmx_error *err),
                 void *context, struct llmx_error *err);

/* Is `line` what was made of the line `asked`: all its fields, but for those named in `added`, which NULL ends? */
bool partial_is_of(const json_t *line, const json_t *asked, const char *const *added);

/* Puts the whole output into its place. */
int partial_commit(struct partial *partial, struct llmx_error *err);

/* The lines were not for keeping: closes and removes them. Harmless when it is not open. */
void partial_remove(struct partial *partial);

/* Closes; what is written stays at OUT + suffix (an empty one is removed). Harmless after a commit. */
void partial_close(struct partial *partial);

#endif
