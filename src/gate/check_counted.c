/* check_counted.c - strict: of whom so many people are counted. What "both", "it", "the first" stand for must be just the items
 * of the fact, and "it" that so many took must be the recommended item. */
#include "gate/checks.h"
#include "gate/claim_facts.h"
#include "gate/pointers.h"

static void fail(struct llmx_checker *c, int first, int end)
{
    checker_fail(c, LLMX_CHECK_NUMBER, first, end > first ? end - first : 1);
}

/* Puts what the objects of a deed stand for in its items; false where one of them is in doubt. */
static bool resolve(const struct llmx_checker *c, struct deed *deed)
{
    struct items all = {.n = 0}, items;
    for (int i = deed->objects.first; i < deed->objects.end;) {
        const int n = pointer_at(c, i, &items);
        if (n > 0 && items.n == 0)
            return false;
        for (int k = 0; n > 0 && k < items.n; k++)
            items_add(&all, items.item[k]);
        if (c->mention_of[i] >= 0)
            items_add(&all, c->mention[c->mention_of[i]].item);
        i += n > 0 ? n : 1;
    }
    deed->n_items = 0;
    deed->pronoun = PRONOUN_NONE;
    for (int k = 0; k < all.n && deed->n_items < CLAIM_ITEMS_MAX; k++)
        if (all.item[k] != c->given.told.item)
            deed->items[deed->n_items++] = all.item[k];
    return true;
}

/* 'Of the 59 people who liked "A" and watched this one': the first that is named, or pointed to, is of the history. */
static bool begins_with_target(const struct llmx_checker *c, const struct deed *base)
{
    const int i = base->objects.first;
    return base->kind == DEED_LIKED && base->objects.end > i && base->n_items == 0 &&
           ((c->mention_of[i] >= 0 && c->mention[c->mention_of[i]].item == c->given.told.item) ||
            word_is(&c->words, i, "this"));
}

/* Is the recommended item named by its title in words first .. end - 1? */
static bool names_target(const struct llmx_checker *c, int first, int end)
{
    for (int i = first; i < end; i++)
        if (c->mention_of[i] >= 0 && c->mention[c->mention_of[i]].item == c->given.told.item)
            return true;
    return false;
}

/* '"Heat" is a drama, and 11 of the 49 people who saw it have watched "Heat"': "it" would be that film. */
static bool is_of_target(const struct llmx_checker *c, const struct claim *claim)
{
    const struct span objects = claim->base.objects;
    const int it = objects.end > objects.first ? objects.first : claim->base.verb.end;
    return claim->base.kind != DEED_NONE && word_is(&c->words, it, "it") &&
           names_target(c, it, sentence_end(c, it)) &&
           names_target(c, sentence_first(c, it), sentence_first(c, it) + 1);
}

/* '28 of the 90 other people who watched "Heat".', '... , and 28 of ...': did what? */
static bool is_left_open(const struct llmx_checker *c, const struct claim *claim)
{
    const int end = sentence_end(c, claim->first);
    bool is_open = claim->base.kind != DEED_NONE && claim->result.kind == DEED_NONE &&
                   claim->part.value >= 0 && claim->whole.value >= 0 &&
                   (claim->first == sentence_first(c, claim->first) ||
                    word_in(&c->words, claim->first - 1, "and but"));
    for (int i = claim->base.verb.end; i < end && is_open; i++)
        is_open = c->mention_of[i] >= 0 ||
                  (checker_phrase(c, i, LIST_TAKING) == 0 && !word_in(&c->words, i, "are is"));
    return is_open;
}

static void check_base(struct llmx_checker *c, const struct claim *claim)
{
    struct claim resolved = *claim;
    const struct span objects = claim->base.objects;
    const struct passage *w = &c->words;
    for (int i = claim->first + 1; i + 1 < claim->end; i++)
        if (word_in(w, i, "those these all") && word_is(w, i + 1, "3") &&
            checker_phrase(c, i - 1, LIST_TAKING) > 0)
            fail(c, i, i + 2);
    if (claim->is_of_them)
        return;
    struct items items;
    const int verb_end = claim->base.verb.end;
    const int size = pointer_at(c, verb_end, &items);
    if (!claim_has_number(claim) && claim->share <= SHARE_SOME)
        return;
    if (claim->base.kind != DEED_NONE && objects.end <= objects.first && size > 0) {
        resolved.base.objects = (struct span){verb_end, verb_end + size};
    } else if (objects.end <= objects.first) {
        return;
    }
    if (begins_with_target(c, &claim->base) || !resolve(c, &resolved.base) ||
        (claim_blame(c, claim) == BLAME_NOTHING && claim_blame(c, &resolved) != BLAME_NOTHING))
        fail(c, resolved.base.objects.first, resolved.base.objects.end);
}

