/* check_slips.c - strict: turns that small models slip into where they lost the thread, and that say nothing. "It's a mystery,
 * and so are you", "on the topic of" a title, "is one of the people", "the links are". */
#include "gate/checks.h"
#include "gate/pointers.h"

static void fail(struct llmx_checker *c, int first, int end)
{
    checker_fail(c, LLMX_CHECK_RELATION, first, end - first);
}

/* "a mystery, and so are you" */
static bool is_of_you(const struct passage *w, int i)
{
    return word_is(w, i, "so") && word_in(w, i + 1, "are is am were") && word_is(w, i + 2, "you");
}

/* 'on the topic of "Heat"', 'under "Heat"': a title is none. */
static bool is_trait_of_title(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_topic = word_in(w, i, "genre topic tag category section " COUNTED_TRAITS) &&
                          word_is(w, i - 1, "the") && word_in(w, i - 2, "on under in about") &&
                          word_is(w, i + 1, "of");
    const int at = is_topic ? i + 2 : i + 1;
    return (is_topic || word_is(w, i, "under")) && at < w->n && c->mention_of[at] >= 0;
}

/* '"Heat" is one of the people' */
static bool is_of_people(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return word_in(w, i, "is its") && word_is(w, i + 1, "one") && word_is(w, i + 2, "of") &&
           word_in(w, i + 3, "the those these") && checker_on(c, i + 4, LIST_PEOPLE);
}

/* "something different", where something is shared */
static bool is_wrongly_different(const struct llmx_checker *c, int i)
{
    if (!word_is(&c->words, i, "something") || !word_in(&c->words, i + 1, "different else"))
        return false;
    for (int k = 0; k < c->given.told.n_facts; k++)
        if (c->given.told.facts[k].kind == LLMX_FACT_SHARED)
            return true;
    return false;
}

/* "no genre in common with those two", where two that were taken are not named, or in the same sentence, as its subject */
static bool is_of_no_pair(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return word_is(w, i, "common") && word_is(w, i + 1, "with") &&
           (word_in(w, i + 2, "both them") ||
            (word_in(w, i + 2, "those these the") && word_is(w, i + 3, "2"))) &&
           (items_taken(c, 0, i).n != 2 || items_taken(c, sentence_first(c, i), i).n > 0);
}

/* '"Casino" is another drama you watched' */
static void check_another(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "another") || !word_is(w, i - 1, "is") || i < 2 ||
        c->mention_of[i - 2] < 0 || c->mention[c->mention_of[i - 2]].item != c->given.told.item)
        return;
    int you = i + 1;
    while (you < w->n && !sentence_breaks(c, you) && !is_set_apart(c, you) &&
           !word_in(w, you, "you youve"))
        you++;
    const int verb = you + 1 + word_in(w, you + 1, "have also");
    if (word_in(w, you, "you youve") && !is_set_apart(c, you) &&
        checker_phrase(c, verb, LIST_TAKING) > 0)
        checker_fail(c, LLMX_CHECK_ITEM_AS_HISTORY, i, verb + 1 - i);
}

/* "a drama like it is", "so it's for you": what follows is no reason. */
static bool leads_nowhere(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    return (word_is(w, i, "like") && word_is(w, i + 1, "it") && word_is(w, i + 2, "is") &&
            !is_set_apart(c, i + 2)) ||
           (word_is(w, i, "so") && word_in(w, i + 1, "its") && word_in(w, i + 2, "for about")) ||
           (word_is(w, i, "the") && word_is(w, i + 1, "links") && word_in(w, i + 2, "are is"));
}

/* "Of your last 10 films, 102 of the 247 people ...": how many of them is said at once. */
static bool is_torn_habit(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "of") || !word_is(w, i + 1, "your") || !word_in(w, i + 2, "last latest") ||
        sentence_first(c, i) != i)
        return false;
    const struct number whole = number_at(c, i + 3);
    const struct number part = number_at(c, whole.at.end + 1);
    return whole.value >= 0 && part.value >= 0 && word_is(w, part.at.end, "of");
}

/* "a comedy, like 60 of the other people", "a film like": nothing is likened. */
static bool is_like_nothing(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "like"))
        return false;
    const struct number part = number_at(c, i + 1);
    int people = part.at.end;
    while (part.value >= 0 && people < w->n &&
           (word_in(w, people, "of the those other") || word_has(w, people, WORD_NUMBER)))
        people++;
    return (part.value >= 0 && people > part.at.end && checker_on(c, people, LIST_PEOPLE)) ||
           (word_in(w, i - 2, "a an") && checker_on(c, i - 1, LIST_ITEM_NOUNS));
}

/* '"Heat" is "Casino"' */
static bool is_same_item(const struct llmx_checker *c, int i)
{
    return word_in(&c->words, i, "is are was were") && i > 0 && i + 1 < c->words.n &&
           c->mention_of[i - 1] >= 0 && c->mention_of[i + 1] >= 0 && checker_is_capital(c, i + 1);
}

/* '"Heat" and "Casino", two dramas': each of them is to be one. */
static bool is_wrong_pair(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (i < 3 || c->mention_of[i - 1] < 0 || !is_set_apart(c, i) || number_at(c, i).value != 2)
        return false;
    const struct values values = values_at(c, number_at(c, i).at.end);
    const struct mention *last = &c->mention[c->mention_of[i - 1]];
    const int before = last->first - 2;
    return values.n > 0 && before >= 0 && word_is(w, before + 1, "and") &&
           c->mention_of[before] >= 0 &&
           !(item_is_of_all(c, last->item, &values) &&
             item_is_of_all(c, c->mention[c->mention_of[before]].item, &values));
}

