/* number.h - numbers out of text and into it, the same whatever the locale, and from one type to another.
 * What is printed among other things goes through plain.h's or text.h's printf. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads all n bytes as one finite decimal number ("881250949", "-3.5", "1e9"), rounded to the nearest double.
 * False, and *value as it was, for anything else: empty, blanks, hexadecimal, NaN, infinity, overflow. */
bool number_parse(const char *s, size_t n, double *value);

/* Reads all of s as strtod does: any number that printf writes, "%a", "inf" and "nan" too. */
bool number_read(const char *s, double *value);

/* Reads all of s as a whole number from 0 up, written in digits alone. False, and *value as it was, for anything else. */
bool number_unsigned(const char *s, uint64_t *value);

/* The fewest digits that read back as the same value, at least what "%g" shows. */
void number_put(struct text *out, double value);

/* A value that came from outside as an int. False, and *whole as it was, when it is not a whole number from least
 * to most: a cast would be undefined. */
bool number_whole(double value, int least, int most, int *whole);

#endif
