/* known_keys.h - configurations that others wrote: a key that could change what is computed and that llmxrec does not
 * know is refused by its name, never passed over. */
#ifndef LLM_KNOWN_KEYS_H
#define LLM_KNOWN_KEYS_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct known_key {
    const char *name;
    /* Whether this value leaves everything as llmxrec computes it. NULL: any does, or it is read elsewhere. */
    bool (*is_neutral)(const json_t *value, const void *context);
    const char *advice; /* what to do about another value; NULL: nothing to say */
};

/* Checks the values of the known keys, then that all others are off or texts (names, versions). Keys that begin with an
 * underscore are passed over. prefix: what stands before each name in the file, for messages; context: for is_neutral.
 * LLMX_UNSUPPORTED with the first key that is in the way. */
int known_keys_check(const json_t *object, const struct known_key *known, size_t n,
                     const void *context, const char *prefix, const char *path,
                     struct llmx_error *err);

/* Neutral values: null, false, 0, empty. */
bool key_is_off(const json_t *value, const void *context);
/* null or 1 */
bool key_is_one(const json_t *value, const void *context);
/* null, 0 or 1: a factor that is off */
bool key_is_no_factor(const json_t *value, const void *context);
bool key_is_boolean(const json_t *value, const void *context);
/* null or true */
bool key_is_on(const json_t *value, const void *context);

#endif
