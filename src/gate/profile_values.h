/* profile_values.h - what may be said of somebody: values of profiles ("graduate student") and the words of LIST_PERSONS, each in
 * singular and plural. */
#ifndef GATE_PROFILE_VALUES_H
#define GATE_PROFILE_VALUES_H

#include "gate/dictionary.h"

/* Adds a value, and where it lists several ("college/grad student") each of them. -1: LLMX_NO_MEMORY */
int profile_values_add(struct phrases *people, struct dictionary *dictionary, const char *value,
                       struct llmx_error *err);

/* How many words at word i of a text are the longest value that was added; 0: none. */
int profile_values_at(const struct phrases *people, const struct dictionary *dictionary,
                      const struct passage *text, int i);

/* Do n words of a text say what a profile's value says, or what follows from it? A graduate student is a student, a
 * student is no graduate student, and a former student neither. */
bool profile_values_say(const struct dictionary *dictionary, const struct passage *text, int first,
                        int n, const struct passage *value);

#endif
