/* check_history.c - what a text says the customer did: not with the recommended item, and with the evidence. */
#include "gate/checks.h"

#define QUALITY_WORDS 3 /* between a verb and "in": "the dark humour" */

static bool is_listed(const struct llmx_checker *c, int i)
{
    return c->mention_of[i] >= 0 || word_in(&c->words, i, "and or both either as well also");
}

/* Is the verb at word i something that the customer is said to have done? "you enjoyed", "you have watched",
 * "your love for", but not "you will enjoy". */
static bool is_deed(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    bool is_past = checker_on(c, i, LIST_DEEDS_PAST), is_habit = checker_on(c, i, LIST_DEEDS_HABIT);
    if (!is_past && !is_habit)
        return false;
    int j = i - 1;
    while (j >= 0 && checker_on(c, j, LIST_DEED_ADVERBS))
        j--;
    if (is_past && word_in(w, j, "has have") && word_in(w, j - 1, "who") &&
        word_in(w, j - 2, "someone somebody"))
        return true; /* "as someone who has seen" */
    return word_in(w, j, is_past ? "you youve" : "you");
}

/* "your history of", "your viewing of", "your love for" right before the titles. */
static bool is_known_to_customer(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "of for in with like including as"))
        return false;
    int j = i - 1;
    while (j >= 0 && j > i - 6 && !word_is(w, j, "your"))
        j--;
    if (j < 0 || !word_is(w, j, "your"))
        return false;
    for (int k = j + 1; k < i; k++)
        if (checker_on(c, k, LIST_CUSTOMER_TASTES))
            return true;
    return false;
}

/* Words between the verb and the titles: "you enjoyed films such as A". */
static bool is_filler(const struct llmx_checker *c, int i)
{
    return checker_on(c, i, LIST_DEED_FILLERS) ||
           (checker_traits(c, i) & (TRAIT_GENRE | TRAIT_GENRE_NOUN));
}

/* Does the mention end a clause that it is the object of, or is it the subject of the next one?
 * ('Since you enjoyed "Heat", "Fargo" will ...'). */
static bool is_subject(const struct llmx_checker *c, const struct mention *m)
{
    int next = m->first + m->n;
    while (next < c->words.n && c->mention_of[next] >= 0 && !is_set_apart(c, next) &&
           c->mention[c->mention_of[next]].item == m->item)
        next++; /* "Independence Day (ID4)" */
    return next < c->words.n && !sentence_breaks(c, next) &&
           checker_on(c, next, LIST_STATEMENT_VERBS);
}

/* 'Since you enjoyed "Heat", "Fargo" ...': only a comma before it, and the list does not go on after it. */
static bool begins_clause(const struct llmx_checker *c, const struct mention *m)
{
    const struct passage *w = &c->words;
    int next = m->first + m->n;
    bool after_comma =
        word_has(w, m->first, WORD_APART) && m->first > 0 && c->mention_of[m->first - 1] >= 0;
    bool goes_on = next < w->n && !word_has(w, next, WORD_BREAK) &&
                   (c->mention_of[next] >= 0 || (word_in(w, next, "and or") && next + 1 < w->n &&
                                                 c->mention_of[next + 1] >= 0));
    return after_comma && !goes_on;
}

/* Where the titles begin that the mention at word `first` belongs to: the word before the list. */
static int before_list(const struct llmx_checker *c, int first)
{
    int i = first - 1;
    while (i >= 0 && !word_has(&c->words, i + 1, WORD_BREAK) && is_listed(c, i))
        i--;
    return i;
}

/* The verb that the word at i and those before it hang on: 'enjoyed films such as', 'enjoyed the dark humour in'. */
static int verb_before(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    int nouns = word_is(w, i, "in") ? QUALITY_WORDS : 0;
    while (i >= 0 && !word_has(w, i + 1, WORD_BREAK) && !is_deed(c, i) &&
           (is_filler(c, i) || nouns-- > 0))
        i--;
    return i;
}

/* 'A and B are films that you watched' */
static bool is_called_known(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "is are were"))
        return false;
    for (i++; word_in(w, i, "a an the all both 2 3") || checker_on(c, i, LIST_ITEM_NOUNS);)
        i++;
    i += word_in(w, i, "which that");
    return word_in(w, i, "you youve") && (is_deed(c, i + 1) || is_deed(c, i + 2));
}

void check_item_as_history(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int k = 0; k < c->n_mentions; k++) {
        const struct mention *m = &c->mention[k];
        if (m->item != c->given.told.item)
            continue;
        int next = m->first + m->n, before = before_list(c, m->first),
            verb = verb_before(c, before);
        bool is_told = word_in(w, next, "which that") && word_in(w, next + 1, "you youve") &&
                       (is_deed(c, next + 2) || is_deed(c, next + 3));
        bool is_known = verb >= 0 && !word_has(w, verb + 1, WORD_BREAK) &&
                        (is_deed(c, verb) || is_known_to_customer(c, before));
        is_told = is_told || is_called_known(c, next);
        if (is_told || (is_known && !is_subject(c, m) && !begins_clause(c, m)))
            checker_fail(c, LLMX_CHECK_ITEM_AS_HISTORY, m->first, m->n);
    }
}

void check_evidence(struct llmx_checker *c)
{
    const struct llmx_given *told = &c->given.told;
    const llmx_id *wanted = told->n_evidence > 0 ? told->evidence : told->history;
    int n = told->n_evidence > 0 ? told->n_evidence : told->n_history;
    for (int i = 0; i < c->verdict->n_cited; i++)
        for (int k = 0; k < n; k++)
            if (c->verdict->cited[i].item == wanted[k])
                return;
    if (n > 0)
        checker_fail(c, LLMX_CHECK_EVIDENCE, 0, 0);
}

/* "one of your last 3 films" is none that is recommended. */
static bool is_one_of(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return word_is(w, i, "one") && word_is(w, i + 1, "of") &&
           (word_is(w, i + 2, "your") || (word_is(w, i + 2, "the") && word_is(w, i + 3, "last")));
}

void check_item(struct llmx_checker *c)
{
    if (c->item_is_quoted)
        return;
    for (int k = 0; k < c->n_mentions; k++)
        if (c->mention[k].item == c->given.told.item)
            return;
    for (int i = 0; i < c->words.n; i++)
        if (c->mention_of[i] < 0 && word_in(&c->words, i, "this it its one") && !is_one_of(c, i))
            return;
    checker_fail(c, LLMX_CHECK_ITEM, 0, 0);
}

/* "you didn't enjoy", "but not": that somebody took an item says nothing of the kind. */
void check_dislike(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int i = 0; i < w->n; i++) {
        bool is_negated = word_in(w, i, "didnt dont never") ||
                          (word_is(w, i, "not") && word_in(w, i - 1, "did do have"));
        bool is_except = word_is(w, i, "not") && word_is(w, i - 1, "but") && i + 1 < w->n &&
                         c->mention_of[i + 1] >= 0;
        if ((is_negated && checker_on(c, i + 1, LIST_NEGATED_VERBS)) || is_except ||
            (checker_on(c, i, LIST_DISLIKES) && word_in(w, i - 1, "you have youve were")))
            checker_fail(c, LLMX_CHECK_DISLIKE, i, is_except || is_negated ? 2 : 1);
    }
}
