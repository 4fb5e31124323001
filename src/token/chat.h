/* chat.h - how a family of chat models marks turns. Text from users is tokenised without special tokens, so
 * nothing in it can pretend to be a turn. */
#ifndef TOKEN_CHAT_H
#define TOKEN_CHAT_H

#include "llmxrec/llm.h"
#include "token/chat_marks.h"
#include "token/ids.h"
#include "token/tokenizer.h"

enum chat_family {
    CHAT_NONE,
    CHAT_CHATML,
    CHAT_LLAMA2,
    CHAT_LLAMA3,
    CHAT_MISTRAL,
    CHAT_QWEN,
    CHAT_ZEPHYR, /* from here on all is said by marks */
    CHAT_VICUNA,
    CHAT_ALPACA,
    CHAT_DEEPSEEK,
    CHAT_DEEPSEEK_R1,
    CHAT_FILE /* a user's own */
};

#define CHAT_NAME_MAX 1024

struct chat_format {
    enum chat_family family;
    char name[CHAT_NAME_MAX]; /* of the family, or the file's path */
    struct chat_marks marks;  /* from CHAT_ZEPHYR on */
};

/* The family of a Jinja template text, recognised by its marks where that is safe; an unknown one is LLMX_UNSUPPORTED,
 * naming --chat-template. CHAT_NONE for an empty template (a base model). */
int chat_recognise(const char *jinja, size_t n, struct chat_format *format, struct llmx_error *err);

/* One of the families by its name, or a file of marks (chat_marks.h). LLMX_BAD_OPTION for neither. */
int chat_by_name(const char *name, struct chat_format *format, struct llmx_error *err);

/* Tells the tokenizer which tokens end an answer, beyond those that it knows. LLMX_MISMATCH for a stop that is no token. */
int chat_add_stops(struct llmx_tokenizer *tokenizer, const struct chat_format *format,
                   struct llmx_error *err);

/* One user turn around a text, ready for the answer, in two parts so that texts can share the first:
 * chat_open: begin token, optional system turn (NULL: the family's default), n earlier turns, start of the user turn;
 * chat_close: end of the user turn, start of the assistant's. Ids are appended to a growing array; all of a prompt
 * must go to the same one, which knows where a space is still owed. What a family leaves open (default system turn,
 * spaces, begin token) is taken from the model's own template where that is of the family.
 * LLMX_UNSUPPORTED for a system turn that the format has no place for. */
int chat_open(const struct llmx_tokenizer *tokenizer, const struct chat_format *format,
              const char *system, const struct llmx_chat_turn *earlier, int n,
              struct token_ids *out, struct llmx_error *err);
int chat_close(const struct llmx_tokenizer *tokenizer, const struct chat_format *format,
               struct token_ids *out, struct llmx_error *err);

/* An answer as an assistant's turn ends it, after chat_close: the text, then the token that says that the turn is over.
 * LLMX_UNSUPPORTED when the tokenizer has no such token. */
int chat_answer(const struct llmx_tokenizer *tokenizer, const struct chat_format *format,
                const char *text, size_t n, struct token_ids *out, struct llmx_error *err);

/* Appends the ids of a plain text (no special tokens parsed, none added). Templates trim texts: so should callers. */
int token_ids_text(const struct llmx_tokenizer *tokenizer, const char *text, size_t n,
                   struct token_ids *out, struct llmx_error *err);

#endif
