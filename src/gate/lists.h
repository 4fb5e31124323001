/* lists.h - English words and phrases by what they do in an explanation: the files of data/words, each of which says what
 * its list is for, built into the program. */
#ifndef GATE_LISTS_H
#define GATE_LISTS_H

#include <stdbool.h>
#include <stddef.h>

/* One for each file: genre-names.txt is LIST_GENRE_NAMES. */
enum list {
    LIST_ABBREVIATIONS,
    LIST_AMOUNTS,
    LIST_ARTICLES,
    LIST_BRIDGES,
    LIST_CHAT_OPENINGS,
    LIST_CHAT_ROLES,
    LIST_CHAT_TEXTS,
    LIST_CHAT_WRAPPINGS,
    LIST_CLAIMS,
    LIST_CLAUSE_VERBS,
    LIST_CUSTOMER_TASTES,
    LIST_CUSTOMERS,
    LIST_DECADES,
    LIST_DEED_ADVERBS,
    LIST_DEED_FILLERS,
    LIST_DEEDS_HABIT,
    LIST_DEEDS_PAST,
    LIST_DISLIKES,
    LIST_DOMAINS,
    LIST_EMPTY_VALUES,
    LIST_FRACTIONS,
    LIST_FUNCTION,
    LIST_GENDER_CODES,
    LIST_GENRE_ADJECTIVES,
    LIST_GENRE_NAMES,
    LIST_GENRE_NOUNS,
    LIST_GENRE_TASTES,
    LIST_GENRE_VERBS,
    LIST_HARMLESS_NAMES,
    LIST_ITEM_NOUNS,
    LIST_LABELS,
    LIST_LEADING_ARTICLES,
    LIST_LIKING,
    LIST_LEXICON,
    LIST_MEN,
    LIST_NEGATED_VERBS,
    LIST_NUMBERS,
    LIST_ORDERS,
    LIST_ORDINARY,
    LIST_ORDINARY_ENDINGS,
    LIST_PEOPLE,
    LIST_PERSON_ATTRIBUTES,
    LIST_PERSON_LIMITS,
    LIST_PERSON_WORK,
    LIST_PERSONS,
    LIST_PROMPT_MARKS,
    LIST_PRONOUN_BARS,
    LIST_PRONOUN_VERBS,
    LIST_REFUSALS,
    LIST_RETURNS,
    LIST_SHARES,
    LIST_STATEMENT_VERBS,
    LIST_STRANGERS,
    LIST_TAKING,
    LIST_TENS,
    LIST_TIMES,
    LIST_TRAILING_ARTICLES,
    LIST_WEIGHTS,
    LIST_WEB_ENDINGS,
    LIST_WOMEN,
    LIST_WRITER_FEELINGS,
    LIST_WRITER_OPINIONS,
    LIST_TRAITS,                  /* those before are known of every word (dictionary.h) */
    LIST_SENTIMENT = LIST_TRAITS, /* asked for by name alone: no check of the gate reads it */
    LIST_INITIAL_SOUNDS,          /* as the next */
    LIST_SPELLED,
    LIST_COUNT
};

struct list_entry {
    const char *phrase; /* NULL behind the last one */
    const char *value;  /* of a line "PHRASE = VALUE"; else NULL */
};

/* The entries in the order of the file, as written there. */
const struct list_entry *list_entries(enum list list);

/* The entry whose phrase these n bytes are, or NULL. Looks at one after the other: for short lists. */
const struct list_entry *list_find(enum list list, const char *s, size_t n);

#endif
