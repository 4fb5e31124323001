/* checker.h - one text under check: taken apart once, read word by word by every check. */
#ifndef GATE_CHECKER_H
#define GATE_CHECKER_H

#include "gate/given.h"

/* An item named in the text. */
struct mention {
    int first, n; /* words, with a leading article */
    llmx_id item; /* -1: a title of the catalogue that is not given */
};

struct llmx_checker {
    const struct catalogue *catalogue;
    struct given given;
    const char *text;
    size_t n;
    struct passage words;
    int32_t *id;         /* (words) number of the word in the dictionary, or -1 */
    int32_t *id_bare;    /* (words) the same without a possessive 's */
    int16_t *mention_of; /* (words) the mention that a word belongs to, or -1 */
    bool *settled;       /* (words) judged already: no name, no genre */
    size_t id_capacity, bare_capacity, mention_of_capacity, settled_capacity;
    struct mention *mention;
    int n_mentions;
    size_t mention_capacity;
    bool item_is_quoted; /* a part of the recommended item's title stands in quotation marks */
    struct llmx_verdict *verdict;
    int status; /* -1 when a check ran out of memory, and `err` says so */
    struct llmx_error *err;
};

/* Takes a text apart; it names nothing yet. -1: LLMX_NO_MEMORY */
int checker_read(struct llmx_checker *checker, const char *text, size_t n, struct llmx_error *err);

/* Notes that words first .. first + n - 1 fail a check; n = 0 blames the whole text. */
void checker_fail(struct llmx_checker *checker, enum llmx_check check, int first, int n);

/* The same with bytes of the text, start up to and without end. */
void checker_fail_at(struct llmx_checker *checker, enum llmx_check check, size_t start, size_t end);

/* The first byte of the text from `at` on that is none of `set`; where the text ends if there is none. */
size_t checker_skip(const struct llmx_checker *checker, size_t at, const char *set);

/* Does the prompt hold this word, outside of titles? */
bool checker_was_given(const struct llmx_checker *checker, int word);

/* TRAIT_ bits of a word or its bare form. */
uint64_t checker_traits(const struct llmx_checker *checker, int word);

/* Is the word on a list, as it stands in the text? False past the first and the last word. */
bool checker_on(const struct llmx_checker *checker, int word, enum list list);

/* How many words at `word` are the longest phrase of a list, 1 for a single one; 0: none. */
int checker_phrase(const struct llmx_checker *checker, int word, enum list list);

bool checker_is_capital(const struct llmx_checker *checker, int word);

/* Length of the genre phrase at a word, 0 if there is none. *genre; *is_adjective. */
int checker_genre_at(const struct llmx_checker *checker, int word, int *genre, bool *is_adjective);

/* 1995, or the first year of a decade ("1990s", "90s", "nineties"); 0 when the word is neither. */
int checker_year_at(const struct llmx_checker *checker, int word, bool *is_decade);

/* Is the decade at a word one of the customer's life: "in your twenties", "in your late 20s"? */
bool checker_is_of_life(const struct llmx_checker *checker, int word);

/* Does a value of the data hold the word? */
bool checker_value_has(struct llmx_checker *checker, const char *value, int word);

/* Splits a value of the data for comparing; NULL when memory is out (status). Valid until the next call. */
const struct passage *checker_split(struct llmx_checker *checker, const char *value);

#endif
