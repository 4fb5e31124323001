/* check_recency.c - strict: "the last film you watched", "one of your last three", said of the very item that a fact says it of. */
#include "gate/checks.h"
#include "gate/claim_facts.h"

#define RECENT_MAX 3

/* "the last film you watched". */
struct phrase {
    int first, end, last; /* words; `last`: the word "last" */
    int n;                /* of how many */
    bool is_one_of;
};

static void fail(struct llmx_checker *c, int first, int end)
{
    checker_fail(c, LLMX_CHECK_NUMBER, first, end - first);
}

static llmx_id item_at(const struct llmx_checker *c, int i)
{
    return i >= 0 && i < c->words.n && c->mention_of[i] >= 0 ? c->mention[c->mention_of[i]].item
                                                             : -1;
}

static int skip_taking(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "you youve"))
        return i;
    int verb = i + 1;
    while (word_in(w, verb, "have also"))
        verb++;
    const int n = checker_phrase(c, verb, LIST_TAKING);
    return n > 0 ? verb + n : i;
}

static bool phrase_at(const struct llmx_checker *c, int i, struct phrase *phrase)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "last latest") || !word_in(w, i - 1, "the your"))
        return false;
    const struct number number = number_at(c, i + 1);
    int end = number.value >= 0 ? number.at.end : i + 1 + word_is(w, i + 1, "few");
    end += checker_on(c, end, LIST_ITEM_NOUNS) || word_is(w, end, "one");
    int first = i - 1;
    const bool is_of = word_in(w, first - 1, "of among in");
    if (is_of)
        first -= 1 + (word_in(w, first - 2, "one 1") && word_is(w, first - 1, "of"));
    *phrase =
        (struct phrase){first, skip_taking(c, end), i, number.value >= 0 ? number.value : 1, is_of};
    if (word_is(w, i + 1, "few"))
        phrase->n = RECENT_MAX;
    return phrase->n <= RECENT_MAX || (word_is(w, i - 1, "the") && !is_of);
}

/* What it is said of; -1: in doubt. */
static llmx_id holder(const struct llmx_checker *c, const struct phrase *phrase)
{
    const struct passage *w = &c->words;
    int before = phrase->first - 1;
    if (word_in(w, before, "is was"))
        before -= 1 + word_is(w, before - 1, "which");
    else if (before >= 0 && !is_set_apart(c, phrase->first) && !sentence_breaks(c, phrase->first))
        before = -1;
    if (item_at(c, before) >= 0 && !sentence_breaks(c, phrase->first))
        return item_at(c, before);
    int after = phrase->end;
    if (word_in(w, after, "is was"))
        after++;
    else if (after >= w->n || !is_set_apart(c, after))
        after = -1;
    return item_at(c, after);
}

static bool is_any_recent(const struct llmx_given *told, int n)
{
    for (int k = 0; k < told->n_facts; k++)
        if (told->facts[k].kind == LLMX_FACT_RECENT && told->facts[k].n <= n)
            return true;
    return false;
}

/* "the last player", "3 of the last 3 people": last is only what the customer took. */
static bool is_sense(const struct llmx_checker *c, int i)
{
    const struct number number = number_at(c, i + 1);
    const int noun = number.value >= 0 ? number.at.end : i + 1;
    return !checker_on(c, noun, LIST_PEOPLE) || checker_on(c, noun, LIST_ITEM_NOUNS);
}

/* "the first film you watched", "the second last film", "the next game": no fact knows the order. */
static void check_order(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_order = word_in(w, i, "first second third next previous latest");
    const bool is_noun = checker_on(c, i + 1, LIST_ITEM_NOUNS) && word_in(w, i + 2, "you youve");
    if (is_order && (is_noun || word_in(w, i + 1, "last")))
        fail(c, i, i + 2);
    else if (word_in(w, i, "first second third") && word_is(w, i - 1, "the") &&
             (i + 1 >= w->n || sentence_breaks(c, i + 1) || is_set_apart(c, i + 1)) &&
             (is_set_apart(c, i - 1) || word_in(w, i - 2, "is was")))
        fail(c, i - 1, i + 1);
}

/* "which you played last". */
static void check_behind(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (i < 2 || !word_is(w, i, "last") || checker_phrase(c, i - 1, LIST_TAKING) == 0 ||
        !word_in(w, i - 2, "you"))
        return;
    if (!word_is(w, i - 3, "which") || recent_of(&c->given.told, item_at(c, i - 4)) > 1)
        fail(c, i, i + 1);
}

/* '"A", the last film you watched, is a drama' */
static void check_predicate(struct llmx_checker *c, const struct phrase *p, llmx_id item)
{
    const struct passage *w = &c->words;
    if (item_at(c, p->first - 1) < 0 || !word_is(w, p->end, "is") || p->end + 2 >= w->n)
        return;
    const int at = p->end + 1 + word_in(w, p->end + 1, "a an");
    const struct values values =
        word_is(w, at, "one") ? values_before(c, 0, p->first) : values_at(c, at);
    if (values.n > 0 && !item_is_of_all(c, item, &values))
        checker_fail(c, LLMX_CHECK_RELATION, at, 1);
}

static void check_phrase(struct llmx_checker *c, const struct phrase *p)
{
    const struct passage *w = &c->words;
    const llmx_id item = holder(c, p);
    const bool is_like = word_is(w, p->first - 1, "like") && item < 0;
    if (is_like && is_any_recent(&c->given.told, p->n))
        return;
    if (item < 0 || recent_of(&c->given.told, item) > p->n || (p->n > 1 && !p->is_one_of))
        fail(c, p->first, p->end);
    else
        check_predicate(c, p, item);
}

void check_recency(struct llmx_checker *c)
{
    struct phrase phrase;
    for (int i = 0; c->given.told.is_strict && i < c->words.n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        check_order(c, i);
        check_behind(c, i);
        if (word_is(&c->words, i, "last") && !is_sense(c, i))
            fail(c, i, i + 2 < c->words.n ? i + 2 : i + 1);
        else if (phrase_at(c, i, &phrase))
            check_phrase(c, &phrase);
    }
}
