/* token_index.h - a vocabulary in the order of its tokens' bytes, to find those that go on in a given way. */
#ifndef TOKEN_TOKEN_INDEX_H
#define TOKEN_TOKEN_INDEX_H

#include "base/err.h"
#include "llmxrec/llm.h"

#include <stdbool.h>

struct token_bytes {
    const char *s; /* the tokenizer's */
    uint32_t n;    /* at least 1 */
    int32_t id;
};

struct token_index {
    struct token_bytes
        *sorted; /* (n) by their bytes; tokens that stand for none are not among them */
    int n, vocabulary;
    int32_t *place; /* (vocabulary) of each id in `sorted`, or -1 */
    char mark;
    int32_t *marked; /* (n_marked) places of the tokens that hold the byte `mark` */
    int n_marked;
    int32_t *numeric; /* (n_numeric) places of those that hold a digit */
    int n_numeric;
    int32_t *
        silent; /* (n_silent) ids of marks of a chat and others that stand for no bytes, but do not end a text either */
    int n_silent;
};

static inline bool token_byte_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The tokenizer must outlive it. */
int token_index_init(struct token_index *index, const struct llmx_tokenizer *tokenizer, char mark,
                     struct llmx_error *err);
void token_index_release(struct token_index *index);

#endif
