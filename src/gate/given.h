/* given.h - what was given, made ready for looking things up in it. */
#ifndef GATE_GIVEN_H
#define GATE_GIVEN_H

#include "gate/catalogue.h"
#include "gate/hash_set.h"
#include "llmxrec/gate.h"

/* So many words in a row that stand so in the prompt, half of them in no title, are an echo. */
#define ECHO_WORDS 8

struct given {
    struct llmx_given told; /* as the caller said, valid while a text is checked */
    struct hash_set
        words; /* every word of the prompt but those of titles: outside of double quotes */
    struct hash_set runs; /* every ECHO_WORDS words in a row of it */
    unsigned char
        *genres; /* (catalogue's n_genres) 1: of an item that is shown, in a column that is */
    struct hash_set spoken; /* those of `runs` that may be said: of facts */
    struct passage scratch;
};

int given_init(struct given *given, const struct catalogue *catalogue, struct llmx_error *err);
void given_release(struct given *given);

/* -1: LLMX_NO_MEMORY, or LLMX_BAD_OPTION a row that the data does not have */
int given_load(struct given *given, const struct catalogue *catalogue,
               const struct llmx_given *told, struct llmx_error *err);

/* What was told of the user in a column of .user; "" where nothing was. */
const char *given_profile(const struct llmx_given *told, const struct llmx_data *data, int column);

bool given_has_word(const struct given *given,
                    const char *word);                         /* of the prompt, outside titles */
bool given_has_known(const struct given *given, llmx_id item); /* of the history or evidence */
bool given_has_item(const struct given *given, llmx_id item);  /* or the recommended one */

#endif
