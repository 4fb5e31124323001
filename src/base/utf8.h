/* utf8.h - what of some bytes is UTF-8 (RFC 3629), by utf8proc. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length of the character at s (n > 0 bytes left). When it is not valid, *valid is false and the
 * length is that of the longest part that could have begun one (at least 1): what a single U+FFFD stands for. */
size_t utf8_step(const char *s, size_t n, bool *valid);

/* Where the first byte stands that is not UTF-8, or n when all is well. */
size_t utf8_check(const char *s, size_t n);

/* The same where a text may not hold NUL either. */
size_t utf8_check_text(const char *s, size_t n);

/* The bytes that a byte order mark takes in front of a file's text, as some editors put it there: 3, or 0 without one. */
size_t utf8_mark(const void *bytes, size_t n);

/* The code point of the valid character at s, of `length` bytes. */
uint32_t utf8_value(const char *s, size_t length);

/* Writes a code point below 0x110000 and returns its length, 1 to 4. */
size_t utf8_write(uint32_t c, char out[static 4]);

/* The character that JSON writes as \uXXXX, or as two of them past U+FFFF; s stands behind the first \u. Returns how many
 * bytes the digits (and the second \u) take, 0: it is none, or half of one. */
size_t utf8_read_escape(const char *s, size_t n, uint32_t *c);

#endif
