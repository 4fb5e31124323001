#include "data/feature_values.h"

#include "base/number.h"
#include "base/utf8.h"

#include <string.h>

#define YEAR_DIGITS 4

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* \uXXXX; s stands behind the u. Where reading goes on, NULL: no such thing. */
static const char *put_code_point(struct text *out, const char *s, const char *end)
{
    char bytes[4];
    uint32_t c;
    const size_t length = utf8_read_escape(s, (size_t)(end - s), &c);
    if (length == 0 || c == 0)
        return NULL;
    text_put(out, bytes, utf8_write(c, bytes));
    return s + length;
}

/* A member in quotes; s stands at the first of them. Where reading goes on, NULL: it does not end. */
static const char *put_quoted(struct text *out, const char *s, const char *end)
{
    const char quote = *s++;
    while (s && s < end && *s != quote) {
        const char c = *s++;
        if (c != '\\')
            text_put(out, &c, 1);
        else if (s == end)
            return NULL;
        else if (*s == 'u')
            s = put_code_point(out, s + 1, end);
        else if (strchr("ntrbf", *s))
            text_put(out, " ", 1), s++;
        else
            text_put(out, s++, 1);
    }
    return s && s < end ? s + 1 : NULL;
}

/* A member without quotes: a number, or a word that stands for nothing. Where reading goes on, NULL: something else. */
static const char *put_bare(struct text *out, const char *s, const char *end)
{
    const char *stop = s;
    double value;
    while (stop < end && !is_blank(*stop) && *stop != ',' && *stop != ']')
        stop++;
    const size_t n = (size_t)(stop - s);
    if (n == 4 && (memcmp(s, "null", 4) == 0 || memcmp(s, "None", 4) == 0))
        return stop;
    if (!number_parse(s, n, &value))
        return NULL;
    text_put(out, s, n);
    return stop;
}

/* One member with the mark before it, unless it is nothing. */
static const char *put_member(struct text *out, size_t start, const char *s, const char *end)
{
    const size_t before = out->n;
    if (before > start)
        text_put(out, "|", 1);
    const size_t begin = out->n;
    if (*s == 'u' && s + 1 < end && (s[1] == '\'' || s[1] == '"'))
        s++; /* as Python 2 writes it */
    s = *s == '"' || *s == '\'' ? put_quoted(out, s, end) : put_bare(out, s, end);
    if (out->n == begin && out->s)
        out->s[out->n = before] = '\0';
    return s;
}

static const char *put_members(struct text *out, const char *s, const char *end)
{
    const size_t start = out->n;
    int depth = 0;
    do {
        if (is_blank(*s) || *s == ',')
            s++;
        else if (*s == '[' || *s == ']')
            depth += *s++ == '[' ? 1 : -1;
        else
            s = put_member(out, start, s, end);
    } while (s && s < end && depth > 0);
    return s == end && depth == 0 ? s : NULL;
}

bool value_put_list(struct text *out, const char *s, size_t n)
{
    const size_t before = out->n;
    if (n < 2 || s[0] != '[' || s[n - 1] != ']')
        return false;
    if (put_members(out, s, s + n))
        return true;
    if (out->s)
        out->s[out->n = before] = '\0';
    return false;
}

const char *value_find_year(const char *s, size_t n)
{
    for (size_t i = 0, digits = 0; i <= n; i++) {
        if (i < n && is_digit(s[i])) {
            digits++;
            continue;
        }
        const char *year = s + i - digits;
        if (digits == YEAR_DIGITS && (*year == '1' || *year == '2'))
            return year;
        digits = 0;
    }
    return NULL;
}

const char *value_title_year(const char *title, size_t n, size_t *length)
{
    while (n > 0 && title[n - 1] == ' ')
        n--;
    if (n < YEAR_DIGITS + 3 || title[n - 1] != ')' || title[n - YEAR_DIGITS - 2] != '(')
        return NULL;
    const char *year = title + n - YEAR_DIGITS - 1;
    if (value_find_year(year, YEAR_DIGITS) != year)
        return NULL;
    n -= YEAR_DIGITS + 2;
    while (n > 0 && title[n - 1] == ' ')
        n--;
    *length = n;
    return n > 0 ? year : NULL;
}
