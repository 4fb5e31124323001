/* claim_facts.c - holding what is said of people to the facts of company, liking and reach. */
#include "gate/claim_facts.h"

#include <limits.h>

#include <stdlib.h>

#define NEARLY_PERCENT 85 /* from here on it is "nearly all" */
#define FEW_PERCENT    10
#define KNOWN_PERCENT  25 /* of all people: many know it */
#define HALF_PERCENT   5  /* so far from 50 it is still "about half" */
#define RATIO_PERCENT  10 /* so far from the fact it is still "one in five" */

/* A tenth off is still "one in five". */
bool ratio_holds(const struct ratio *ratio, int m, int n)
{
    const long said = 1000000L * ratio->of / ratio->in, is = n > 0 ? 1000000L * m / n : 0;
    const long off = ratio->side == RATIO_ABOUT ? RATIO_PERCENT : 2 * RATIO_PERCENT;
    return labs(said - is) * 100 <= is * off && (ratio->side != RATIO_OVER || is > said) &&
           (ratio->side != RATIO_UNDER || is < said);
}

bool share_holds(enum share share, int m, int n)
{
    const long percent = n > 0 ? 100L * m / n : 0;
    switch (share) {
    case SHARE_FEW:
        return percent <= FEW_PERCENT;
    case SHARE_UNDER:
        return 2L * m < n;
    case SHARE_HALF:
        return labs(percent - 50) <= HALF_PERCENT;
    case SHARE_MANY:
    case SHARE_MOST:
        return 2L * m > n;
    case SHARE_NEARLY:
        return 100L * m >= (long)NEARLY_PERCENT * n;
    case SHARE_ALL:
        return m == n;
    case SHARE_NONE:
        return m == 0;
    default:
        return true;
    }
}

/* What a fact may be held to, and what of the claim is left out. */
struct trial {
    const struct llmx_checker *c;
    const struct claim *claim;
    enum blame but;
};

/* Does the claim count those of whom it is not true: "have not watched", "all but 15"? */
static bool is_of_rest(const struct claim *claim)
{
    return claim->result.is_negated != claim->is_rest;
}

static bool number_is(const struct trial *t, enum blame which, int value)
{
    const int said = which == BLAME_PART ? t->claim->part.value : t->claim->whole.value;
    return said < 0 || said == value || t->but == which;
}

/* m of n, as the claim says it. */
static bool counts_hold(const struct trial *t, int m, int n, bool is_of_all)
{
    const struct claim *claim = t->claim;
    if (is_of_rest(claim))
        m = n - m;
    const bool is_share =
        t->but == BLAME_SHARE ||
        (claim->share == SHARE_RATIO ? ratio_holds(&claim->ratio, m, n)
                                     : share_holds(claim->share, m, n)) ||
        (is_of_all && claim->share == SHARE_MANY && 100L * m >= (long)KNOWN_PERCENT * n);
    return is_share && number_is(t, BLAME_PART, m) && number_is(t, BLAME_WHOLE, n);
}

/* So many people, with no part of them spoken of. */
static bool count_holds(const struct trial *t, int n)
{
    const struct claim *claim = t->claim;
    const bool is_one = claim->part.value < 0 || claim->whole.value < 0;
    const bool is_share = claim->share <= SHARE_SOME || t->but == BLAME_SHARE;
    return is_one && is_share && !is_of_rest(claim) && number_is(t, BLAME_PART, n) &&
           number_is(t, BLAME_WHOLE, n);
}

static bool has_item(const llmx_id *items, int n, llmx_id item)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

/* Has the text named the fact's items before word `end`, or nothing yet? */
static bool is_spoken_of(const struct trial *t, const struct llmx_fact *fact, int end)
{
    bool is_any = false;
    for (int k = 0; k < t->c->n_mentions && t->c->mention[k].first < end; k++)
        is_any = is_any || t->c->mention[k].item != t->c->given.told.item;
    for (int i = 0; i < fact->n_items && is_any; i++)
        if (!is_named_in(t->c, fact->items[i], 0, end))
            return false;
    return true;
}

