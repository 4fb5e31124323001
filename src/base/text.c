#include "base/text.h"

#include "base/memory.h"
#include "base/plain.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void text_put(struct text *text, const char *bytes, size_t n)
{
    if (text->failed || mem_grow(&text->s, &text->capacity, text->n + n + 1, 1, NULL) != 0) {
        text->failed = true;
        return;
    }
    if (n)
        memcpy(text->s + text->n, bytes, n);
    text->n += n;
    text->s[text->n] = '\0';
}

void text_puts(struct text *text, const char *s)
{
    text_put(text, s, strlen(s));
}

void text_printf(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int n = plain_vsnprintf(NULL, 0, format, args);
    if (n < 0 || text->failed ||
        mem_grow(&text->s, &text->capacity, text->n + (size_t)n + 1, 1, NULL) != 0) {
        text->failed = true;
    } else {
        plain_vsnprintf(text->s + text->n, (size_t)n + 1, format, again);
        text->n += (size_t)n;
    }
    va_end(again);
    va_end(args);
}

void text_clear(struct text *text)
{
    text->n = 0;
    text->failed = false;
    if (text->s)
        text->s[0] = '\0';
}

void text_release(struct text *text)
{
    free(text->s);
    *text = (struct text){0};
}

int text_check(const struct text *text, struct llmx_error *err)
{
    return text->failed ? err_set(err, LLMX_NO_MEMORY,
                                  "out of memory while building a text of %zu bytes", text->n)
                        : 0;
}
