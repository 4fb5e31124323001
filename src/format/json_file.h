/* json_file.h - a file that holds one JSON value. */
#ifndef FORMAT_JSON_FILE_H
#define FORMAT_JSON_FILE_H

#include "base/err.h"

#include <jansson.h>
#include <stddef.h>

#define JSON_FILE_MAX ((size_t)64 << 20) /* bytes */

/* The caller's to json_decref. A byte order mark is passed over; a key that comes twice is an error.
 * NULL: LLMX_NOT_FOUND, LLMX_TOO_LARGE, or LLMX_BAD_INPUT with "PATH:LINE: ". */
json_t *json_file_read(const char *path, struct llmx_error *err);

#endif
