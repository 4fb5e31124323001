/* decoder.h - a file in another encoding, read as UTF-8 by the C library's iconv. */
#ifndef FORMAT_DECODER_H
#define FORMAT_DECODER_H

#include "base/err.h"

#include <stddef.h>
#include <zlib.h>

struct decoder;

/* `encoding` as iconv knows it: "latin1", "windows-1252", "utf-16".
 * NULL with `err` set: LLMX_BAD_OPTION for one that is not known, LLMX_NO_MEMORY */
struct decoder *decoder_create(const char *encoding, struct llmx_error *err);
void decoder_destroy(struct decoder *decoder);

/* Writes what comes next as UTF-8, at most `room` bytes of it (4 at least), and returns how many; 0 at the end; -1 for a
 * file that cannot be read (ask gzerror); -2 where the bytes are not in that encoding. */
int decoder_read(struct decoder *decoder, gzFile file, char *out, unsigned room);

#endif
