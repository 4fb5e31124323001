/* titles.c - titles as catalogues write them ("Apartment, The") and as people do. */
#include "gate/titles.h"

#include "base/plain.h"

#include <string.h>
#include <utf8proc.h>

static const char *const trailing_articles[] = {
    ", The", ", A",   ", An",  ", Le", ", La", ", Les", ", L'",  ", El",
    ", Los", ", Las", ", Il",  ", Lo", ", I",  ", Gli", ", Der", ", Die",
    ", Das", ", Det", ", Den", ", O",  ", Un", ", Une"};
/* Those that may be left out in front. "Die" and "I" are words of their own in English. */
static const char leading_articles[] = "the a an le la les l el los las il der das";

static bool ends_with(const char *s, size_t n, const char *tail)
{
    size_t k = strlen(tail);
    return n > k && plain_strncasecmp(s + n - k, tail, k) == 0;
}

/* The trailing article of s, or NULL. */
static const char *trailing_article(const char *s, size_t n)
{
    for (size_t i = 0; i < sizeof trailing_articles / sizeof *trailing_articles; i++)
        if (ends_with(s, n, trailing_articles[i]))
            return trailing_articles[i];
    return NULL;
}

static void trim(const char **s, size_t *n)
{
    while (*n > 0 && **s == ' ')
        ++*s, --*n;
    while (*n > 0 && (*s)[*n - 1] == ' ')
        --*n;
}

/* "Apartment, The" with its article in front; entities and escapes become what they stand for. */
static void put_part(struct text *out, const char *s, size_t n)
{
    trim(&s, &n);
    const char *article = trailing_article(s, n);
    if (article) {
        size_t k = strlen(article);
        text_put(out, s + n - k + 2, k - 2);
        text_puts(out, article[k - 1] == '\'' ? "" : " ");
        n -= k;
    }
    for (size_t at = 0; at < n;) {
        utf8proc_uint8_t bytes[4];
        int32_t c = text_next(s, n, &at);
        if (c >= 0)
            text_put(out, (char *)bytes, (size_t)utf8proc_encode_char(c, bytes));
    }
}

void title_display(struct text *out, const char *title)
{
    const char *open = strchr(title, '(');
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

int catalogue_words(struct catalogue *c, const char *text, size_t n, int32_t *ids,
                    struct llmx_error *err)
{
    if (words_split(&c->scratch, text, n, err) != 0)
        return -1;
    int count = c->scratch.n < TITLE_WORDS_MAX ? c->scratch.n : TITLE_WORDS_MAX;
    for (int i = 0; i < count; i++) {
        int64_t id = names_add(&c->words, word_text(&c->scratch, i), c->scratch.word[i].n, err);
        if (id < 0)
            return -1;
        ids[i] = (int32_t)id;
    }
    return count;
}

static int add(struct catalogue *c, llmx_id item, const char *s, size_t n, bool is_part,
               struct llmx_error *err)
{
    int32_t ids[TITLE_WORDS_MAX];
    int count = catalogue_words(c, s, n, ids, err);
    if (count <= 0)
        return count;
    int skip = count > 1 && word_in(&c->scratch, 0, leading_articles);
    bool says_something = false;
    for (int i = skip; i < count; i++)
        says_something = says_something || !word_in(&c->scratch, i, words_function);
    if (is_part && !says_something)
        return 0;
    return phrases_add(&c->titles, ids + skip, count - skip, item * 2 + is_part, err);
}

/* A title without parentheses, in all its ways. */
static int add_plain(struct catalogue *c, llmx_id item, const char *s, size_t n,
                     struct llmx_error *err)
{
    trim(&s, &n);
    if (n == 0 || (n == 4 && strspn(s, "0123456789") >= 4 && s[4] == ')'))
        return 0;
    const char *article = trailing_article(s, n);
    if (article) {
        struct text moved = {0};
        put_part(&moved, s, n);
        int failed = text_check(&moved, err) || add(c, item, moved.s, moved.n, false, err);
        text_release(&moved);
        if (failed)
            return -1;
        n -= strlen(article);
    }
    if (add(c, item, s, n, false, err) != 0)
        return -1;
    const char *colon = memchr(s, ':', n);
    if (!colon)
        return 0;
    size_t before = (size_t)(colon - s);
    return add(c, item, s, before, true, err) || add(c, item, colon + 1, n - before - 1, true, err)
               ? -1
               : 0;
}

int titles_add(struct catalogue *catalogue, llmx_id item, const char *title, struct llmx_error *err)
{
    const char *open = strchr(title, '(');
    if (add_plain(catalogue, item, title, open ? (size_t)(open - title) : strlen(title), err) != 0)
        return -1;
    while (open) {
        const char *close = strchr(open, ')');
        if (add_plain(catalogue, item, open + 1,
                      close ? (size_t)(close - open - 1) : strlen(open + 1), err) != 0)
            return -1;
        open = close ? strchr(close, '(') : NULL;
    }
    return 0;
}
