#include "format/html.h"

#include "base/plain.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char *entity(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool has_place(uint32_t c)
{
    const bool is_control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0),
               is_noncharacter = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
    return !is_control && !is_noncharacter;
}

void html_text(FILE *f, const char *text, size_t n)
{
    for (size_t at = 0; at < n;) {
        bool is_valid;
        const size_t length = utf8_step(text + at, n - at, &is_valid);
        const char *other = length == 1 ? entity(text[at]) : NULL;
        if (!is_valid || !has_place(utf8_value(text + at, length)))
            other = "\xef\xbf\xbd";
        if (other)
            fputs(other, f);
        else
            fwrite(text + at, 1, length, f);
        at += length;
    }
}

/* A number's directive, e.g. "%.3f": printed as it stands. */
static void put_number(FILE *f, const char *directive, size_t n, va_list *args)
{
    char format[16], number[64];
    assert(n < sizeof format);
    memcpy(format, directive, n);
    format[n] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    switch (format[n - 1]) {
    case 'd':
        plain_snprintf(number, sizeof number, format, va_arg(*args, int));
        break;
    case 'u':
        plain_snprintf(number, sizeof number, format, va_arg(*args, size_t));
        break;
    default:
        plain_snprintf(number, sizeof number, format, va_arg(*args, double));
    }
#pragma GCC diagnostic pop
    fputs(number, f);
}

/* What follows a '%': how many bytes it takes. */
static size_t put_directive(FILE *f, const char *directive, va_list *args)
{
    if (directive[1] == '%') {
        fputc('%', f);
        return 2;
    }
    if (directive[1] == 's') {
        const char *text = va_arg(*args, const char *);
        html_text(f, text, strlen(text));
        return 2;
    }
    if (strncmp(directive, "%.*s", 4) == 0) {
        const int n = va_arg(*args, int);
        html_text(f, va_arg(*args, const char *), (size_t)n);
        return 4;
    }
    const size_t n = strcspn(directive, "dufg") + 1;
    put_number(f, directive, n, args);
    return n;
}

void html_put(FILE *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    while (*format) {
        const size_t plain = strcspn(format, "%");
        fwrite(format, 1, plain, f);
        format += plain;
        if (*format)
            format += put_directive(f, format, &args);
    }
    va_end(args);
}
