/* subjects.c - which of the given items a genre or a year is said of: '"Fargo" is a gripping comedy', 'crime in "Heat"
 * and "Casino"', '"Heat" and "Casino", both from 1995'. Where the words leave it open, of none. */
#include "gate/subjects.h"

#define BRIDGE_MAX 12 /* words between an item and what is said of it */
#define FORWARD_MAX                                                                                \
    5 /* and between a genre that leads a sentence and the item: "came to you with" */

static int add_subject(const struct llmx_checker *c, int word, llmx_id *subjects, int n)
{
    const llmx_id item = c->mention[c->mention_of[word]].item;
    if (n < SUBJECTS_MAX && item >= 0)
        subjects[n++] = item;
    return n;
}

/* The items of the list that ends at a mention's word: '"Heat", "Fargo" and "Casino"'. */
static int list_before(const struct llmx_checker *c, int i, llmx_id *subjects)
{
    const struct passage *w = &c->words;
    int n = 0;
    while (i >= 0 && c->mention_of[i] >= 0) {
        n = add_subject(c, i, subjects, n);
        const int first = c->mention[c->mention_of[i]].first;
        bool is_joined = word_has(w, first, WORD_APART);
        for (i = first - 1; i >= 0 && word_in(w, i, "and in"); i--)
            is_joined = true;
        if (!is_joined || i < 0 || word_has(w, i + 1, WORD_BREAK))
            break;
    }
    return n;
}

/* The items of the list that begins at a mention's word; not 'in "Heat" and "Casino" is ...'. */
static int list_after(const struct llmx_checker *c, int i, llmx_id *subjects)
{
    const struct passage *w = &c->words;
    int n = 0;
    while (i < w->n && c->mention_of[i] >= 0) {
        const struct mention *m = &c->mention[c->mention_of[i]];
        const int next = m->first + m->n;
        if (n > 0 && word_in(w, next, "is was are were has have"))
            break;
        n = add_subject(c, i, subjects, n);
        if (next >= w->n || word_has(w, next, WORD_BREAK) || word_has(w, next, WORD_APART) ||
            !word_is(w, next, "and"))
            break;
        i = next + 1 + word_in(w, next + 1, "in with from");
    }
    return n;
}

/* May stand between an item and what is said of it. */
static bool is_bridge(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    int genre;
    bool is_adjective, is_decade;
    if (word_is(w, i, "and"))
        return checker_genre_at(c, i + 1, &genre, &is_adjective) > 0;
    if (word_is(w, i, "year"))
        return word_in(w, i - 1, "that same");
    if (i > 0 && checker_genre_at(c, i - 1, &genre, &is_adjective) > 1)
        return true; /* "science fiction" */
    return checker_on(c, i, LIST_BRIDGES) || checker_year_at(c, i, &is_decade) > 0 ||
           checker_genre_at(c, i, &genre, &is_adjective) > 0;
}

/* Does what is said end here, so that it can be an apposition? 'After "Heat", a comedy may do' says nothing of "Heat". */
static bool ends_apposition(const struct llmx_checker *c, int end)
{
    const struct passage *w = &c->words;
    return end >= w->n || word_has(w, end, WORD_BREAK) || word_has(w, end, WORD_APART) ||
           word_in(w, end, "and with of from too");
}

/* Do the words between an item and what is said of it, from .. first - 1, say it of the item? */
static bool is_attached(const struct llmx_checker *c, int from, int first, int end, bool is_told)
{
    const struct passage *w = &c->words;
    bool is_decade;
    const bool is_year = checker_year_at(c, first, &is_decade) > 0;
    if (is_year && from < first && !word_in(w, first - 1, "of from in is was year the"))
        return false;
    if (!is_year && word_has(w, from, WORD_APART) && checker_year_at(c, from, &is_decade) > 0)
        from++; /* "Heat" (1995), crime */
    if (from < first && !word_has(w, from, WORD_APART))
        return is_told || word_in(w, from, is_year ? "of from in" : "with");
    if (from == first) /* "Heat" (1995), "Heat", crime and drama */
        return is_year ? !is_decade : word_has(w, from, WORD_APART) && ends_apposition(c, end);
    return word_in(w, from, "both all each of from is was") ||
           (word_in(w, from, "a an the 2 3 4") && !is_year && ends_apposition(c, end));
}

/* Adds the items that the rest of the sentence from word i hangs on the same preposition: '... and with "Fargo"'. */
static int list_on(const struct llmx_checker *c, int i, int lead, llmx_id *subjects, int n)
{
    const struct passage *w = &c->words;
    for (; i + 2 < w->n && !word_has(w, i, WORD_BREAK); i++)
        if (word_is(w, i, "and") && word_is(w, i + 1, word_text(w, lead)) &&
            c->mention_of[i + 2] >= 0 && !word_has(w, i + 1, WORD_BREAK))
            n = add_subject(c, i + 2, subjects, n);
    return n;
}

