/* jsonl.h - JSON Lines: one JSON object a line, read with jansson, errors with file and line. */
#ifndef FORMAT_JSONL_H
#define FORMAT_JSONL_H

#include "format/lines.h"

#include <jansson.h>
#include <stdbool.h>

#define JSONL_REAL_DIGITS 9 /* enough to read a float back exactly */
struct jsonl {
    struct lines lines;
    bool
        allows_nul; /* set it to take \u0000 in texts (see json_string_length); else such a line is an error */
};

/* "-" reads standard input. */
int jsonl_open(struct jsonl *jsonl, const char *path, struct llmx_error *err);
void jsonl_close(struct jsonl *jsonl);

/* The next object (the caller's to json_decref) into *object: 1 read, 0 at the end, -1 not valid JSON, not an
 * object, not UTF-8 or too long (the message begins "PATH:LINE: "). Blank lines are passed over. */
int jsonl_read(struct jsonl *jsonl, json_t **object, struct llmx_error *err);

/* A field that must be there with that type; the message names file, line and field. */
const char *jsonl_text(const struct jsonl *jsonl, const json_t *object, const char *field,
                       struct llmx_error *err);
int jsonl_integer(const struct jsonl *jsonl, const json_t *object, const char *field,
                  json_int_t *value, struct llmx_error *err);
int jsonl_real(const struct jsonl *jsonl, const json_t *object, const char *field, double *value,
               struct llmx_error *err);

/* Writes one line: keys in insertion order, reals with 9 significant digits, UTF-8 as it is. */
int jsonl_write(FILE *stream, const json_t *object, struct llmx_error *err);

#endif
