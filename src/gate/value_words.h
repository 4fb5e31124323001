/* value_words.h - the words that only values of a catalogue hold ("comedy", "roguelike"), and with which beginnings a text would
 * name one that it was not given. */
#ifndef GATE_VALUE_WORDS_H
#define GATE_VALUE_WORDS_H

#include "gate/catalogue.h"
#include "llmxrec/gate.h"

/* Read-only once made: any number of threads may share it. */
struct value_words {
    const struct catalogue *catalogue;
    struct value_word {
        int32_t id;   /* in the dictionary */
        size_t plain; /* so many of its first bytes begin a word that may stand anywhere */
    } * word;         /* (n) */
    int n;
    struct value_form {
        int32_t id, genre;
    } * form; /* (n_forms) the words of all ways to write a value */
    size_t n_forms, form_capacity;
};

/* `catalogue` must outlive it. -1: LLMX_NO_MEMORY, with nothing to release */
int value_words_init(struct value_words *words, const struct catalogue *catalogue,
                     struct llmx_error *err);
void value_words_release(struct value_words *words);

/* Tells every beginning, folded, that words of values have which were not given, and no word that may stand has: those of the
 * lexicon (data/words), of the prompt, of the columns' names, and of the values of the items given in all their forms. None where
 * more may be said of the person (allow_profile).
 * returns 0, -1: LLMX_NO_MEMORY, or what `tell` returned when that is not 0 */
int value_words_barred(const struct value_words *words, const struct llmx_given *given,
                       int (*tell)(void *context, const char *beginning, size_t n,
                                   struct llmx_error *err),
                       void *context, struct llmx_error *err);

#endif
