/* check_people.c - is what a text says of other people what a fact says? And does it say that the customer liked what they
 * only took? */
#include "gate/checks.h"
#include "gate/claim_facts.h"

#define OBJECT_WORDS 4 /* between "you liked" and a title: "the second part of" */

static void fail(struct llmx_checker *c, struct span at)
{
    checker_fail(c, LLMX_CHECK_PEOPLE, at.first, at.end - at.first);
}

static bool is_any(struct span span)
{
    return span.end > span.first;
}

static struct span wrong_verb(const struct claim *claim)
{
    const bool is_result = claim->result.kind == DEED_LIKED && claim->base.kind != DEED_LIKED;
    return is_any(claim->base.verb) && !is_result ? claim->base.verb : claim->result.verb;
}

/* What is said without a number, or of a number that is right. */
static void check_claim(struct llmx_checker *c, const struct claim *claim)
{
    if (claim->topic != ABOUT_PEOPLE)
        return;
    if (claim->result.kind == DEED_NONE && !claim_has_number(claim)) {
        if (claim->base.kind == DEED_NONE && claim->share > SHARE_SOME &&
            claim->share != SHARE_NONE)
            fail(c, claim->said); /* "everyone starts with it" */
        return;
    }
    if (!claim_has_number(claim) && word_in(&c->words, claim->first - 1, "more fewer less")) {
        checker_fail(c, LLMX_CHECK_PEOPLE, claim->first - 1, claim->said.end - claim->first + 1);
        return;
    }
    const enum blame blame = claim_blame(c, claim);
    const bool is_number = claim_has_number(claim);
    const struct span base = claim->base.objects, result = claim->result.objects;
    if (blame == BLAME_DEED)
        fail(c, wrong_verb(claim));
    else if ((blame == BLAME_SHARE && claim->share != SHARE_RATIO) ||
             (blame == BLAME_ALL && !is_number))
        fail(c, claim->said);
    else if (blame == BLAME_ITEMS && !is_number)
        fail(c, is_any(base) ? base : is_any(result) ? result : claim->said);
}

/* "before it", "after watching", "their next film" */
static bool places_in_time(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_in(w, i, "next first") && word_is(w, i - 1, "their"))
        return true;
    return word_in(w, i, "before after") && i + 1 < w->n && !sentence_breaks(c, i + 1) &&
           (c->mention_of[i + 1] >= 0 || word_in(w, i + 1, "it this that") ||
            checker_phrase(c, i + 1, LIST_TAKING) > 0);
}

/* "went on to watch", "then saw": of what people did no fact knows the order. */
static void check_order(struct llmx_checker *c, const struct claim *claim)
{
    const struct passage *w = &c->words;
    if (claim->topic != ABOUT_PEOPLE)
        return;
    for (int i = claim->first; i < claim->end; i++) {
        const int n = c->mention_of[i] < 0 ? checker_phrase(c, i, LIST_ORDERS) : 0;
        const bool is_behind =
            i > 0 && !is_set_apart(c, i) &&
            (c->mention_of[i - 1] >= 0 || word_in(w, i - 1, "it this one them both"));
        if (c->mention_of[i] < 0 && places_in_time(c, i) && i + 1 < claim->end)
            checker_fail(c, LLMX_CHECK_PEOPLE, i, 1);
        if (n > 1 || (n > 0 && (is_behind || checker_phrase(c, i + n, LIST_TAKING) > 0)))
            checker_fail(c, LLMX_CHECK_PEOPLE, i, n);
    }
}

/* "people like you", "viewers with tastes like yours": no fact knows who is alike. */
static void check_likeness(struct llmx_checker *c, const struct claim *claim)
{
    const struct passage *w = &c->words;
    for (int i = claim->first; i + 1 < claim->end; i++)
        if (word_is(w, i, "like") && word_in(w, i + 1, "you yours") && !is_set_apart(c, i))
            checker_fail(c, LLMX_CHECK_PEOPLE, i, 2);
}

static bool is_supposed(const struct llmx_checker *c, int you)
{
    const struct passage *w = &c->words;
    for (int i = you - 1; i >= 0 && i > you - 4 && !sentence_breaks(c, i + 1); i--)
        if (word_in(w, i, "if when whether should unless"))
            return true;
    return false;
}

/* Is what follows a verb an item that the customer took? */
static bool is_of_history(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    for (int k = i; k < w->n && k < i + OBJECT_WORDS; k++) {
        if (sentence_breaks(c, k) || (k > i && is_set_apart(c, k)))
            return false;
        if (c->mention_of[k] >= 0)
            return c->mention[c->mention_of[k]].item != c->given.told.item;
        if (k == i && (word_in(w, k, "both them it those these 2 3") ||
                       (word_is(w, k, "the") && word_in(w, k + 1, "first last other 2 3"))))
            return true;
    }
    return false;
}

/* 'You loved "Heat"': they took it; whether they liked it no fact says. */
static void check_liking(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    for (int i = 0; i + 1 < w->n; i++) {
        if (!word_in(w, i, "you youve") || c->mention_of[i] >= 0)
            continue;
        int verb = i + 1;
        while (checker_on(c, verb, LIST_DEED_ADVERBS))
            verb++;
        const int n = checker_phrase(c, verb, LIST_LIKING);
        const bool is_told = i > 1 && word_in(w, i - 1, "which that") && c->mention_of[i - 2] >= 0;
        if (n > 0 && !sentence_breaks(c, verb) && !is_supposed(c, i) &&
            (is_told || is_of_history(c, verb + n)))
            checker_fail(c, LLMX_CHECK_PEOPLE, verb, n);
    }
}

/* "a favourite of many": only a fact of reach says so. */
static void check_favourite(struct llmx_checker *c)
{
    const struct passage *w = &c->words;
    const struct llmx_given *told = &c->given.told;
    bool is_known = false;
    for (int i = 0; i < told->n_facts; i++)
        is_known = is_known || (told->facts[i].kind == LLMX_FACT_REACH &&
                                4L * told->facts[i].m >= told->facts[i].n);
    for (int i = 0; i + 2 < w->n && !is_known; i++)
        if (word_in(w, i, "favourite favorite favourites favorites hit") &&
            word_in(w, i + 1, "of with among for") &&
            (word_in(w, i + 2, "many most") || checker_on(c, i + 2, LIST_PEOPLE)))
            checker_fail(c, LLMX_CHECK_PEOPLE, i, 3);
}

/* "people near you", "your friends" */
static void check_strangers(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n; i++) {
        const int n = c->mention_of[i] < 0 ? checker_phrase(c, i, LIST_STRANGERS) : 0;
        if (n > 0)
            checker_fail(c, LLMX_CHECK_PEOPLE, i, n);
    }
}

void check_people(struct llmx_checker *c, const struct claims *claims)
{
    if (!claims_are_known(c))
        return;
    for (int k = 0; k < claims->n; k++) {
        check_claim(c, &claims->claim[k]);
        check_order(c, &claims->claim[k]);
        if (claims->claim[k].topic == ABOUT_PEOPLE)
            check_likeness(c, &claims->claim[k]);
    }
    check_liking(c);
    check_favourite(c);
    check_strangers(c);
}