/* The items that follow: 'crime in "Heat"', 'drama came to you with "Casino" and with "Fargo"'. */
static int subjects_after(const struct llmx_checker *c, int first, int end, llmx_id *subjects)
{
    const struct passage *w = &c->words;
    int genre, i = end;
    bool is_adjective;
    if (word_in(w, first - 1, "no without little less any"))
        return 0;
    for (; i + 1 < w->n && i <= end + FORWARD_MAX; i++) {
        if (word_has(w, i, WORD_BREAK) || word_has(w, i, WORD_APART) || c->mention_of[i] >= 0 ||
            checker_genre_at(c, i, &genre, &is_adjective) > 0)
            return 0;
        if (c->mention_of[i + 1] >= 0)
            break;
    }
    if (i + 1 >= w->n || i > end + FORWARD_MAX || word_has(w, i + 1, WORD_APART))
        return 0;
    if (i == end && word_in(w, i, "in of from"))
        return list_after(c, i + 1, subjects);
    const int lead = first - word_is(w, first - 1, "the"); /* "The romance came with ..." */
    if (!word_has(w, lead, WORD_INITIAL) || !word_in(w, i, "in of from with through"))
        return 0;
    const int n = list_after(c, i + 1, subjects);
    return n > 1 ? n : list_on(c, i + 1, i, subjects, n);
}

int subjects_find(const struct llmx_checker *c, int first, int end,
                  llmx_id subjects[static SUBJECTS_MAX])
{
    const struct passage *w = &c->words;
    bool is_several = false, is_told = false;
    const int n_after = subjects_after(c, first, end, subjects);
    if (n_after > 0 || (word_in(w, end, "with in of from") && end + 1 < w->n &&
                        c->mention_of[end + 1] >= 0)) /* the last word may go with what follows */
        return n_after;
    int i = first - 1;
    for (; i >= 0 && c->mention_of[i] < 0; i--) {
        if (word_has(w, i + 1, WORD_BREAK) || i < first - BRIDGE_MAX)
            return 0;
        if (word_is(w, i, "it") && is_told) {
            subjects[0] = c->given.told.item;
            return 1;
        }
        if (!is_bridge(c, i))
            return 0;
        is_several = is_several || word_in(w, i, "both all each are were 2 3 4");
        is_told = is_told || word_in(w, i, "is was are were has have both all each");
    }
    if (i < 0 || word_has(w, i + 1, WORD_BREAK) || !is_attached(c, i + 1, first, end, is_told))
        return 0;
    const int n = list_before(c, i, subjects);
    return n > 1 && !is_several ? 1 : n;
}

/* The given item that words before a run say something of: '"Fargo" is a gripping comedy'; -1: none. */
static llmx_id described(const struct llmx_checker *c, int first)
{
    const struct passage *w = &c->words;
    int i = first - 1;
    for (int skipped = 0; i >= 0 && skipped < 3 && !word_has(w, i + 1, WORD_BREAK); skipped++, i--)
        if (word_in(w, i, "a an the"))
            break;
    if (i < 1 || !word_in(w, i, "a an the") || word_has(w, i, WORD_BREAK) ||
        word_has(w, i + 1, WORD_BREAK))
        return -1;
    i--;
    if (word_in(w, i, "is was") && !word_has(w, i, WORD_APART))
        i--;
    else if (!word_has(w, i + 1, WORD_APART))
        return -1;
    return i >= 0 && c->mention_of[i] >= 0 ? c->mention[c->mention_of[i]].item : -1;
}

/* The item that "it" stands for in front of a run: 'like "Heat", it is a film that blends crime and drama' speaks
 * of what is recommended; -1: the run says nothing of it. */
static llmx_id pronoun_subject(const struct llmx_checker *c, int first)
{
    const struct passage *w = &c->words;
    for (int i = first - 1; i >= 0 && !word_has(w, i + 1, WORD_BREAK); i--) {
        if (c->mention_of[i] >= 0 || checker_on(c, i, LIST_PRONOUN_BARS))
            return -1;
        bool is_short = word_in(w, i, "its") && word_in(w, i + 1, "a an the");
        if (is_short || (word_in(w, i, "it this") && checker_on(c, i + 1, LIST_PRONOUN_VERBS)))
            return c->given.told.item;
    }
    return -1;
}

int subjects_of_genre(const struct llmx_checker *c, int first, int end,
                      llmx_id subjects[static SUBJECTS_MAX])
{
    const int n = subjects_find(c, first, end, subjects);
    if (n > 0)
        return n;
    subjects[0] = described(c, first);
    if (subjects[0] < 0)
        subjects[0] = pronoun_subject(c, first);
    return subjects[0] >= 0;
}
