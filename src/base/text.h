/* text.h - a growing string. Writing never fails at the call: a failed allocation is remembered in
 * `failed` and asked for once, at the end (text_check). */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
    char *s;  /* NUL-terminated once anything was written; NULL before */
    size_t n; /* bytes, without the NUL */
    size_t capacity;
    bool failed;
};

void text_put(struct text *text, const char *bytes, size_t n);
void text_puts(struct text *text, const char *s);
void text_printf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_clear(struct text *text);   /* empty, storage kept */
void text_release(struct text *text); /* storage freed; usable again */

/* 0, or -1 with LLMX_NO_MEMORY when any write before failed. */
int text_check(const struct text *text, struct llmx_error *err);

#endif
