#include "data/twins.h"

#include "base/memory.h"
#include "base/names.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* One space between words, none around them. */
static void put_words(struct text *out, const char *s)
{
    while (*(s += strspn(s, " \t"))) {
        const size_t n = strcspn(s, " \t");
        if (out->n > 0)
            text_put(out, " ", 1);
        text_put(out, s, n);
        s += n;
    }
}

static bool is_ascii(const char *s, size_t n)
{
    unsigned char all = 0;
    for (size_t i = 0; i < n; i++)
        all |= (unsigned char)s[i];
    return all < 0x80;
}

/* The same of ASCII, in small letters, which is all that folding does there. `out` is empty. */
static void put_ascii_words(struct text *out, const char *s, size_t n)
{
    bool is_apart = false;
    text_put(out, s, n);
    if (out->failed)
        return;
    out->n = 0; /* never ahead of what is read */
    for (size_t i = 0; i < n; i++) {
        const char c = out->s[i];
        const bool is_blank = c == ' ' || c == '\t';
        if (!is_blank && is_apart && out->n > 0)
            out->s[out->n++] = ' ';
        if (!is_blank)
            out->s[out->n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
        is_apart = is_blank;
    }
}

/* Capitals, and how accents are encoded, do not count. */
static int put_folded(struct text *out, const char *title, struct llmx_error *err)
{
    const size_t n = strlen(title);
    if (is_ascii(title, n)) {
        put_ascii_words(out, title, n);
        return 0;
    }
    utf8proc_uint8_t *folded = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)title);
    if (!folded)
        return err_set(err, LLMX_NO_MEMORY, "out of memory for a title");
    put_words(out, (const char *)folded);
    free(folded);
    return 0;
}

/* The number of an item's title and year, added when it is new; -1: no title; -2: memory is out. */
static int64_t number_of(struct names *titles, struct text *key, const char *title,
                         const char *year, struct llmx_error *err)
{
    text_clear(key);
    if (put_folded(key, title, err) != 0)
        return -2;
    if (key->n == 0 && !key->failed)
        return -1;
    text_put(key, "\n", 1);
    text_puts(key, year);
    const int64_t number = text_check(key, err) == 0 ? names_add(titles, key->s, key->n, err) : -1;
    return number < 0 ? -2 : number;
}

/* Puts each item behind the latest one of its title and year. `latest` is by number of the title, -1 at first. */
static int link_items(struct twins *t, const struct features *of, int title, int year,
                      llmx_id *latest, struct llmx_error *err)
{
    struct names titles = {0};
    struct text key = {0};
    int64_t number = 0;
    for (llmx_id item = 0; item < (llmx_id)of->n_rows; item++) {
        t->next[item] = t->first[item] = item;
        number = number_of(&titles, &key, features_get(of, (uint32_t)item, title),
                           year < 0 ? "" : features_get(of, (uint32_t)item, year), err);
        if (number == -2)
            break;
        if (number < 0)
            continue;
        const llmx_id before = latest[number];
        if (before >= 0) {
            t->groups += t->next[before] == before;
            t->first[item] = t->first[before];
            t->next[item] = t->first[before];
            t->next[before] = item;
        }
        latest[number] = item;
    }
    text_release(&key);
    names_release(&titles);
    return number == -2 ? -1 : 0;
}

int twins_find(struct twins *t, const struct features *of, bool with_years, struct llmx_error *err)
{
    const size_t items = of->n_rows;
    const int title = features_role(of, LLMX_ROLE_TITLE);
    *t = (struct twins){0};
    if (title < 0)
        return 0;
    t->next = mem_array(items, sizeof *t->next, err);
    t->first = mem_array(items, sizeof *t->first, err);
    llmx_id *latest = mem_array(items, sizeof *latest, err);
    int result = -1;
    if (t->next && t->first && latest) {
        memset(latest, -1, items * sizeof *latest);
        result = link_items(t, of, title, with_years ? features_role(of, LLMX_ROLE_YEAR) : -1,
                            latest, err);
    }
    free(latest);
    if (result != 0 || t->groups == 0)
        twins_release(t);
    return result;
}

void twins_release(struct twins *t)
{
    free(t->next);
    free(t->first);
    *t = (struct twins){0};
}
