#include "format/delimited.h"

#include <stdint.h>
#include <string.h>

#define RECORDS_COMPARED 20 /* of a file, to tell which separator they have in common */

static const char separators[] =
    "\t:;,| "; /* least likely to be part of a field first; ':' is "::" */

const char *delimited_name(char separator)
{
    static const char *const names[] = {"tab", "'::'", "';'", "','", "'|'", "space"};
    const char *place = strchr(separators, separator);
    return place ? names[place - separators] : "the separator given";
}

/* The first byte c in p .. end-1, or end. Fields are short and of many lengths: eight bytes are looked at together,
 * since the end of a loop over them would be mispredicted (Mycroft's test for a zero byte; the lowest hit is exact).
 * It may look at bytes behind `end`, before `readable`. */
static inline const char *find_byte(const char *p, const char *end, const char *readable, char c)
{
    const uint64_t ones = 0x0101010101010101u, pattern = ones * (unsigned char)c;
    while (p < end && readable - p >= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        v ^= pattern;
        uint64_t hits = (v - ones) & ~v & ones << 7;
        if (hits) {
            p += __builtin_ctzll(hits) >> 3;
            break;
        }
        p += 8;
    }
    if (readable - p < 8)
        while (p < end && *p != c)
            p++;
    return p < end ? p : end;
}

/* Takes a field in double quotes from *p on, writing it to *out when quotes are doubled in it. */
static int quoted_field(const char **p, const char *end, const char *readable, char **out,
                        struct span *field)
{
    const char *s = *p + 1, *q = s;
    char *w = *out;
    for (;; s = q += 2) { /* from s to the next quote, which belongs to it when it is doubled */
        q = find_byte(q, end, readable, '"');
        if (q >= end)
            return -1;
        if (q + 1 == end || q[1] != '"')
            break;
        memcpy(w, s, (size_t)(q - s) + 1);
        w += q - s + 1;
        if (q + 2 == end)
            return -1;
    }
    *field = (struct span){s, (size_t)(q - s)};
    if (w > *out) {
        memcpy(w, s, field->n);
        w += field->n;
        *field = (struct span){*out, (size_t)(w - *out)};
        *out = w;
    }
    *p = q + 1;
    return 0;
}

/* The next separator of a record, or its end. */
static inline const char *find_separator(char separator, const char *p, const char *end,
                                         const char *readable)
{
    p = find_byte(p, end, readable, separator);
    while (separator == ':' && p < end && (p + 1 == end || p[1] != ':'))
        p = find_byte(p + 1, end, readable, ':');
    return p;
}

static const char *skip_spaces(const char *p, const char *end)
{
    while (p < end && *p == ' ')
        p++;
    return p;
}

/* The usual case: every separator ends a field. */
static int split_plain(char separator, struct span record, const char *readable,
                       struct span *fields, int max)
{
    const char *p = record.s, *const end = record.s + record.n;
    const int width = separator == ':' ? 2 : 1;
    for (int n = 0;; n++) {
        const char *behind = find_separator(separator, p, end, readable);
        if (n < max)
            fields[n] = (struct span){p, (size_t)(behind - p)};
        if (behind == end)
            return n + 1;
        p = behind + width;
    }
}

int delimited_split(struct delimiters by, struct span record, const char *readable,
                    struct span *fields, int max, char *out, int *bad)
{
    const char *p = record.s, *end = record.s + record.n;
    const bool has_runs = by.separator == ' ';
    if (!by.has_quotes && !has_runs)
        return split_plain(by.separator, record, readable, fields, max);
    const size_t width = by.separator == ':' ? 2 : 1;
    for (int n = 0;; n++) {
        if (has_runs && (p = skip_spaces(p, end)) == end)
            return n;
        struct span field = {p, 0};
        const bool is_quoted = by.has_quotes && p < end && *p == '"';
        *bad = n;
        if (is_quoted && quoted_field(&p, end, readable, &out, &field) != 0)
            return DELIMITED_OPEN;
        const char *behind = p;
        p = find_separator(by.separator, p, end, readable);
        if (!is_quoted)
            field.n = (size_t)(p - field.s);
        else if (p > behind && skip_spaces(behind, p) < p)
            return DELIMITED_TEXT;
        if (n < max)
            fields[n] = field;
        if (p == end)
            return n + 1;
        p += width;
    }
}