/* The last two items that the text names before word `end`; how many there are. */
static int last_two(const struct llmx_checker *c, int end, bool with_target, llmx_id items[2])
{
    int n = 0;
    for (int k = c->n_mentions - 1; k >= 0 && n < 2; k--) {
        const struct mention *m = &c->mention[k];
        if (m->first < end && m->item >= 0 && (with_target || m->item != c->given.told.item) &&
            !(n == 1 && items[0] == m->item))
            items[n++] = m->item;
    }
    return n;
}

/* Does "both" stand for the fact's two items? Those named last, where two are. */
static bool is_named_pair(const struct trial *t, int end, const struct llmx_fact *fact)
{
    llmx_id named[2];
    return last_two(t->c, end, false, named) < 2 ||
           (has_item(fact->items, 2, named[0]) && has_item(fact->items, 2, named[1]));
}

static bool objects_are(const struct trial *t, const struct deed *deed,
                        const struct llmx_fact *fact)
{
    if (t->but == BLAME_ITEMS)
        return true;
    if (deed->is_either)
        return false;
    if (deed->pronoun == PRONOUN_PAIR && deed->n_items == 0)
        return fact->n_items == 2 && is_named_pair(t, deed->objects.first, fact);
    const int end = deed->objects.end > deed->objects.first ? deed->objects.end : t->claim->end;
    if (deed->n_items == 0)
        return (deed->pronoun == PRONOUN_NONE || fact->n_items == 1) && is_spoken_of(t, fact, end);
    if (deed->n_items == 1 && deed->pronoun == PRONOUN_ONE && fact->n_items == 2) /* "it and A" */
        return has_item(fact->items, 2, deed->items[0]) && is_spoken_of(t, fact, end);
    for (int i = 0; i < deed->n_items; i++)
        if (!has_item(fact->items, fact->n_items, deed->items[i]))
            return false;
    for (int i = 0; i < fact->n_items; i++)
        if (!has_item(deed->items, deed->n_items, fact->items[i]))
            return false;
    return true;
}

/* Are the objects the fact's items and the recommended one? "both" may be. */
static bool are_all(const struct trial *t, const struct deed *deed, const struct llmx_fact *fact)
{
    llmx_id named[2];
    if (deed->has_target)
        return deed->n_items == fact->n_items && objects_are(t, deed, fact);
    return deed->pronoun == PRONOUN_PAIR && deed->n_items == 0 && fact->n_items == 1 &&
           last_two(t->c, deed->objects.first, true, named) == 2 &&
           has_item(named, 2, fact->items[0]) && has_item(named, 2, t->c->given.told.item);
}

static bool did(const struct trial *t, const struct deed *deed, enum deed_kind kind)
{
    if (deed->is_negated && deed == &t->claim->base)
        return false;
    return deed->kind == kind || (deed->kind == DEED_SAME && kind == DEED_TOOK) ||
           (t->but == BLAME_DEED && deed->kind != DEED_NONE);
}

static bool is_target_alone(const struct deed *deed)
{
    return deed->n_items == 0 && deed->pronoun != PRONOUN_PAIR;
}

/* How many took the recommended item at all, where a fact of reach says so; -1. */
static int reach_of(const struct llmx_given *told)
{
    for (int i = 0; i < told->n_facts; i++)
        if (told->facts[i].kind == LLMX_FACT_REACH)
            return told->facts[i].m;
    return -1;
}

/* "Nearly all of those who watched this also watched A": company the other way about. */
static bool is_turned(const struct trial *t, const struct llmx_fact *fact)
{
    const struct claim *claim = t->claim;
    const int reach = reach_of(&t->c->given.told);
    return reach >= 0 && fact->kind == LLMX_FACT_COMPANY && claim->base.has_target &&
           claim->base.n_items == 0 && did(t, &claim->base, DEED_TOOK) &&
           did(t, &claim->result, DEED_TOOK) && claim->result.n_items > 0 &&
           objects_are(t, &claim->result, fact) && counts_hold(t, fact->m, reach, false);
}

