/* feature_values.h - what stands in the fields of tables of items and users, read as a value: lists, years. */
#ifndef DATA_FEATURE_VALUES_H
#define DATA_FEATURE_VALUES_H

#include "base/text.h"

/* Appends the members of a list in brackets, ["a", "b"] as JSON writes it or ['a', 'b'] as Python does, lists in it
 * too, with | between. False, and nothing appended, when the text is no such list. */
bool value_put_list(struct text *out, const char *s, size_t n);

/* The first four digits of a text that are a year, from 1000 to 2999, with no digit beside them ("2008.0",
 * "01-Jan-1995"); NULL: none. */
const char *value_find_year(const char *s, size_t n);

/* The year in parentheses that a title ends with, its first digit, or NULL; *length is how long the title is without
 * it: "Hill, The (1991)" is "Hill, The". A title that is nothing else has none. */
const char *value_title_year(const char *title, size_t n, size_t *length);

#endif
