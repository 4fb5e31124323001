/* tokenizer.h - what the folders above need of a tokenizer beyond llmxrec/llm.h. */
#ifndef TOKEN_TOKENIZER_H
#define TOKEN_TOKENIZER_H

#include "base/err.h"
#include "format/gguf_write.h"
#include "llmxrec/llm.h"
#include "token/ids.h"

#include <stdbool.h>

/* From the keys of an open GGUF file, or from tokenizer.json (+ tokenizer_config.json) of a folder. */
int tokenizer_from_gguf(struct llmx_tokenizer **tokenizer, const struct gguf *gguf,
                        struct llmx_error *err);
int tokenizer_from_folder(struct llmx_tokenizer **tokenizer, const char *folder,
                          struct llmx_error *err);

/* Writes it as the keys of a GGUF file, for a model of so many ids: those that it does not know are called unused.
 * LLMX_UNSUPPORTED when GGUF has no name for how it splits texts. */
int tokenizer_put_keys(const struct llmx_tokenizer *tokenizer, struct gguf_writer *writer,
                       int vocabulary, struct llmx_error *err);

/* The Jinja text of the model's chat template, n bytes; empty for a base model. Owned by the tokenizer. */
const char *tokenizer_template(const struct llmx_tokenizer *tokenizer, size_t *n);

/* "byte-level BPE (llama3)", "sentencepiece BPE". */
const char *tokenizer_kind(const struct llmx_tokenizer *tokenizer);

/* The id of a special token, or -1. */
int32_t tokenizer_special(const struct llmx_tokenizer *tokenizer, const char *name);

/* From the bytes of a tokenizer.json alone; what else a folder says is not known then. */
int tokenizer_parse(struct llmx_tokenizer **tokenizer, const unsigned char *bytes, size_t n,
                    const char *path, struct llmx_error *err);

/* The longest special or added token that the text begins with, or -1; *length (may be NULL): its bytes. */
int32_t tokenizer_whole(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                        size_t *length);

/* An id that ends a text. Ids outside the vocabulary and repeated ones are passed over. */
void tokenizer_add_stop(struct llmx_tokenizer *tokenizer, int64_t id);

int tokenizer_vocabulary(const struct llmx_tokenizer *tokenizer);
bool tokenizer_is_stop(const struct llmx_tokenizer *tokenizer,
                       int32_t id);                              /* end of text or of a turn */
int32_t tokenizer_end(const struct llmx_tokenizer *tokenizer);   /* the first of these, -1: none */
int32_t tokenizer_begin(const struct llmx_tokenizer *tokenizer); /* begin-of-text id, -1: none */
bool tokenizer_adds_begin(
    const struct llmx_tokenizer *tokenizer); /* where add_special is asked for */

/* Appends the ids of a text that goes on after what is in `out`: no begin token, and sentencepiece's space in front
 * only where a text begins; out->wants_space asks for a space (and is then cleared). LLMX_BAD_INPUT when the text is
 * not UTF-8, with the byte's place. */
int tokenizer_append(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                     bool parse_special, struct token_ids *out, struct llmx_error *err);

/* The bytes that one id stands for (special tokens: none). Owned by the tokenizer. */
const char *tokenizer_bytes(const struct llmx_tokenizer *tokenizer, int32_t id, size_t *n);

#endif
