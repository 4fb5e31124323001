/* text_tokens.h - a text cut into words in the three ways that published figures rest on. */
#ifndef TOKEN_TEXT_TOKENS_H
#define TOKEN_TEXT_TOKENS_H

#include "base/names.h"
#include "base/text.h"

struct tokens {
    uint32_t *ids; /* (n) numbers of the words in the names that they were added to */
    size_t n, capacity;
};

void tokens_release(struct tokens *tokens);

/* All take UTF-8, replace what `out` holds, and fail for want of memory alone. */

/* Split at blanks, as Python's split() does. */
int tokens_split(struct tokens *out, struct names *names, const char *s, size_t n,
                 struct llmx_error *err);

/* As sacrebleu's 13a (mteval-v13a.pl): punctuation apart, case kept. */
int tokens_13a(struct tokens *out, struct names *names, const char *s, size_t n,
               struct llmx_error *err);

/* As rouge-score: runs of a-z and 0-9 in lower case. */
int tokens_rouge(struct tokens *out, struct names *names, const char *s, size_t n,
                 struct llmx_error *err);

/* How many characters UTF-8 holds. */
size_t characters_of(const char *s, size_t n);

#endif
