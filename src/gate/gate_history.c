/* gate_history.c - what a text says the customer did: not with the recommended item, and with the evidence. */
#include "gate/gate_parts.h"

#define QUALITY_WORDS 3 /* between a verb and "in": "the dark humour" */

static bool is_listed(const struct gate *gate, int i)
{
    return gate->mention_of[i] >= 0 || word_in(&gate->words, i, "and or both either as well also");
}

/* Is the verb at word i something that the customer is said to have done? "you enjoyed", "you have watched",
 * "your love for", but not "you will enjoy". */
static bool is_deed(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    static const char past[] =
        "enjoyed watched liked loved saw seen viewed rated played read appreciated adored "
        "finished experienced bought";
    static const char habit[] = "enjoy like love watch appreciate adore";
    static const char skipped[] =
        "have ve had already previously recently also really clearly particularly "
        "especially thoroughly once just";
    bool is_past = word_in(w, i, past), is_habit = word_in(w, i, habit);
    if (!is_past && !is_habit)
        return false;
    int j = i - 1;
    while (j >= 0 && word_in(w, j, skipped))
        j--;
    return word_in(w, j, is_past ? "you youve" : "you");
}

/* "your history of", "your viewing of", "your love for" right before the titles. */
static bool is_known_to_customer(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    if (!word_in(w, i, "of for in with like including as"))
        return false;
    int j = i - 1;
    while (j >= 0 && j > i - 6 && !word_is(w, j, "your"))
        j--;
    if (j < 0 || !word_is(w, j, "your"))
        return false;
    for (int k = j + 1; k < i; k++)
        if (word_in(w, k,
                    "history viewing viewings love enjoyment appreciation interest fondness "
                    "favorites favourites"))
            return true;
    return false;
}

/* Words between the verb and the titles: "you enjoyed films such as A". */
static bool is_filler(const struct gate *gate, int i)
{
    return word_in(&gate->words, i,
                   "such as like including in films movies film movie the other titles games "
                   "classic") ||
           (gate_traits(gate, i) & (TRAIT_GENRE | TRAIT_GENRE_NOUN));
}

/* Does the mention end a clause that it is the object of, or is it the subject of the next one?
 * ('Since you enjoyed "Heat", "Fargo" will ...'). */
static bool is_subject(const struct gate *gate, const struct mention *m)
{
    static const char verbs[] =
        "is will would should could might may can has offers provides features delivers combines "
        "brings "
        "shares promises blends fits presents gives also seems looks makes was stands";
    int next = m->first + m->n;
    return next < gate->words.n && !word_has(&gate->words, next, WORD_BREAK) &&
           word_in(&gate->words, next, verbs);
}

/* 'Since you enjoyed "Heat", "Fargo" ...': only a comma before it, and the list does not go on after it. */
static bool begins_clause(const struct gate *gate, const struct mention *m)
{
    const struct words *w = &gate->words;
    int next = m->first + m->n;
    bool after_comma =
        word_has(w, m->first, WORD_APART) && m->first > 0 && gate->mention_of[m->first - 1] >= 0;
    bool goes_on = next < w->n && !word_has(w, next, WORD_BREAK) &&
                   (gate->mention_of[next] >= 0 || (word_in(w, next, "and or") && next + 1 < w->n &&
                                                    gate->mention_of[next + 1] >= 0));
    return after_comma && !goes_on;
}

/* Where the titles begin that the mention at word `first` belongs to: the word before the list. */
static int before_list(const struct gate *gate, int first)
{
    int i = first - 1;
    while (i >= 0 && !word_has(&gate->words, i + 1, WORD_BREAK) && is_listed(gate, i))
        i--;
    return i;
}

/* The verb that the word at i and those before it hang on: 'enjoyed films such as', 'enjoyed the dark humour in'. */
static int verb_before(const struct gate *gate, int i)
{
    const struct words *w = &gate->words;
    int nouns = word_is(w, i, "in") ? QUALITY_WORDS : 0;
    while (i >= 0 && !word_has(w, i + 1, WORD_BREAK) && !is_deed(gate, i) &&
           (is_filler(gate, i) || nouns-- > 0))
        i--;
    return i;
}

void gate_check_item_as_history(struct gate *gate)
{
    const struct words *w = &gate->words;
    for (int k = 0; k < gate->n_mentions; k++) {
        const struct mention *m = &gate->mention[k];
        if (m->item != gate->facts.item)
            continue;
        int next = m->first + m->n, before = before_list(gate, m->first),
            verb = verb_before(gate, before);
        bool is_told = word_in(w, next, "which that") && word_in(w, next + 1, "you youve") &&
                       (is_deed(gate, next + 2) || is_deed(gate, next + 3));
        bool is_known = verb >= 0 && !word_has(w, verb + 1, WORD_BREAK) &&
                        (is_deed(gate, verb) || is_known_to_customer(gate, before));
        if (is_told || (is_known && !is_subject(gate, m) && !begins_clause(gate, m)))
            gate_fail(gate, CHECK_ITEM_AS_HISTORY, m->first, m->n);
    }
}

void gate_check_evidence(struct gate *gate)
{
    const struct facts *f = &gate->facts;
    const llmx_id *wanted = f->n_evidence > 0 ? gate->evidence : gate->history;
    int n = f->n_evidence > 0 ? f->n_evidence : f->n_history;
    for (int i = 0; i < gate->verdict->n_cites; i++)
        for (int k = 0; k < n; k++)
            if (gate->verdict->cites[i] == wanted[k])
                return;
    if (n > 0)
        gate_fail(gate, CHECK_EVIDENCE, 0, 0);
}

void gate_check_item(struct gate *gate)
{
    if (gate->item_is_quoted)
        return;
    for (int k = 0; k < gate->n_mentions; k++)
        if (gate->mention[k].item == gate->facts.item)
            return;
    for (int i = 0; i < gate->words.n; i++)
        if (gate->mention_of[i] < 0 && word_in(&gate->words, i, "this it its one"))
            return;
    gate_fail(gate, CHECK_ITEM, 0, 0);
}

/* "you didn't enjoy", "but not": that somebody took an item says nothing of the kind. */
void gate_check_dislike(struct gate *gate)
{
    static const char verbs[] = "enjoy like love watch appreciate";
    static const char dislikes[] = "disliked hated dislike hate";
    const struct words *w = &gate->words;
    for (int i = 0; i < w->n; i++) {
        bool is_negated = word_in(w, i, "didnt dont never") ||
                          (word_is(w, i, "not") && word_in(w, i - 1, "did do have"));
        bool is_except = word_is(w, i, "not") && word_is(w, i - 1, "but") && i + 1 < w->n &&
                         gate->mention_of[i + 1] >= 0;
        if ((is_negated && word_in(w, i + 1, verbs)) || is_except ||
            (word_in(w, i, dislikes) && word_in(w, i - 1, "you have youve")))
            gate_fail(gate, CHECK_DISLIKE, i, is_except || is_negated ? 2 : 1);
    }
}
