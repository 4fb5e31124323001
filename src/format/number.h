/* number.h - decimal numbers out of text that is not NUL-terminated. */
#ifndef FORMAT_NUMBER_H
#define FORMAT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

/* Reads all n bytes as one finite decimal number ("881250949", "-3.5", "1e9"), rounded to the nearest double
 * whatever the locale. False for anything else: empty, blanks, hexadecimal, NaN, infinity, overflow. */
bool number_parse(const char *s, size_t n, double *value);

#endif
