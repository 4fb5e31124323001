/* value_lists.h - columns whose fields list several values: "Action|Comedy", "Action, Comedy", "Action Comedy". */
#ifndef DATA_VALUE_LISTS_H
#define DATA_VALUE_LISTS_H

#include "base/err.h"
#include "llmxrec/data.h"

#include <stdbool.h>

#define VOCABULARY_MAX  400 /* distinct values past which a column is free text, no vocabulary */
#define VALUE_BYTES_MAX 60  /* of a value of a vocabulary */

/* Values of a list one by one: the next value of `s` in *n bytes at the result, NULL after the last. *at is where
 * to go on (0 at first). Brackets and quotes around values are left out. */
const char *value_next(const char *s, char separator, size_t *at, size_t *n);

/* At least half of it digits, or nothing at all? */
bool value_is_number(const char *s, size_t n);

/* How the values of an item column are separated: by a mark that occurs in it, or by one that leaves far fewer words
 * than values ("Action Comedy", "Action,Comedy"), else not at all, 0 ("Free to Play"). *size: distinct values, 0 when the
 * column is no vocabulary: more than VOCABULARY_MAX, or numbers. */
int value_separator_find(const struct llmx_data *data, int column, char *separator, uint32_t *size,
                         struct llmx_error *err);

#endif
