/* writer_hash.h - tells one writer of texts from another that goes by the same name. */
#ifndef SERVE_WRITER_HASH_H
#define SERVE_WRITER_HASH_H

#include "base/err.h"

#include <stdint.h>

/* Of a model's files (their names, sizes and times: they are large) and of what the adapter's files hold.
 * base      a file or a folder
 * adapter   a folder; NULL: none
 * returns   0, or -1: LLMX_IO, LLMX_NO_MEMORY */
int writer_hash(const char *base, const char *adapter, uint64_t *hash, struct llmx_error *err);

#endif
