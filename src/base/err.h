/* err.h - filling in a struct llmx_error. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include "llmxrec/error.h"

/* Sets code and message (printf-like; err may be NULL) and returns -1, so that
 * `return err_set(err, ...)` is how a function fails. Overlong messages are cut. */
int err_set(struct llmx_error *err, enum llmx_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with the text of errno after the message: "PREFIX: No space left on device". */
int err_system(struct llmx_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts more in front of a message that is already there: "PREFIX: what it said". Returns -1. */
int err_prefix(struct llmx_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
