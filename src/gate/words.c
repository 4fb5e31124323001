/* words.c - splitting a text into folded words and quotations. */
#include "gate/words.h"

#include "base/memory.h"
#include "gate/lists.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const struct {
    const char *name;
    int32_t code;
} entities[] = {{"amp;", '&'},       {"quot;", '"'},     {"apos;", '\''},    {"nbsp;", ' '},
                {"lt;", '<'},        {"gt;", '>'},       {"lsquo;", 0x2018}, {"rsquo;", 0x2019},
                {"ldquo;", 0x201c},  {"rdquo;", 0x201d}, {"ndash;", 0x2013}, {"mdash;", 0x2014},
                {"hellip;", 0x2026}, {"eacute;", 0xe9},  {"trade;", 0x2122}, {"reg;", 0xae}};

/* Up to `digits_max` digits of a number at s; *used is how many there were. */
static int32_t digits(const char *s, size_t n, int base, size_t digits_max, size_t *used)
{
    int32_t value = 0;
    size_t i = 0;
    for (; i < n && i < digits_max; i++) {
        int c = (unsigned char)s[i] | 32;
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    *used = i;
    return value;
}

/* "&amp;", "&#39;", "&#x2019;" at s[0]; 0 when it is a bare ampersand. */
static int32_t entity(const char *s, size_t n, size_t *length)
{
    if (n > 3 && s[1] == '#') {
        bool is_hex = (s[2] | 32) == 'x';
        size_t used, begin = is_hex ? 3 : 2;
        int32_t code = digits(s + begin, n - begin, is_hex ? 16 : 10, 6, &used);
        *length = begin + used + 1;
        return used > 0 && begin + used < n && s[begin + used] == ';' && code > 0 && code < 0x110000
                   ? code
                   : 0;
    }
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        size_t k = strlen(entities[i].name);
        if (n > k && memcmp(s + 1, entities[i].name, k) == 0) {
            *length = k + 1;
            return entities[i].code;
        }
    }
    return 0;
}

/* "\xae", "\u2122" at s[0]; 0 when it is a bare backslash. */
static int32_t escape(const char *s, size_t n, size_t *length)
{
    size_t wanted = n > 1 && s[1] == 'x' ? 2 : n > 1 && s[1] == 'u' ? 4 : 0, used = 0;
    int32_t code = wanted ? digits(s + 2, n - 2, 16, wanted, &used) : 0;
    *length = 2 + wanted;
    return used == wanted ? code : 0;
}

int32_t text_next(const char *text, size_t n, size_t *at)
{
    const char *s = text + *at;
    size_t left = n - *at, length = 0;
    if ((unsigned char)*s < 0x80 && *s != '&' && *s != '\\') { /* nearly always */
        ++*at;
        return *s;
    }
    int32_t code = *s == '&' ? entity(s, left, &length) : *s == '\\' ? escape(s, left, &length) : 0;
    if (code > 0) {
        *at += length;
        return code;
    }
    utf8proc_int32_t c;
    utf8proc_ssize_t used =
        utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)left, &c);
    *at += used > 0 ? (size_t)used : 1;
    return used > 0 ? c : -1;
}

static bool is_letter(int32_t c)
{
    if (c < 128)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    utf8proc_category_t k = utf8proc_category(c);
    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_MC) || k == UTF8PROC_CATEGORY_ME;
}

static bool is_alnum(int32_t c)
{
    return (c >= '0' && c <= '9') || is_letter(c);
}

static bool is_apostrophe(int32_t c)
{
    return c == '\'' || c == 0x2019 || c == 0x2bc || c == '`' || c == 0xb4;
}

/* Letters that have no decomposition but are written without their stroke or as two by most people. */
static const char *plain_letter(int32_t c)
{
    switch (c) {
    case 0xe6:
        return "ae";
    case 0x153:
        return "oe";
    case 0xf8:
        return "o";
    case 0x142:
        return "l";
    case 0x111:
    case 0xf0:
        return "d";
    case 0xfe:
        return "th";
    default:
        return NULL;
    }
}

static void fold(struct text *out, int32_t c)
{
    if (c < 128) {
        char lower = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
        text_put(out, &lower, 1);
        return;
    }
    utf8proc_int32_t parts[16];
    int boundary = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        c, parts, 16, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK,
        &boundary);
    for (utf8proc_ssize_t i = 0; i < n && i < 16; i++) {
        utf8proc_uint8_t bytes[4];
        const char *plain = plain_letter(parts[i]);
        if (plain)
            text_puts(out, plain);
        else
            text_put(out, (char *)bytes, (size_t)utf8proc_encode_char(parts[i], bytes));
    }
}

