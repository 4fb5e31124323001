/* gate_parts.h - what the checks of the gate share: the text under check, taken apart once. */
#ifndef GATE_GATE_PARTS_H
#define GATE_GATE_PARTS_H

#include "gate/gate.h"
#include "gate/words.h"

/* An item named in the text. */
struct mention {
    int first, n; /* words, with a leading article */
    llmx_id item; /* -1: a title of the catalogue that is not given */
};

/* A set of 64-bit hashes that is emptied in no time. */
struct hash_set {
    uint64_t *slot;
    uint32_t *stamp, now;
    size_t size, n; /* size: a power of two */
};

int hash_set_clear(struct hash_set *set, size_t room, struct llmx_error *err);
void hash_set_add(struct hash_set *set, uint64_t hash);
bool hash_set_has(const struct hash_set *set, uint64_t hash);
void hash_set_release(struct hash_set *set);

/* So many words in a row that stand so in the prompt, half of them in no title, are an echo. */
#define ECHO_WORDS 8

struct gate {
    const struct catalogue *catalogue;
    /* what was given */
    struct facts facts;
    llmx_id *history, *evidence;
    size_t history_capacity, evidence_capacity;
    struct hash_set given_words; /* every word of the prompt */
    struct hash_set given_runs;  /* every ECHO_WORDS words in a row of it */
    struct words prompt;
    unsigned char *given_genres; /* (n_genres) 1: of an item that is shown */
    char age[16];                /* of the user; "" unknown */
    /* the text */
    const char *text;
    size_t n;
    struct words words;
    int32_t *id;         /* (words) number of the word in the catalogue, or -1 */
    int32_t *id_bare;    /* (words) the same without a possessive 's */
    int16_t *mention_of; /* (words) the mention that a word belongs to, or -1 */
    bool *settled;       /* (words) judged already: no name, no genre */
    size_t id_capacity, bare_capacity, mention_of_capacity, settled_capacity;
    struct mention *mention;
    int n_mentions;
    size_t mention_capacity;
    bool item_is_quoted; /* a part of the recommended item's title stands in quotation marks */
    struct verdict *verdict;
};

/* Notes that words first .. first + n - 1 fail a check; n = 0 blames the whole text. */
void gate_fail(struct gate *gate, enum check check, int first, int n);

bool gate_is_given_item(const struct gate *gate,
                        llmx_id item); /* shown: history, evidence or recommended */
bool gate_is_history_item(const struct gate *gate, llmx_id item); /* shown, and not recommended */
bool gate_is_given_word(const struct gate *gate, int word); /* does the prompt hold this word? */
unsigned gate_traits(const struct gate *gate,
                     int word); /* bits of enum trait, of word i or its bare form */
bool gate_is_capital(const struct gate *gate, int word);

/* Do the words at `word` read as in `phrase` (folded words, single spaces)? How many, or 0. */
int gate_phrase_at(const struct gate *gate, int word, const char *phrase);

/* Length of the genre phrase at a word, 0 if there is none. *genre; *is_adjective. */
int gate_genre_at(const struct gate *gate, int word, int *genre, bool *is_adjective);

/* 1995, or the first year of a decade ("1990s", "90s", "nineties"); 0 when the word is neither. */
int gate_year_at(const struct gate *gate, int word, bool *is_decade);

#define SUBJECTS_MAX 8

/* The given items that words first .. end - 1, a genre or a year, are said of, all of them; how many, 0 where the words
 * leave it open. */
int gate_subjects(const struct gate *gate, int first, int end,
                  llmx_id subjects[static SUBJECTS_MAX]); /* gate_subject.c */

/* The same of a genre, which may also stand farther off: 'it is a film that blends crime and drama'. */
int gate_genre_subjects(const struct gate *gate, int first, int end,
                        llmx_id subjects[static SUBJECTS_MAX]);

/* The checks, each in the file of its kind. gate_find_mentions comes first. */
int gate_find_mentions(struct gate *gate, struct llmx_error *err); /* gate_titles.c */
void gate_check_quotations(struct gate *gate);
void gate_check_item_as_history(struct gate *gate); /* gate_history.c */
void gate_check_dislike(struct gate *gate);
void gate_check_evidence(struct gate *gate);
void gate_check_item(struct gate *gate);
void gate_check_genres(struct gate *gate); /* gate_facts.c */
void gate_check_years(struct gate *gate);
void gate_check_names(struct gate *gate);
void gate_check_claims(struct gate *gate);
void gate_check_profile(struct gate *gate); /* gate_profile.c */
void gate_check_length(struct gate *gate);  /* gate_form.c */
void gate_check_address(struct gate *gate);
void gate_check_refusal(struct gate *gate);
void gate_check_echo(struct gate *gate);
void gate_check_repetition(struct gate *gate);
void gate_check_unfinished(struct gate *gate);

#endif
