/* gguf_write.h - writing GGUF version 3 files; reading them is gguf.h.
 *
 *     struct gguf_writer w = {0};
 *     gguf_writer_text(&w, "general.architecture", "llama");
 *     gguf_writer_tensor(&w, "token_embd.weight", DTYPE_F16, 2, dims);     all keys and tensors, then
 *     gguf_writer_begin(&w, stream, &err);
 *     for each tensor in that order: fwrite its bytes, in as many pieces as one likes, then gguf_writer_pad(&w, bytes);
 *     gguf_writer_release(&w);
 *
 * Writing to the stream is checked by whoever owns it (output_commit). */
#ifndef FORMAT_GGUF_WRITE_H
#define FORMAT_GGUF_WRITE_H

#include "base/text.h"
#include "format/gguf.h"

/* All zero is an empty file. */
struct gguf_writer {
    struct text keys, tensors; /* as they will stand in the file */
    uint64_t n_keys, n_tensors;
    uint64_t offset; /* of the next tensor's data */
    FILE *stream;
};

void gguf_writer_text(struct gguf_writer *w, const char *key, const char *text);
void gguf_writer_u32(struct gguf_writer *w, const char *key, uint32_t value);
void gguf_writer_bool(struct gguf_writer *w, const char *key, bool value);
void gguf_writer_f32(struct gguf_writer *w, const char *key, float value);

/* A value of any kind as another file holds it. */
void gguf_writer_value(struct gguf_writer *w, const char *key, const struct gguf_value *value);

/* A tensor of a float or quantised type, dims fastest first as in struct gguf_tensor. */
void gguf_writer_tensor(struct gguf_writer *w, const char *name, enum dtype type, int n_dims,
                        const uint64_t *dims);

/* LLMX_NO_MEMORY when anything before has failed for that. */
int gguf_writer_begin(struct gguf_writer *w, FILE *stream, struct llmx_error *err);

/* Up to where the next tensor begins, after the `bytes` of one. */
void gguf_writer_pad(const struct gguf_writer *w, uint64_t bytes);

void gguf_writer_release(struct gguf_writer *w);

#endif