/* Where the splitting stands. */
struct splitter {
    struct passage *words;
    const char *text;
    size_t n, at;
    unsigned pending;  /* flags for the next word */
    int open_first[3]; /* word at which a quotation of each kind was opened; -1: none is open */
    uint32_t open_start[3];
    struct llmx_error *err;
};

enum { DOUBLE, SINGLE, EMPHASIS };

static int32_t peek(const struct splitter *s, size_t at)
{
    return at < s->n ? text_next(s->text, s->n, &at) : ' ';
}

static int quotation_close(struct splitter *s, int kind)
{
    struct passage *w = s->words;
    int first = s->open_first[kind], n = w->n - first;
    s->open_first[kind] = -1;
    if (first < 0 || n <= 0 || n > QUOTATION_WORDS_MAX)
        return 0;
    if (mem_grow(&w->quotation, &w->quotation_capacity, (size_t)w->n_quotations + 1,
                 sizeof *w->quotation, s->err))
        return -1;
    w->quotation[w->n_quotations] =
        (struct quotation){s->open_start[kind], (uint32_t)s->at, first, n};
    for (int i = first; i < w->n; i++)
        w->word[i].quote = (int16_t)w->n_quotations;
    w->n_quotations++;
    return 0;
}

static void quotation_begin(struct splitter *s, int kind, size_t start)
{
    s->open_first[kind] = s->words->n;
    s->open_start[kind] = (uint32_t)start;
}

/* Quotation marks. `before` and `after` are the code points around; returns -1 only when memory is out. */
static int quotation_mark(struct splitter *s, int32_t c, size_t start, int32_t before,
                          int32_t after)
{
    switch (c) {
    case '"':
    case 0x201c:
    case 0x201d:
    case 0x201e:
    case 0xab:
    case 0xbb:
        if (s->open_first[DOUBLE] >= 0)
            return quotation_close(s, DOUBLE);
        if (c != 0x201d)
            quotation_begin(s, DOUBLE, start);
        return 0;
    case '\'':
    case 0x2018:
    case 0x2019:
        if (s->open_first[SINGLE] >= 0 && c != 0x2018 && !is_alnum(after))
            return quotation_close(s, SINGLE);
        if (!is_alnum(before) && (c == 0x2018 || (c == '\'' && is_letter(after))))
            quotation_begin(s, SINGLE, start);
        return 0;
    case '*':
    case '_':
        if (s->open_first[EMPHASIS] >= 0 && !is_alnum(after))
            return after == c ? 0 : quotation_close(s, EMPHASIS);
        if (!is_alnum(before) && after != ' ' && s->open_first[EMPHASIS] < 0)
            quotation_begin(s, EMPHASIS, start);
        return 0;
    default:
        return 0;
    }
}

/* A full stop after "Mrs." or an initial ends no sentence. */
static bool ends_sentence(const struct splitter *s, int32_t c)
{
    struct passage *w = s->words;
    if (c != '.')
        return c == '!' || c == '?' || c == 0x2026;
    if (w->n == 0 || w->folded.failed)
        return false;
    const struct word *last = &w->word[w->n - 1];
    bool is_initial =
        last->end - last->start == 1 && (last->flags & WORD_CAPITAL) && s->text[last->start] != 'I';
    return !is_initial && !list_find(LIST_ABBREVIATIONS, word_text(w, w->n - 1), last->n);
}

static bool is_dash(int32_t c)
{
    return c == '-' || c == 0x2013 || c == 0x2014;
}

static bool stands_apart(int32_t c)
{
    return (c > 0 && c < 128 && strchr(",;()[]{}<>|/", c)) || is_dash(c) || c == 0x2022;
}

/* What stands between words: remembers for the next word what it means. */
static int punctuation(struct splitter *s, int32_t c, size_t start, int32_t before)
{
    int32_t after = peek(s, s->at);
    if (ends_sentence(s, c) && !is_alnum(after))
        s->pending |= WORD_BREAK | WORD_INITIAL | WORD_APART;
    else if (c == '\n')
        s->pending |= WORD_BREAK | WORD_INITIAL | WORD_APART;
    else if (c == ':')
        s->pending |= WORD_INITIAL | WORD_APART;
    else if ((c == '-' || c == 0x2010 || c == 0x2011) && is_alnum(before) && is_alnum(after))
        s->pending |= WORD_HYPHEN;
    else if (c == ',') /* 'after "When Harry Met Sally...", 111' goes on */
        s->pending = (s->pending & ~(unsigned)(WORD_BREAK | WORD_INITIAL)) | WORD_APART;
    else if (stands_apart(c))
        s->pending |= is_dash(c) ? WORD_APART | WORD_DASH : WORD_APART;
    return quotation_mark(s, c, start, before, after);
}

