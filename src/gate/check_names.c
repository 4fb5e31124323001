/* check_names.c - is every name given? One inside the title of another item says nothing of this one. */
#include "gate/checks.h"

#include <string.h>

/* A capital at the start of a sentence is none of a name when the word is ordinary English, looks like a form of
 * a verb or an adverb, or stands elsewhere in the text in lower case. */
static bool is_ordinary_start(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const char *s = word_text(w, i);
    size_t n = w->word[i].n;
    if (checker_traits(c, i) & (TRAIT_ORDINARY | ON_LIST(LIST_LEXICON) | ON_LIST(LIST_TENS)))
        return true;
    for (const struct list_entry *e = list_entries(LIST_ORDINARY_ENDINGS); e->phrase; e++) {
        size_t m = strlen(e->phrase);
        if (n > m + 2 && memcmp(s + n - m, e->phrase, m) == 0)
            return true;
    }
    for (int k = 0; k < w->n; k++)
        if (!checker_is_capital(c, k) && w->word[k].n == n && memcmp(word_text(w, k), s, n) == 0)
            return true;
    return false;
}

/* Does the recommended item's own title hold the word? Its series and heroes may be called by their names. */
static bool is_of_own_title(struct llmx_checker *c, int i)
{
    const int column = c->catalogue->title_column;
    return column >= 0 &&
           checker_value_has(
               c, llmx_data_feature(c->catalogue->data, LLMX_ITEMS, c->given.told.item, column), i);
}

static bool is_unknown_name(struct llmx_checker *c, int i)
{
    if (!checker_is_capital(c, i) || c->mention_of[i] >= 0 || c->settled[i])
        return false;
    if (checker_was_given(c, i) || (checker_traits(c, i) & (TRAIT_FUNCTION | TRAIT_GENRE)) ||
        checker_on(c, i, LIST_HARMLESS_NAMES))
        return false;
    if (is_of_own_title(c, i))
        return false;
    return !word_has(&c->words, i, WORD_INITIAL) || !is_ordinary_start(c, i);
}

/* "a drama by Annie Hall": a title given for a maker. */
static void check_makers(struct llmx_checker *c)
{
    for (int k = 0; k < c->n_mentions; k++) {
        const struct mention *m = &c->mention[k];
        const int what = m->first - 2;
        if (what >= 0 && m->item >= 0 && word_is(&c->words, m->first - 1, "by") &&
            c->mention_of[what] < 0 && (checker_traits(c, what) & (TRAIT_GENRE | TRAIT_GENRE_NOUN)))
            checker_fail(c, LLMX_CHECK_NAME, m->first, m->n);
    }
}

void check_names(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    check_makers(c);
    for (int i = 0; i < w->n; i++) {
        if (!is_unknown_name(c, i))
            continue;
        int first = i;
        while (i + 1 < w->n && is_unknown_name(c, i + 1) && !word_has(w, i + 1, WORD_APART))
            i++;
        if (first > 0 && checker_is_capital(c, first - 1) && c->mention_of[first - 1] < 0 &&
            !word_has(w, first, WORD_APART) && !(checker_traits(c, first - 1) & TRAIT_FUNCTION))
            first--;
        checker_fail(c, LLMX_CHECK_NAME, first, i - first + 1);
    }
}
