/* words.h - a text as words: folded so that they compare equal however they are written, each with its place
 * in the text and what stands around it.
 *
 * Folding forgives case, diacritics, apostrophes ("Schindler's" = "Schindlers"), dots and stars between single
 * letters ("E.T." = "ET", "M*A*S*H" = "MASH"), numbers from two to twenty written out ("Twelve" = "12") and "&"
 * for "and". Everything else that is no letter or digit separates words. HTML entities and the escapes \xAE and
 * \u2122 that some data sets hold are read as what they stand for. */
#ifndef GATE_WORDS_H
#define GATE_WORDS_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum word_flag {
    WORD_CAPITAL = 1, /* begins with an upper-case letter */
    WORD_INITIAL =
        2, /* begins a sentence, a line, or what follows a colon: a capital there says nothing */
    WORD_BREAK = 4, /* a sentence ended between the word before and this one */
    WORD_APART =
        8, /* a comma, dash, bracket or the like stands between the word before and this one */
    WORD_HYPHEN = 16, /* joined to the word before by a hyphen */
    WORD_NUMBER = 32, /* begins with a digit */
    WORD_DASH = 64,   /* apart, by a dash */
};

struct word {
    uint32_t start, end; /* bytes in the text, without surrounding punctuation */
    uint32_t folded;     /* where the folded form begins in words.folded */
    uint16_t n;          /* its bytes */
    uint16_t n_bare;     /* the same without a possessive 's; = n where there is none */
    int16_t quote;       /* the outermost quotation it stands in, or -1 */
    uint8_t flags;
};

/* A stretch in quotation marks (of any kind, also single ones, * and _). */
struct quotation {
    uint32_t start, end; /* bytes in the text, with the marks */
    int first, n;        /* words */
};

#define WORDS_MAX                                                                                  \
    4096 /* of one text; what comes later is not looked at, and the text is far too long */
#define QUOTATION_WORDS_MAX 30

struct passage {
    struct word *word;
    int n;
    size_t capacity;
    struct quotation *quotation;
    int n_quotations;
    size_t quotation_capacity;
    struct text folded;
};

/* Splits n bytes (UTF-8; a byte that is none separates words). Storage of an earlier use is used again.
 * returns 0, or -1: LLMX_NO_MEMORY */
int passage_split(struct passage *words, const char *text, size_t n, struct llmx_error *err);
void passage_release(struct passage *words);

/* The folded form of word i. */
static inline const char *word_text(const struct passage *words, int i)
{
    return words->folded.s + words->word[i].folded;
}

static inline bool word_has(const struct passage *words, int i, enum word_flag flag)
{
    return (words->word[i].flags & flag) != 0;
}

/* Is the folded form (without a possessive 's) equal to `text`? */
bool word_is(const struct passage *words, int i, const char *text);

/* Is it one of the words of a list "a about above", separated by single spaces? False past the last word. */
bool word_in(const struct passage *words, int i, const char *list);

/* One code point at text[at] with entities and escapes read; *at moves past it. -1 for a byte that is no UTF-8. */
int32_t text_next(const char *text, size_t n, size_t *at);

#endif
