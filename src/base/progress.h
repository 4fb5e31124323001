/* progress.h - a progress bar with rate and time left on a terminal, plain lines now and then elsewhere. */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include "llmxrec/error.h"

#include <stdbool.h>
#include <stdio.h>

struct progress {
    FILE *stream;
    bool is_terminal;
    bool is_quiet;
    const struct llmx_stop *stop; /* NULL: never */
    char stage[64];
    double stage_start_s, last_shown_s;
    bool line_is_open; /* a bar stands on the current line */
};

/* Writes to `stream` (standard error) unless quiet. */
void progress_init(struct progress *progress, FILE *stream, bool is_quiet,
                   const struct llmx_stop *stop);

/* What to hand to the library. `progress` must outlive it. */
struct llmx_progress progress_callback(struct progress *progress);

/* Ends the current stage's line, so that ordinary output may follow. */
void progress_end(struct progress *progress);

#endif
