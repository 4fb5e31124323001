#include "format/json_scan.h"

#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

const char json_absent[] = "";

/* Where the scan is, and which objects it is in. */
struct place {
    struct json_scan *scan;
    const char *begin, *p, *end;
    char *text; /* where the next text with escapes goes */
    int depth;
};

/* The way to the object at hand, as the first `n` bytes of a key that leads through it ("reviewer." of
 * "reviewer.id"); n = 0: the outermost. */
static bool scan_object(struct place *at, struct span way, bool is_wanted);

static bool wrong(struct place *at, const char *what)
{
    at->scan->wrong = what;
    at->scan->at = (size_t)(at->p - at->begin);
    return false;
}

static void skip_blanks(struct place *at)
{
    while (at->p < at->end && (*at->p == ' ' || *at->p == '\t' || *at->p == '\n' || *at->p == '\r'))
        at->p++;
}

/* The first byte of p .. end-1 that ends a text or is not itself in one: a quote, a backslash, a control character.
 * Eight bytes at a time; a carry can only make a later byte seem a hit, and the first hit counts. */
static const char *find_special(const char *p, const char *end)
{
    const uint64_t ones = 0x0101010101010101u, tops = ones << 7;
    for (; end - p >= 8; p += 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        const uint64_t quote = v ^ ones * '"', slash = v ^ ones * '\\';
        const uint64_t hits =
            (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((v - ones * 0x20) & ~v)) &
            tops;
        if (hits)
            return p + (__builtin_ctzll(hits) >> 3);
    }
    while (p < end && *p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
        p++;
    return p;
}

/* `p` stands behind the u. */
static bool read_unicode(struct place *at, char **out)
{
    uint32_t c;
    char bytes[4];
    const size_t length = utf8_read_escape(at->p, (size_t)(at->end - at->p), &c);
    if (length == 0)
        return wrong(at, "\\u needs the four hexadecimal digits of a character");
    at->p += length;
    const size_t n = utf8_write(c, bytes);
    if (*out) {
        memcpy(*out, bytes, n);
        *out += n;
    }
    return true;
}

/* One escape, `p` behind its backslash; written to *out unless that is NULL. */
static bool read_escape(struct place *at, char **out)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    const char c = at->p < at->end ? *at->p : '\0';
    const char *letter = c ? strchr(letters, c) : NULL;
    if (c == 'u') {
        at->p++;
        return read_unicode(at, out);
    }
    if (!letter)
        return wrong(at, "no such escape");
    at->p++;
    if (*out)
        *(*out)++ = meant[letter - letters];
    return true;
}

/* A text, `p` at its opening quote. `value`: what it holds; NULL when nobody asks. */
static bool scan_text(struct place *at, struct span *value)
{
    const char *from = ++at->p;
    char *out = NULL;
    for (;;) {
        at->p = find_special(at->p, at->end);
        if (at->p == at->end)
            return wrong(at, "a text does not end");
        if (out) {
            memcpy(out, from, (size_t)(at->p - from));
            out += at->p - from;
        }
        if (*at->p == '"')
            break;
        if (*at->p != '\\')
            return wrong(at, "a control character in a text");
        if (value && !out) {
            *value = (struct span){at->text, 0};
            memcpy(at->text, from, (size_t)(at->p - from));
            out = at->text + (at->p - from);
        }
        at->p++;
        if (!read_escape(at, &out))
            return false;
        from = at->p;
    }
    if (out) {
        value->n = (size_t)(out - value->s);
        at->text = out;
    } else if (value) {
        *value = (struct span){from, (size_t)(at->p - from)};
    }
    at->p++;
    return true;
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && (unsigned char)(*p - '0') < 10)
        p++;
    return p;
}

static bool scan_number(struct place *at)
{
    const char *p = at->p + (*at->p == '-'), *digits = p;
    p = skip_digits(p, at->end);
    bool is_good = p > digits && (*digits != '0' || p == digits + 1);
    if (p < at->end && *p == '.') {
        digits = ++p;
        p = skip_digits(p, at->end);
        is_good &= p > digits;
    }
    if (p < at->end && (*p == 'e' || *p == 'E')) {
        p += 1 + (p + 1 < at->end && (p[1] == '+' || p[1] == '-'));
        digits = p;
        p = skip_digits(p, at->end);
        is_good &= p > digits;
    }
    if (!is_good)
        return wrong(at, "not a number");
    at->p = p;
    return true;
}

static bool scan_word(struct place *at)
{
    static const struct span words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((size_t)(at->end - at->p) >= words[i].n && memcmp(at->p, words[i].s, words[i].n) == 0) {
            at->p += words[i].n;
            return true;
        }
    return wrong(at, "a value is missing");
}

static bool scan_value(struct place *at, struct span way, bool is_wanted);

static bool enter(struct place *at)
{
    at->p++;
    skip_blanks(at);
    return ++at->depth <= JSON_DEPTH_MAX || wrong(at, "objects or arrays too deep in one another");
}