/* Does the text speak last of the recommended item before word i? What it is likened to does not count. */
static bool is_topic(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    for (i--; i >= 0; i--) {
        if (c->mention_of[i] < 0) {
            if (word_in(w, i, "it its this") && !word_in(w, i - 1, "like watched saw seen played"))
                return true;
            continue;
        }
        int first = c->mention[c->mention_of[i]].first;
        const llmx_id item = c->mention[c->mention_of[i]].item;
        while (first > 1 && word_is(w, first - 1, "and") && c->mention_of[first - 2] >= 0)
            first = c->mention[c->mention_of[first - 2]].first;
        if (item == c->given.told.item)
            return true;
        if (!word_in(w, first - 1, "like to than"))
            return false;
        i = first;
    }
    return false;
}

/* "Many people have played it: 264 of 999", '"A", which few people know'. */
static void check_reach(struct llmx_checker *c, const struct claim *claim)
{
    const struct passage *w = &c->words;
    const int first = claim->first, which = first - 1;
    if (claim->base.kind != DEED_NONE || claim->is_of_them || claim->result.n_items > 0 ||
        (!claim_has_number(claim) && claim->share <= SHARE_SOME) ||
        claim->result.kind == DEED_NONE || claim->result.kind == DEED_SAME)
        return;
    if (word_is(w, which, "which") && which > 0 && c->mention_of[which - 1] >= 0) {
        if (c->mention[c->mention_of[which - 1]].item != c->given.told.item)
            fail(c, which, claim->said.end > first ? claim->said.end : first + 1);
        return;
    }
    for (int i = claim->result.objects.first; i < claim->result.objects.end; i++)
        if (word_in(w, i, "them both") || (word_is(w, i, "it") && !is_topic(c, first)))
            fail(c, i, i + 1);
}

/* "So did 63 others", after "you watched the first": not what all of the sentence names. */
static void check_same(struct llmx_checker *c, const struct claim *claim)
{
    const struct passage *w = &c->words;
    const int so = claim->first - 2;
    if (so < 0 || !word_is(w, so, "so"))
        return;
    bool is_pointed = word_in(w, so + 1, "is are was were do does") && claim->topic == ABOUT_PEOPLE;
    for (int i = sentence_first(c, so > 0 ? so - 1 : 0); i < so; i++)
        is_pointed = is_pointed || (word_in(w, i, "the") && word_in(w, i + 1, "first second") &&
                                    word_is(w, so + 1, "did"));
    if (is_pointed)
        fail(c, so, so + 3);
}

/* "one that many of us have seen" */
static void check_us(struct llmx_checker *c)
{
    for (int i = 0; i < c->words.n; i++)
        if (c->mention_of[i] < 0 && word_is(&c->words, i, "us") && word_is(&c->words, i - 1, "of"))
            checker_fail(c, LLMX_CHECK_PEOPLE, i, 1);
}

/* A habit is said of values in its own sentence. */
static void check_habit(struct llmx_checker *c, const struct claim *claim)
{
    const int first = sentence_first(c, claim->first);
    if (claim->topic == ABOUT_HABIT && claim_has_number(claim) && claim->part.value >= 0 &&
        !word_is(&c->words, first, "so") && values_after(c, first, claim->end).n == 0)
        fail(c, claim->first, claim->first + 1);
}

void check_counted(struct llmx_checker *c, const struct claims *claims)
{
    if (!c->given.told.is_strict)
        return;
    check_us(c);
    for (int k = 0; k < claims->n; k++) {
        const struct claim *claim = &claims->claim[k];
        check_habit(c, claim);
        check_same(c, claim);
        if (claim->topic != ABOUT_PEOPLE)
            continue;
        check_base(c, claim);
        if (is_of_target(c, claim) || is_left_open(c, claim))
            fail(c, claim->first, claim->first + 1);
        if (k > 0 && claim->is_of_them && claim_has_number(claim) &&
            claim[-1].base.kind != DEED_NONE && claim[-1].part.value >= 0 &&
            claim[-1].whole.value >= 0)
            fail(c, claim->first, claim->first + 1); /* of those of whom a part was told already */
        check_reach(c, claim);
        if (k + 1 < claims->n && claims->claim[k + 1].topic == ABOUT_HABIT &&
            !claim_has_number(claim) && claims->claim[k + 1].first > 0 &&
            c->text[c->words.word[claims->claim[k + 1].first - 1].end] == ':')
            fail(c, claims->claim[k + 1].first, claims->claim[k + 1].first + 1);
    }
}
