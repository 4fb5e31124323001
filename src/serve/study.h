/* study.h - a study as it lies in the store. */
#ifndef SERVE_STUDY_H
#define SERVE_STUDY_H

#include "llmxrec/study.h"
#include "serve/store.h"

#include <jansson.h>

#define STUDY_COMMENT_MAX  2000 /* characters */
#define STUDY_ASKED        "2"  /* the mark that an attention check asks for */
#define STUDY_SECRET_BYTES 33   /* 128 bits in hexadecimal */

/* What `study.body` holds: study_questions' object and
 *   "systems": [NAME…], "units": [{"user","item","title","features":[…],"taken","history":[TITLE…],"texts":[…]}]
 * with the texts in the order of the systems. */

/* Fills in random letters that nobody can guess. returns 0, or -1: LLMX_IO the system has none */
int study_secret(char secret[static STUDY_SECRET_BYTES], struct llmx_error *err);

/* Seconds since 1970, as the store keeps times. */
const char *study_now(char text[static 24]);

/* The body of a study, or of the one made last (id NULL). json_decref it.
 * returns NULL: LLMX_NOT_FOUND, LLMX_IO, LLMX_BAD_INPUT a damaged one */
json_t *study_load(struct store *store, const char *id, char found[static LLMX_STUDY_ID_BYTES],
                   struct llmx_error *err);

/* Deletes all that the rater of a link said: what is left is that nobody answers it. The bytes are overwritten. */
int study_forget(struct store *store, const char *link, struct llmx_error *err);

#endif