static bool scan_array(struct place *at)
{
    if (!enter(at))
        return false;
    bool is_done = at->p < at->end && *at->p == ']';
    while (!is_done) {
        if (!scan_value(at, (struct span){0}, false))
            return false;
        skip_blanks(at);
        is_done = at->p < at->end && *at->p == ']';
        if (!is_done && (at->p == at->end || *at->p != ','))
            return wrong(at, "a comma or ] is missing");
        at->p += !is_done;
        skip_blanks(at);
    }
    at->p++;
    at->depth--;
    return true;
}

static bool scan_value(struct place *at, struct span way, bool is_wanted)
{
    const char c = at->p < at->end ? *at->p : '\0';
    if (c == '"')
        return scan_text(at, NULL);
    if (c == '{')
        return scan_object(at, way, is_wanted);
    if (c == '[')
        return scan_array(at);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(at);
    return scan_word(at);
}

/* Which key asked for the one at hand is, or -1. *way: a key asked for that leads through its object, if any does. */
static int find_key(const struct json_scan *scan, struct span way, struct span key,
                    struct span *through)
{
    int found = -1;
    *through = (struct span){0};
    for (int i = 0; i < scan->n_keys; i++) {
        const struct span wanted = scan->keys[i];
        const size_t n = way.n + key.n;
        if (wanted.n < n || memcmp(wanted.s, way.s ? way.s : "", way.n) != 0 ||
            memcmp(wanted.s + way.n, key.s, key.n) != 0)
            continue;
        if (wanted.n == n)
            found = found < 0 ? i : found;
        else if (wanted.s[n] == '.')
            *through = (struct span){wanted.s, n + 1};
    }
    return found;
}

/* The value of a key asked for. */
static bool take_value(struct place *at, int key, struct span way, bool is_way)
{
    struct json_scan *scan = at->scan;
    const char *from = at->p;
    if (scan->values[key].s)
        return wrong(at, "a key is there twice");
    if (from < at->end && *from == '"')
        return scan_text(at, &scan->values[key]);
    if (!scan_value(at, way, is_way))
        return false;
    const bool is_null = *from == 'n';
    scan->is_nested[key] = *from == '{' || *from == '[';
    scan->values[key] =
        is_null ? (struct span){"", 0} : (struct span){from, (size_t)(at->p - from)};
    return true;
}

/* A key and its value. */
static bool scan_member(struct place *at, struct span way, bool is_wanted)
{
    struct span key, through = {0};
    char *text = at->text;
    if (at->p == at->end || *at->p != '"')
        return wrong(at, "a key in double quotes is missing");
    if (!scan_text(at, is_wanted ? &key : NULL))
        return false;
    const int wanted = is_wanted ? find_key(at->scan, way, key, &through) : -1;
    at->text = text; /* the key has been read */
    skip_blanks(at);
    if (at->p == at->end || *at->p != ':')
        return wrong(at, "a colon is missing");
    at->p++;
    skip_blanks(at);
    return wanted >= 0 ? take_value(at, wanted, through, through.n > 0)
                       : scan_value(at, through, through.n > 0);
}

static bool scan_object(struct place *at, struct span way, bool is_wanted)
{
    if (!enter(at))
        return false;
    bool is_done = at->p < at->end && *at->p == '}';
    while (!is_done) {
        if (!scan_member(at, way, is_wanted))
            return false;
        skip_blanks(at);
        is_done = at->p < at->end && *at->p == '}';
        if (!is_done && (at->p == at->end || *at->p != ','))
            return wrong(at, "a comma or } is missing");
        at->p += !is_done;
        skip_blanks(at);
    }
    at->p++;
    at->depth--;
    return true;
}

bool json_scan(struct json_scan *scan, const char *s, size_t n)
{
    struct place at = {.scan = scan, .begin = s, .p = s, .end = s + n, .text = scan->text};
    for (int i = 0; i < scan->n_keys; i++) {
        scan->values[i] = (struct span){0};
        scan->is_nested[i] = false;
    }
    skip_blanks(&at);
    if (at.p == at.end || *at.p != '{')
        return wrong(&at, "an object {...} is missing");
    if (!scan_object(&at, (struct span){0}, true))
        return false;
    skip_blanks(&at);
    if (at.p < at.end)
        return wrong(&at, "something follows the object");
    for (int i = 0; i < scan->n_keys; i++)
        if (!scan->values[i].s)
            scan->values[i] = (struct span){json_absent, 0};
    return true;
}

/* The first byte from p on that is no blank; '\0' at the end. */
static char first_of(struct span *line)
{
    while (line->n && (*line->s == ' ' || *line->s == '\t'))
        line->s++, line->n--;
    return line->n ? *line->s : '\0';
}

/* The last byte that is no blank; '\0': there is none. */
static char last_of(struct span line)
{
    while (line.n && (line.s[line.n - 1] == ' ' || line.s[line.n - 1] == '\t'))
        line.n--;
    return line.n ? line.s[line.n - 1] : '\0';
}

bool json_begins(struct span line)
{
    const char bracket = first_of(&line);
    if (bracket != '{' && bracket != '[')
        return false;
    line = (struct span){line.s + 1, line.n - 1};
    const char next = first_of(&line);
    return bracket == '[' ? next == '{' || next == '[' || next == '\0' || last_of(line) == ']'
                          : next == '"' || next == '\'' || next == '}' || next == '\0';
}