/* From behind an opening quote to behind the closing one; NULL when it does not close before `end`. */
static const char *skip_quoted(const char *p, const char *end)
{
    for (; (p = memchr(p, '"', (size_t)(end - p))); p += 2) {
        if (p + 1 == end || p[1] != '"')
            return p + 1;
        if (p + 2 == end)
            return NULL;
    }
    return NULL;
}

/* As delimited_end, and counts the fields. */
static int walk(struct delimiters by, const char *p, const char *end, const char **stop,
                size_t *fields)
{
    for (*fields = 1;; ++*fields) {
        if (by.separator == ' ')
            p = skip_spaces(p, end);
        if (p < end && *p == '"' && !(p = skip_quoted(p + 1, end)))
            return DELIMITED_OPEN;
        const char *line_end = memchr(p, by.line_end, (size_t)(end - p));
        const char *limit = line_end ? line_end : end;
        p = find_separator(by.separator, p, limit, end);
        if (p == limit) {
            *stop = limit;
            return line_end != NULL;
        }
        p += by.separator == ':' ? 2 : 1;
    }
}

int delimited_end(struct delimiters by, const char *p, const char *end, const char **stop)
{
    size_t fields;
    return walk(by, p, end, stop, &fields);
}

/* Do the records at p, a few of them, all have as many fields, and more than one? */
static bool is_even(struct delimiters by, const char *p, const char *end)
{
    size_t first = 0, fields;
    int records = 0;
    for (const char *stop; records < RECORDS_COMPARED; records++, p = stop + 1) {
        if (walk(by, p, end, &stop, &fields) != 1)
            break;
        first = records == 0 ? fields : first;
        if (fields != first || fields == 1)
            return false;
    }
    return records > 1;
}

/* Does a quote at p open a field, for all that is known of separators? */
static bool opens(const char *p, const char *begin)
{
    return *p == '"' && (p == begin || strchr(separators, p[-1]) || p[-1] == '\n' || p[-1] == '\r');
}

/* The best separator in p .. end-1 outside of quotes, up to a line end there; '\0': none. *is_open: it ends in quotes. */
static char best_separator(const char *p, const char *end, char line_end, bool heeds_quotes,
                           bool *is_open)
{
    const char *const begin = p;
    size_t best = sizeof separators - 1;
    *is_open = false;
    for (; p < end && *p != line_end; p++) {
        if (heeds_quotes && opens(p, begin)) {
            const char *behind = skip_quoted(p + 1, end);
            *is_open = !behind;
            if (!behind)
                break;
            p = behind - 1;
            continue;
        }
        const char *found = *p ? memchr(separators, *p, best) : NULL;
        if (found && (*p != ':' || (p + 1 < end && p[1] == ':')))
            best = (size_t)(found - separators);
    }
    return separators[best];
}

/* Where the separator that was found leaves records of unequal lengths, as a comma of a title does between bars, and a later
 * one of the first line does not: that one. */
static char even_separator(char found, const char *p, const char *stop, const char *end,
                           char line_end)
{
    struct delimiters by = {found, line_end, found != '\t'};
    if (is_even(by, p, end))
        return found;
    by.has_quotes = true;
    for (const char *later = strchr(separators, found) + 1; *later && *later != ' '; later++) {
        by.separator = *later;
        if (memchr(p, *later, (size_t)(stop - p)) && is_even(by, p, end))
            return *later;
    }
    return found;
}

char delimited_separator(const char *p, const char *stop, const char *end, char line_end)
{
    bool is_open;
    char found = best_separator(p, stop, line_end, true, &is_open);
    if (is_open && !(found = best_separator(p, stop, line_end, false, &is_open)))
        found =
            best_separator(p, end, line_end, true, &is_open); /* a first name over several lines */
    return found ? even_separator(found, p, stop, end, line_end) : '\t';
}

char delimited_line_end(const char *p, const char *end)
{
    size_t feeds = 0, returns = 0;
    for (const char *const begin = p; p < end; p++) {
        if (opens(p, begin)) {
            const char *behind = skip_quoted(p + 1, end);
            p = behind ? behind - 1 : p;
        } else if (*p == '\r') {
            while (p + 1 < end && p[1] == '\r')
                p++;
            returns += p + 1 == end || p[1] != '\n';
        } else {
            feeds += *p == '\n';
        }
    }
    return returns > feeds ? '\r' : '\n';
}