/* 'who liked A and watched this one liked both' */
static bool likes_both(const struct claim *claim)
{
    return claim->base.kind == DEED_LIKED && claim->base.has_target &&
           claim->result.kind == DEED_LIKED && claim->result.n_items == 0;
}

static bool says_joint(const struct trial *t, const struct llmx_fact *fact, enum deed_kind kind)
{
    const struct claim *claim = t->claim;
    const bool is_base = claim->base.kind != DEED_NONE, is_result = claim->result.kind != DEED_NONE;
    if (!is_base && !is_result) /* "254 of 283 people" */
        return counts_hold(t, fact->m, fact->n, false);
    if (is_turned(t, fact))
        return true;
    if (is_base && is_result)
        return did(t, &claim->base, kind) && did(t, &claim->result, kind) &&
               (kind == DEED_LIKED || !claim->base.has_target) &&
               (is_target_alone(&claim->result) || t->but == BLAME_ITEMS || likes_both(claim)) &&
               objects_are(t, &claim->base, fact) && counts_hold(t, fact->m, fact->n, false);
    const struct deed *deed = is_base ? &claim->base : &claim->result;
    if (claim->whole.value < 0 && did(t, deed, kind) &&
        are_all(t, deed, fact)) /* "47 people watched both" */
        return count_holds(t, fact->m);
    const bool is_theirs = kind == DEED_LIKED ? is_base : !deed->has_target;
    return is_theirs && did(t, deed, kind) && objects_are(t, deed, fact) &&
           (is_base || deed->n_items > 0 || deed->pronoun == PRONOUN_PAIR) &&
           (is_base && claim->part.value >= 0 && claim->whole.value >= 0
                ? counts_hold(t, fact->m, fact->n, false)
                : count_holds(t, fact->n));
}

static bool says_reach(const struct trial *t, const struct llmx_fact *fact)
{
    const struct claim *claim = t->claim;
    return claim->base.kind == DEED_NONE &&
           (claim->result.kind == DEED_NONE || did(t, &claim->result, DEED_TOOK)) &&
           (is_target_alone(&claim->result) || t->but == BLAME_ITEMS) &&
           counts_hold(t, fact->m, fact->n, true);
}

static bool follows(const struct trial *t)
{
    const struct llmx_given *told = &t->c->given.told;
    for (int i = 0; i < told->n_facts; i++) {
        const struct llmx_fact *fact = &told->facts[i];
        if ((fact->kind == LLMX_FACT_COMPANY && says_joint(t, fact, DEED_TOOK)) ||
            (fact->kind == LLMX_FACT_LIKED && says_joint(t, fact, DEED_LIKED)) ||
            (fact->kind == LLMX_FACT_REACH && says_reach(t, fact)))
            return true;
    }
    return false;
}

enum blame claim_blame(const struct llmx_checker *c, const struct claim *claim)
{
    static const enum blame order[2][6] = {
        {BLAME_NOTHING, BLAME_SHARE, BLAME_DEED, BLAME_ITEMS, BLAME_ALL, BLAME_ALL},
        {BLAME_NOTHING, BLAME_DEED, BLAME_ITEMS, BLAME_SHARE, BLAME_WHOLE, BLAME_PART}};
    const enum blame *tried = order[claim_has_number(claim)];
    for (int k = 0; k < 6 && tried[k] != BLAME_ALL; k++)
        if (follows(&(struct trial){c, claim, tried[k]}))
            return tried[k];
    return BLAME_ALL;
}

int recent_of(const struct llmx_given *told, llmx_id item)
{
    for (int k = 0; k < told->n_facts; k++)
        if (told->facts[k].kind == LLMX_FACT_RECENT && told->facts[k].items[0] == item)
            return told->facts[k].n;
    return INT_MAX;
}
