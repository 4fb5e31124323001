/* check_quotations.c - does what stands in quotation marks and reads like a title belong to one that is given? */
#include "gate/checks.h"

/* Words in a quotation past which it is taken for speech, unless it is a title of the catalogue. */
#define TITLE_LIKE_WORDS 16

/* Do words first .. first + n - 1 stand so, in this order, in the title of an item that is given? */
static bool is_part_of_title(struct llmx_checker *c, llmx_id item, int first, int n)
{
    const int column = c->catalogue->title_column;
    const struct passage *title =
        column < 0
            ? NULL
            : checker_split(c, llmx_data_feature(c->catalogue->data, LLMX_ITEMS, item, column));
    bool found = false;
    for (int at = 0; title && at + n <= title->n && !found; at++) {
        found = true;
        for (int i = 0; i < n && found; i++)
            found = word_is(title, at + i, word_text(&c->words, first + i));
    }
    return found;
}

static bool is_part_of_given(struct llmx_checker *c, int first, int n)
{
    while (n > 1 && checker_on(c, first, LIST_ARTICLES))
        first++, n--;
    bool found = is_part_of_title(c, c->given.told.item, first, n);
    for (int i = 0; i < c->given.told.n_history && !found; i++)
        found = is_part_of_title(c, c->given.told.history[i], first, n);
    for (int i = 0; i < c->given.told.n_evidence && !found; i++)
        found = is_part_of_title(c, c->given.told.evidence[i], first, n);
    return found;
}

bool quotation_is_given(struct llmx_checker *c, const struct quotation *q)
{
    return is_part_of_given(c, q->first, q->n);
}

/* Is all of a quotation mentions, genres, years and what joins them? */
static bool is_accounted_for(const struct llmx_checker *c, const struct quotation *q)
{
    for (int i = q->first; i < q->first + q->n; i++) {
        int genre, n;
        bool is_adjective;
        if (c->mention_of[i] >= 0 || word_in(&c->words, i, "and or the a an of"))
            continue;
        if (word_has(&c->words, i, WORD_NUMBER) && word_has(&c->words, i, WORD_APART) &&
            i > q->first)
            continue;
        n = checker_genre_at(c, i, &genre, &is_adjective);
        if (n == 0)
            return false;
        i += n - 1;
    }
    return true;
}

void check_quotations(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int k = 0; k < w->n_quotations; k++) {
        const struct quotation *q = &w->quotation[k];
        bool has_capital = false;
        for (int i = q->first; i < q->first + q->n; i++)
            has_capital = has_capital || (checker_is_capital(c, i) && c->mention_of[i] < 0);
        if (is_accounted_for(c, q))
            continue;
        c->item_is_quoted |= is_part_of_title(c, c->given.told.item, q->first, q->n);
        bool is_fine = !has_capital || is_part_of_given(c, q->first, q->n);
        if (!is_fine && q->n <= TITLE_LIKE_WORDS)
            checker_fail(c, LLMX_CHECK_TITLE, q->first, q->n);
        for (int i = q->first; i < q->first + q->n && q->n <= TITLE_LIKE_WORDS; i++)
            c->settled[i] = true;
    }
}
