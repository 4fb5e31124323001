/* dictionary.h - every word that the gate has heard of, numbered, with the lists it stands on: the words of the lists
 * themselves, of the data's titles and of its vocabularies. */
#ifndef GATE_DICTIONARY_H
#define GATE_DICTIONARY_H

#include "base/names.h"
#include "gate/lists.h"
#include "gate/phrases.h"
#include "gate/words.h"

#define PHRASE_WORDS_MAX 64 /* of a title or value; what comes later is not looked at */

/* What is known of one word: bit k says that it stands on list k. */
#define ON_LIST(list)    (UINT64_C(1) << (list))
#define TRAIT_FUNCTION   ON_LIST(LIST_FUNCTION)
#define TRAIT_GENRE_NOUN ON_LIST(LIST_GENRE_NOUNS)
#define TRAIT_ORDINARY   (ON_LIST(LIST_ORDINARY) | TRAIT_FUNCTION | TRAIT_GENRE_NOUN)
/* What any text may say (check_word.c); numbers but the tens are in digits here, and on no list. */
#define TRAIT_PLAIN                                                                                \
    (ON_LIST(LIST_LEXICON) | TRAIT_FUNCTION | ON_LIST(LIST_TENS) | ON_LIST(LIST_DECADES))
#define TRAIT_GENRE (UINT64_C(1) << 63) /* is or begins a value of the data's vocabulary */
_Static_assert(LIST_TRAITS < 63, "a bit for each list");

struct dictionary {
    struct names words; /* folded */
    uint64_t *traits;   /* (words.count) */
    size_t capacity;
    struct phrases phrases; /* of the lists, those of several words: list */
    struct passage scratch;
};

/* Begins with the words and phrases of every list. -1: LLMX_NO_MEMORY */
int dictionary_init(struct dictionary *dictionary, struct llmx_error *err);
void dictionary_release(struct dictionary *dictionary);

/* Numbers of the words of a text, new ones added; how many (at most PHRASE_WORDS_MAX), or -1. */
int dictionary_add(struct dictionary *dictionary, const char *text, size_t n, int32_t *ids,
                   struct llmx_error *err);

/* The number of a folded word, a new one if need be; -1: LLMX_NO_MEMORY */
int32_t dictionary_add_word(struct dictionary *dictionary, const char *folded, size_t n,
                            struct llmx_error *err);

/* The number of a folded word, or -1. */
int32_t dictionary_find(const struct dictionary *dictionary, const char *folded, size_t n);

static inline uint64_t dictionary_traits(const struct dictionary *dictionary, int32_t word)
{
    return word < 0 ? 0 : dictionary->traits[word];
}

#endif