/* "twelve" becomes "12". */
static void fold_number(struct text *folded, size_t start)
{
    const struct list_entry *number =
        folded->n > start ? list_find(LIST_NUMBERS, folded->s + start, folded->n - start) : NULL;
    if (!number)
        return;
    folded->n = start;
    text_puts(folded, number->value);
}

static struct word *word_append(struct splitter *s, size_t start)
{
    struct passage *w = s->words;
    if (mem_grow(&w->word, &w->capacity, (size_t)w->n + 1, sizeof *w->word, s->err))
        return NULL;
    struct word *word = &w->word[w->n++];
    *word = (struct word){.start = (uint32_t)start, .folded = (uint32_t)w->folded.n, .quote = -1};
    word->flags = (uint8_t)(s->pending | (w->n == 1 ? WORD_INITIAL : 0));
    s->pending = 0;
    return word;
}

static void word_finish(struct passage *w, struct word *word, size_t end, bool is_possessive)
{
    fold_number(&w->folded, word->folded);
    word->end = (uint32_t)end;
    word->n = (uint16_t)(w->folded.n - word->folded);
    word->n_bare = (uint16_t)(is_possessive && word->n > 1 ? word->n - 1 : word->n);
    text_put(&w->folded, "", 1);
}

/* A word that begins with code point c at `start`; s->at stands behind c. */
static int word_read(struct splitter *s, int32_t c, size_t start)
{
    struct word *word = word_append(s, start);
    if (!word)
        return -1;
    if (c >= '0' && c <= '9')
        word->flags |= WORD_NUMBER;
    else if (c < 128 ? c < 'a' : utf8proc_category(c) == UTF8PROC_CATEGORY_LU)
        word->flags |= WORD_CAPITAL;
    size_t end = s->at, letters = 1; /* letters since the last dot */
    bool is_possessive = false;
    fold(&s->words->folded, c);
    while (end < s->n && s->words->folded.n - word->folded < 1000) {
        size_t next = end;
        int32_t d = text_next(s->text, s->n, &next), after = peek(s, next);
        bool joins = (is_apostrophe(d) && is_alnum(after)) ||
                     ((d == '.' || d == '*') && letters == 1 && is_letter(after));
        if (!is_alnum(d) && !joins)
            break;
        if (is_alnum(d))
            fold(&s->words->folded, d);
        is_possessive = is_apostrophe(d) && (after == 's' || after == 'S')
                            ? true
                            : is_possessive && (d | 32) == 's';
        letters = is_alnum(d) ? letters + 1 : 0;
        end = next;
    }
    s->at = end;
    if (s->words->folded.n == word->folded) { /* marks alone, that no letter carries */
        s->pending = word->flags & ~(unsigned)WORD_NUMBER;
        s->words->n--;
        return 0;
    }
    word_finish(s->words, word, end, is_possessive);
    return 0;
}

static int ampersand(struct splitter *s, size_t start)
{
    struct word *word = word_append(s, start);
    if (!word)
        return -1;
    text_puts(&s->words->folded, "and");
    word_finish(s->words, word, s->at, false);
    return 0;
}

int passage_split(struct passage *words, const char *text, size_t n, struct llmx_error *err)
{
    struct splitter s = {
        .words = words, .text = text, .n = n, .open_first = {-1, -1, -1}, .err = err};
    words->n = words->n_quotations = 0;
    text_clear(&words->folded);
    int32_t before = ' ';
    while (s.at < n && words->n < WORDS_MAX) {
        size_t start = s.at;
        int32_t c = text_next(text, n, &s.at);
        int failed = is_alnum(c) ? word_read(&s, c, start)
                     : c == '&'  ? ampersand(&s, start)
                                 : punctuation(&s, c, start, before);
        if (failed)
            return -1;
        before = c;
    }
    return text_check(&words->folded, err);
}

void passage_release(struct passage *words)
{
    free(words->word);
    free(words->quotation);
    text_release(&words->folded);
    *words = (struct passage){0};
}

bool word_is(const struct passage *words, int i, const char *text)
{
    if (i < 0 || i >= words->n)
        return false;
    size_t n = strlen(text);
    return words->word[i].n_bare == n && memcmp(word_text(words, i), text, n) == 0;
}

bool word_in(const struct passage *words, int i, const char *list)
{
    if (i < 0 || i >= words->n)
        return false;
    size_t n = words->word[i].n;
    const char *word = word_text(words, i);
    for (const char *s = list; *s;) {
        size_t k = 0;
        while (k < n && s[k] == word[k])
            k++;
        if (k == n && (s[k] == ' ' || s[k] == 0))
            return true;
        for (s += k; *s && *s != ' ';)
            s++;
        s += *s == ' ';
    }
    return false;
}
