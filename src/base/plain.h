/* plain.h - functions of the C library that ask the process's locale, without asking it: what we read and write is
 * the same whatever locale the host has chosen. Each is named for the one it stands for.
 *
 * A thread takes the C locale for the length of the call (uselocale), so the host's own is never touched. */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include <locale.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* From plain_begin to plain_end this thread is in the C locale: for other libraries' reading and writing. */
locale_t plain_begin(void);
void plain_end(locale_t before);

int plain_fprintf(FILE *stream, const char *format, ...) __attribute__((format(printf, 2, 3)));
int plain_snprintf(char *out, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int plain_vsnprintf(char *out, size_t size, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Letters A to Z are those without regard to case (in Turkish, I and i are none of each other's). */
int plain_strcasecmp(const char *a, const char *b);
int plain_strncasecmp(const char *a, const char *b, size_t n);

/* In English and ASCII. */
const char *plain_strerror(int number);

#endif
