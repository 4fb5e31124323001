/* titles.c - titles as catalogues write them ("Apartment, The") and as people do. */
#include "gate/titles.h"

#include "base/plain.h"

#include <string.h>
#include <utf8proc.h>

/* The article that s ends with behind a comma, "Apartment, The", or NULL. */
static const char *trailing_article(const char *s, size_t n)
{
    for (const struct list_entry *e = list_entries(LIST_TRAILING_ARTICLES); e->phrase; e++) {
        size_t k = strlen(e->phrase);
        if (n > k + 2 && s[n - k - 2] == ',' && s[n - k - 1] == ' ' &&
            plain_strncasecmp(s + n - k, e->phrase, k) == 0)
            return e->phrase;
    }
    return NULL;
}

static void trim(const char **s, size_t *n)
{
    while (*n > 0 && **s == ' ')
        ++*s, --*n;
    while (*n > 0 && (*s)[*n - 1] == ' ')
        --*n;
}

/* The bytes at s that stand for themselves. */
static size_t plain_length(const char *s, size_t n)
{
    size_t i = 0;
    while (i < n && (unsigned char)s[i] < 0x80 && s[i] != '&' && s[i] != '\\')
        i++;
    return i;
}

/* "Apartment, The" with its article in front; entities and escapes become what they stand for. */
static void put_part(struct text *out, const char *s, size_t n)
{
    trim(&s, &n);
    const char *article = trailing_article(s, n);
    if (article) {
        size_t k = strlen(article);
        text_put(out, s + n - k, k);
        text_puts(out, article[k - 1] == '\'' ? "" : " ");
        n -= k + 2;
    }
    for (size_t at = 0; at < n;) {
        utf8proc_uint8_t bytes[4];
        const size_t plain = plain_length(s + at, n - at);
        text_put(out, s + at, plain);
        at += plain;
        int32_t c = at < n ? text_next(s, n, &at) : -1;
        if (c >= 0)
            text_put(out, (char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
    }
}

/* Where what a title ends with begins, "(1995)" or "(Shichinin no samurai) (1954)"; NULL: no such thing. Parentheses before more
 * words are part of the title: "The Best (and Worst) Onion Rings". */
static const char *ending(const char *title)
{
    const char *open = strchr(title, '(');
    for (const char *s = open; s && *s;) {
        const char *close = strchr(s, ')');
        if (!close)
            return open;
        s = close + 1 + strspn(close + 1, ") ");
        if (*s && *s != '(')
            s = open = strchr(s, '(');
    }
    return open;
}

void title_display(struct text *out, const char *title)
{
    const char *open = ending(title);
    put_part(out, title, open ? (size_t)(open - title) : strlen(title));
    while (open) {
        const char *close = strchr(open, ')');
        size_t n = close ? (size_t)(close - open - 1) : strlen(open + 1);
        text_puts(out, " (");
        put_part(out, open + 1, n);
        text_puts(out, ")");
        open = close ? strchr(close, '(') : NULL;
    }
}

/* Where titles go. */
struct adding {
    struct phrases *titles;
    struct dictionary *dictionary;
    llmx_id item;
    struct llmx_error *err;
};

static int add(const struct adding *a, const char *s, size_t n, bool is_part)
{
    int32_t ids[PHRASE_WORDS_MAX];
    int count = dictionary_add(a->dictionary, s, n, ids, a->err);
    if (count <= 0)
        return count;
    const uint64_t *traits = a->dictionary->traits;
    int skip = count > 1 && (traits[ids[0]] & ON_LIST(LIST_LEADING_ARTICLES));
    bool says_something = false;
    for (int i = skip; i < count; i++)
        says_something = says_something || !(traits[ids[i]] & TRAIT_FUNCTION);
    if (is_part && !says_something)
        return 0;
    return phrases_add(a->titles, ids + skip, count - skip, a->item * 2 + is_part, a->err);
}

/* A title without parentheses, in all its ways. */
static int add_plain(const struct adding *a, const char *s, size_t n)
{
    trim(&s, &n);
    if (n == 0 || (n == 4 && strspn(s, "0123456789") >= 4 && s[4] == ')'))
        return 0;
    const char *article = trailing_article(s, n);
    if (article) {
        struct text moved = {0};
        put_part(&moved, s, n);
        int failed = text_check(&moved, a->err) || add(a, moved.s, moved.n, false);
        text_release(&moved);
        if (failed)
            return -1;
        n -= strlen(article) + 2;
    }
    if (add(a, s, n, false) != 0)
        return -1;
    const char *colon = memchr(s, ':', n);
    if (!colon)
        return 0;
    size_t before = (size_t)(colon - s);
    return add(a, s, before, true) || add(a, colon + 1, n - before - 1, true) ? -1 : 0;
}

int titles_add(struct phrases *titles, struct dictionary *dictionary, llmx_id item,
               const char *title, struct llmx_error *err)
{
    const struct adding a = {titles, dictionary, item, err};
    const char *open = ending(title);
    if (add_plain(&a, title, open ? (size_t)(open - title) : strlen(title)) != 0)
        return -1;
    while (open) {
        const char *close = strchr(open, ')');
        if (add_plain(&a, open + 1, close ? (size_t)(close - open - 1) : strlen(open + 1)) != 0)
            return -1;
        open = close ? strchr(close, '(') : NULL;
    }
    return 0;
}
