/* lines.h - a text file line by line, whole or cut at its tabs. It may come through a pipe.
 *
 *     struct lines lines;
 *     if (lines_open(&lines, path, err) == 0)
 *         while ((got = lines_next(&lines, err)) > 0)
 *             ... lines.line, lines.number ...
 *     lines_close(&lines);
 */
#ifndef FORMAT_LINES_H
#define FORMAT_LINES_H

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

#define LINE_MAX_BYTES ((size_t)16 << 20) /* a longer line is an error, not an allocation */

struct lines {
    FILE *stream;
    char *path; /* for messages */
    char *
        line; /* the latest: n bytes and a NUL; without its end (\n or \r\n) and a byte order mark in front */
    size_t n, capacity;
    long number;   /* of that line, from 1 */
    bool is_ended; /* by \n; the last one of a file may lack it */
};

/* "-" reads standard input. */
int lines_open(struct lines *lines, const char *path, struct llmx_error *err);
void lines_close(struct lines *lines);

/* 1 a line was read, 0 there are no more, -1: LLMX_IO, LLMX_TOO_LARGE. A line may hold any byte, NUL too. */
int lines_next(struct lines *lines, struct llmx_error *err);

/* The same for a line of text in columns: -1 also where it is not UTF-8 or holds NUL. */
int lines_next_text(struct lines *lines, struct llmx_error *err);

/* Cuts the line at its tabs into the first `max` columns, each a string in the line. returns how many there are */
int lines_columns(struct lines *lines, char **column, int max);

#endif