/* 'You watched "Heat", the last film you watched' */
static bool is_taken_twice(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (i < 2 || c->mention_of[i - 1] < 0 || !is_set_apart(c, i) ||
        !((word_is(w, i, "the") && word_is(w, i + 1, "last")) ||
          (word_is(w, i, "one") && word_is(w, i + 1, "of") && word_is(w, i + 3, "last")) ||
          (word_is(w, i, "which") && word_in(w, i + 1, "you youve"))))
        return false;
    const int verb = c->mention[c->mention_of[i - 1]].first - 1;
    return verb > 0 && checker_phrase(c, verb, LIST_TAKING) > 0 &&
           (word_in(w, verb - 1, "you youve") ||
            (word_in(w, verb - 1, "have also") && word_in(w, verb - 2, "you youve")));
}

/* 'You watched "Heat". "Casino" is a drama like "Heat", which you watched.' */
static bool is_told_again(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (i < 1 || c->mention_of[i - 1] < 0 || !word_is(w, i, "which") ||
        !word_in(w, i + 1, "you youve"))
        return false;
    for (int k = 0; k < c->mention_of[i - 1]; k++)
        if (c->mention[k].item == c->mention[c->mention_of[i - 1]].item &&
            word_in(w, sentence_first(c, c->mention[k].first), "you youve"))
            return true;
    return false;
}

/* 'The last film you watched was "Heat" and "Casino".': one is not two. */
static bool is_two_as_one(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "was") || i + 1 >= w->n || c->mention_of[i + 1] < 0)
        return false;
    const struct mention *one = &c->mention[c->mention_of[i + 1]];
    const int joint = one->first + one->n;
    if (!word_is(w, joint, "and") || joint + 1 >= w->n || c->mention_of[joint + 1] < 0)
        return false;
    const struct mention *other = &c->mention[c->mention_of[joint + 1]];
    const int next = other->first + other->n;
    return next >= w->n || sentence_breaks(c, next) || is_set_apart(c, next);
}

/* 'Like you, 11 of the 12 people who liked "Heat".': what of them? */
static bool is_no_sentence(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const int first = sentence_first(c, i);
    if (!word_is(w, i, "who") || !checker_on(c, i - 1, LIST_PEOPLE) || !word_is(w, first, "like") ||
        !word_is(w, first + 1, "you"))
        return false;
    int at = i + 1;
    while (at < w->n && c->mention_of[at] < 0 && !sentence_breaks(c, at))
        at++;
    while (at < w->n && !sentence_breaks(c, at) &&
           (c->mention_of[at] >= 0 || word_is(w, at, "and")))
        at++;
    return at >= w->n || sentence_breaks(c, at);
}

/* "like all of the other films you've seen": of everything that somebody took no fact speaks. */
static bool is_of_everything(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    int at = i + 1 + word_is(w, i + 1, "of");
    if (!word_is(w, i, "all") || !word_in(w, at, "the your those"))
        return false;
    const bool is_yours = word_is(w, at, "your");
    at += 1 + word_is(w, at + 1, "other");
    return is_yours ? !word_in(w, at, "last latest")
                    : word_in(w, at + 1 + word_in(w, at + 1, "that which"), "you youve");
}

/* "47 of the 70 people ...: 47 of 70." */
static void check_counted_twice(struct llmx_checker *c, const struct claims *claims)
{
    for (int k = 1; k < claims->n; k++) {
        const struct claim *claim = &claims->claim[k];
        bool is_known = false;
        for (int b = 0; b < k; b++)
            is_known = is_known || (claims->claim[b].part.value == claim->part.value &&
                                    claims->claim[b].whole.value == claim->whole.value);
        if (is_known && claim->part.value >= 0 && claim->whole.value >= 0 &&
            claim->part.at.end > claim->part.at.first &&
            claim->whole.at.end > claim->whole.at.first)
            checker_fail(c, LLMX_CHECK_REPETITION, claim->part.at.first,
                         claim->whole.at.end - claim->part.at.first);
    }
}

void check_slips(struct llmx_checker *c, const struct claims *claims)
{
    if (!c->given.told.is_strict)
        return;
    check_counted_twice(c, claims);
    for (int i = 0; i < c->words.n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        if (is_of_you(&c->words, i) || is_trait_of_title(c, i) || leads_nowhere(c, i))
            fail(c, i, i + 3);
        if (is_taken_twice(c, i) || is_told_again(c, i))
            checker_fail(c, LLMX_CHECK_REPETITION, i, 2);
        if (is_of_people(c, i))
            fail(c, i, i + 5);
        if (is_torn_habit(c, i))
            fail(c, i, i + 3);
        if (is_like_nothing(c, i) || is_wrong_pair(c, i) || is_same_item(c, i))
            fail(c, i, i + 2);
        if (is_no_sentence(c, i))
            checker_fail(c, LLMX_CHECK_UNFINISHED, i, 2);
        check_another(c, i);
        if (is_of_no_pair(c, i))
            fail(c, i + 2, i + 3);
        if (is_wrongly_different(c, i) || is_two_as_one(c, i) || is_of_everything(c, i))
            fail(c, i, i + 2);
    }
}
