/* gguf_file.h - builds a GGUF file piece by piece, so that a test can put any one thing wrong. */
#ifndef TESTS_GGUF_FILE_H
#define TESTS_GGUF_FILE_H

#include "base/text.h"

#include <stdint.h>

extern struct text gguf_file; /* what was built so far; text_release it at the end */

void gguf_begin(uint64_t n_tensors, uint64_t n_values); /* forgets what was there */
void gguf_put(const void *bytes, size_t n);
void gguf_put_u32(uint32_t v);
void gguf_put_u64(uint64_t v);
void gguf_put_name(const char *s);
void gguf_put_u32_key(const char *key, uint32_t v);
void gguf_put_text_key(const char *key, const char *text);
void gguf_put_texts(const char *key, const char *const *texts, uint64_t n);
void gguf_put_tensor(const char *name, uint64_t columns, uint64_t rows, uint32_t type,
                     uint64_t offset);
void gguf_put_data(size_t n); /* pads to 32 bytes, then n bytes */

#endif
