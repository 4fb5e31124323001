/* build.h - what a tokenizer is made of, and the steps in which its readers (GGUF, tokenizer.json) put it together:
 * tokenizer_create, tokens, merges or scores, splits, then the plain fields. Used within this folder alone. */
#ifndef TOKEN_BUILD_H
#define TOKEN_BUILD_H

#define PCRE2_CODE_UNIT_WIDTH 8

#include "base/text.h"
#include "llmxrec/llm.h"
#include "token/bpe.h"

#include <pcre2.h>

#define VOCABULARY_MAX (1 << 22) /* ids; the largest vocabularies there are have 2^18 */
#define SPLITS_MAX     8
#define STOPS_MAX      16

#define SPACE_MARK "\xe2\x96\x81" /* U+2581, which stands for a space in sentencepiece's pieces */

enum token_kind {
    TOKEN_NORMAL,  /* comes out of merging */
    TOKEN_BYTE,    /* "<0x0A>": one byte of a character that is no piece */
    TOKEN_ADDED,   /* taken out of every text whole, and is text */
    TOKEN_SPECIAL, /* taken out whole where special tokens are parsed; stands for no text */
};

struct token {
    enum token_kind kind;
    bool is_set;
    size_t start, n;     /* what it stands for, in `pool` */
    size_t name, n_name; /* how it is written, in `pool`, if it is taken out whole */
};

/* When spaces become SPACE_MARK, what is put in front. */
enum prefix_space {
    PREFIX_NEVER,
    PREFIX_ALWAYS,     /* of each stretch between special tokens */
    PREFIX_IF_MISSING, /* the same, unless it begins with a mark */
    PREFIX_FIRST,      /* of the text alone, unless it begins with a mark */
};

struct llmx_tokenizer {
    struct bpe bpe;
    struct token *tokens; /* (vocabulary) */
    size_t token_capacity;
    int vocabulary;
    struct text pool; /* bytes of all tokens */
    int32_t *whole;   /* ids that are taken out of texts whole, longest first */
    size_t whole_capacity;
    int n_whole;
    bool begins_whole[256]; /* first bytes of those */
    pcre2_code
        *splits[SPLITS_MAX]; /* applied in turn: what matches, and what lies between, are pieces */
    int n_splits;
    struct text patterns; /* of the splits, a NUL after each */
    bool is_nfc, marks_spaces;
    enum prefix_space prefix_space;
    bool strips_first_space; /* on the way back to text */
    int32_t begin_id;        /* -1: none */
    bool adds_begin;
    int32_t stops[STOPS_MAX];
    int n_stops;
    struct text template; /* Jinja */
    struct text scratch;  /* of tokenizer_add_merge */
    char kind[64];
    char path[512]; /* for messages */
};

struct llmx_tokenizer *tokenizer_create(const char *path, struct llmx_error *err);

/* One token, named as the file writes it. Set is_byte_level first; add what is ADDED or SPECIAL first: the same id
 * may then come again as NORMAL. Any other repetition is an error. */
int tokenizer_add(struct llmx_tokenizer *t, int64_t id, enum token_kind kind, const char *name,
                  size_t n, struct llmx_error *err);

/* A merge of two names as the file writes them, next in rank. */
int tokenizer_add_merge(struct llmx_tokenizer *t, const char *left, size_t n_left,
                        const char *right, size_t n_right, struct llmx_error *err);

/* One more splitting rule, a regular expression (of PCRE2, with Unicode classes). */
int tokenizer_add_split(struct llmx_tokenizer *t, const char *pattern, size_t n,
                        struct llmx_error *err);

/* The id that ends a text, before all others that do (tokenizer_end). */
void tokenizer_set_end(struct llmx_tokenizer *t, int64_t id);

/* When all is there: indexes what is taken out whole, adds the stops known by name. */
int tokenizer_finish(struct llmx_tokenizer *t, struct llmx_error *err);

/* The rule of GPT-2's tokenizer, which "ByteLevel" stands for where it does not say otherwise. */
extern const char split_gpt2[];

/* Appends the byte-level name of n bytes. */
void byte_level_encode(struct text *out, const char *bytes, size_t n);

/* What tokenizer.ggml.pre calls the splitting rules, or NULL. */
const char *tokenizer_rules(const struct llmx_tokenizer *t);

/* One call's scratch. */
struct encoder {
    const struct llmx_tokenizer *tokenizer;
    pcre2_match_data *matches[SPLITS_MAX];
    struct bpe_work work;
    struct text normal; /* the stretch at hand, normalised */
    struct token_ids *out;
};

/* Appends the ids of the pieces of a stretch of text, split by the rules from number `rule` on. */
int split_and_encode(struct encoder *encoder, int rule, const char *s, size_t n,
                     struct llmx_error *err);

#endif
