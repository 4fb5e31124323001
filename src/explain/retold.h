/* retold.h - what is told of everybody in place of their profile: nothing in columns that are blinded, another value where
 * it is asked what that would change. */
#ifndef EXPLAIN_RETOLD_H
#define EXPLAIN_RETOLD_H

#include "llmxrec/explain.h"

#include <jansson.h>
#include <stdbool.h>

struct retold {
    struct llmx_retold *list; /* (n) those that are blinded first, so that they stay so */
    int n, n_blind;
    size_t capacity;
};

/* What the options say. LLMX_NOT_FOUND no column is called so, LLMX_BAD_OPTION a column out of range, LLMX_NO_MEMORY */
int retold_init(struct retold *retold, const struct llmx_data *data,
                const struct llmx_explain_options *options, struct llmx_error *err);
void retold_release(struct retold *retold);

/* Adds the columns that n bytes name, with this value: the one called so and all of its kind ("age_group" beside "age"), or all
 * of the kind (age, gender, occupation) that is called so. LLMX_NOT_FOUND, LLMX_NO_MEMORY */
int retold_add(struct retold *retold, const struct llmx_data *data, const char *word, size_t n,
               const char *value, struct llmx_error *err);

/* Writes it into the line of an explanation: "blind":["age"], "told_as":{"gender":"F"}; nothing where there is none. 0, or -1:
 * memory is out */
int retold_note(const struct retold *retold, const struct llmx_data *data, json_t *line);

/* Does a line say so? */
bool retold_is_noted(const struct retold *retold, const struct llmx_data *data, const json_t *line);

#endif
