/* check_pointers.c - strict: what "either", "both", "it", "the first", "so is" stand for must leave no doubt, and what is said
 * must hold of it. A true text too many is lost rather than an untrue one let through. */
#include "gate/checks.h"
#include "gate/claim_facts.h"
#include "gate/pointers.h"

#define NEAR_WORDS 4
#define FAR_WORDS  8

static void fail(struct llmx_checker *c, int first, int end)
{
    checker_fail(c, LLMX_CHECK_RELATION, first, end - first);
}

static struct values values_near(const struct llmx_checker *c, int i, int words)
{
    const int end = i < c->words.n ? sentence_end(c, i) : i;
    return values_after(c, i, i + words < end ? i + words : end);
}

/* The item of a title that ends right before word i, or of the title before "which"; -1: none. */
static llmx_id item_before(const struct llmx_checker *c, int i)
{
    i -= word_in(&c->words, i - 1, "which that");
    return i > 0 && c->mention_of[i - 1] >= 0 ? c->mention[c->mention_of[i - 1]].item : -1;
}

/* "It's ...", of the recommended item, which was named last before it. */
static bool begins_with_it(const struct llmx_checker *c, int first)
{
    const struct items before = items_spoken_of(c, 0, first);
    return word_in(&c->words, first, "it its") && before.n > 0 &&
           before.item[before.n - 1] == c->given.told.item;
}

/* "no genre in common with either", "neither has a genre in common with it". */
static void check_either(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_neither = word_is(w, i, "neither");
    if (!is_neither && !word_is(w, i, "either"))
        return;
    struct items items = items_taken(c, 0, i);
    bool holds = items.n == 2;
    int has = i;
    while (has > 0 && !sentence_breaks(c, has) && !word_in(w, has, "has have is"))
        has--;
    const llmx_id subject = item_before(c, has);
    holds = holds && (is_neither || subject < 0 || subject == c->given.told.item);
    for (int k = 0; k < items.n && holds; k++) {
        const struct items pair = {{items.item[k], c->given.told.item}, 2};
        holds = items_share_nothing(c, &pair) || word_is(w, i + 1, "of");
    }
    if (!holds)
        fail(c, i, i + 1);
}

/* "a drama like it", "like the two you have seen": those have what is said; nothing is like itself. */
static void check_like(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    struct items items = {.n = 0};
    int end = i + 1;
    if (!word_is(w, i, "like") || i + 1 >= w->n || word_in(w, i - 1, "who people you may will"))
        return;
    const struct values said = values_before(c, i > NEAR_WORDS ? i - NEAR_WORDS : 0, i);
    if (said.n > 0 && word_in(w, said.at.first - 1, "a an") &&
        begins_with_it(c, sentence_first(c, i)) && !item_is_of_all(c, c->given.told.item, &said)) {
        fail(c, said.at.first, said.at.end);
        return;
    }
    if (c->mention_of[i + 1] >= 0) {
        const struct items named = items_listed(c, i + 1, &end);
        const struct items before = items_spoken_of(c, sentence_first(c, i), i);
        const int third = sentence_first(c, i) + 2;
        const bool is_habit =
            word_is(w, third, "your") && c->mention_of[third] < 0; /* "9 of your last" */
        const llmx_id subject =
            before.n > 0 ? before.item[before.n - 1] : c->given.told.item; /* like itself */
        if (items_include(&named, subject) && !is_habit)
            fail(c, i, end);
        return;
    }
    const int n = pointer_at(c, i + 1, &items);
    if (n == 0)
        return;
    end += n;
    struct values values = said;
    if (values.n == 0 || word_has(w, i, WORD_INITIAL))
        values = values_near(c, end, FAR_WORDS);
    const bool holds =
        values.n > 0 ? items_have(c, &items, &values) : items_share_with_target(c, &items);
    if (!holds || items_include(&items, c->given.told.item))
        fail(c, i, end);
}

/* "Both are dramas", "the two films have no genre in common". */
static void check_subjects(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    struct items items = {.n = 0};
    const int n = subjects_at(c, i, &items), verb = i + n;
    if (n == 0 || verb >= w->n)
        return;
    const bool is_verb = word_in(w, verb, "are were share dont") ||
                         (word_is(w, verb, "have") && word_is(w, verb + 1, "no"));
    if (!is_verb) {
        if (word_is(w, i, "all") && checker_phrase(c, verb, LIST_TAKING) > 0)
            fail(c, i, verb + 1);
        return;
    }
    const struct values values = values_near(c, verb + 1, NEAR_WORDS);
    bool is_none = word_is(w, verb, "dont");
    for (int k = verb; k < w->n && k <= verb + 1; k++)
        is_none = is_none || word_is(w, k, "no");
    const bool is_empty =
        values.n == 0 && word_is(w, verb, "are") && checker_on(c, verb + 1, LIST_ITEM_NOUNS);
    if (is_empty || (values.n > 0 && !items_have(c, &items, &values)) ||
        (is_none && !items_share_nothing(c, &items)))
        fail(c, i, verb + 1);
}

/* Was it said already, in this sentence, that the item has what "so is" adds it to? */
static bool is_covered(const struct llmx_checker *c, int i, llmx_id item)
{
    const int first = sentence_first(c, i);
    struct items items;
    for (int k = first; k < i; k++) {
        const int n = subjects_at(c, k, &items);
        if (c->mention_of[k] >= 0 ? c->mention[c->mention_of[k]].item == item
                                  : n > 0 && items_include(&items, item))
            return true;
    }
    return item == c->given.told.item && first < i && begins_with_it(c, first);
}

/* Where words that say how recent something is are the predicate spoken of last before i: '"A" is the last film you watched, and
 * so is "B"'. */
static bool follows_recency(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const int first = sentence_first(c, i);
    for (int k = i - 1; k >= first && values_at(c, k).n == 0; k--)
        if (word_is(w, k, "last") && number_at(c, k + 1).value <= 3) {
            int the = k - 1 - word_in(w, k - 2, "of");
            while (the > first && word_in(w, the, "the your of one 1 among"))
                the--;
            const bool is_subject = the < first || (the == first && word_in(w, the, "the one 1"));
            return is_subject || word_in(w, the, "is was");
        }
    return false;
}

/* '... is a drama, and so is "A"': "A" is one, and was none of those it is added to. */
static void check_so(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "so as") || i + 2 >= w->n || sentence_breaks(c, i + 1))
        return;
    if (word_is(w, i, "so") && word_in(w, i + 1, "did do does has have") &&
        (c->mention_of[i + 2] >= 0 || word_is(w, i + 2, "the"))) {
        fail(c, i, i + 3);
        return;
    }
    if (!word_in(w, i + 1, "is are was were"))
        return;
    int end;
    const struct items items = items_listed(c, i + 2, &end);
    const struct values values = values_before(c, 0, i);
    bool holds = items.n == 0 || (values.n > 0 && items_have(c, &items, &values));
    holds = holds && !(items.n == 1 && word_in(w, i + 1, "are were")) &&
            !(items.n > 1 && word_in(w, i + 1, "is was"));
    for (int k = 0; k < items.n && holds; k++)
        holds = !is_covered(c, i, items.item[k]);
    if (!holds || (items.n > 0 && follows_recency(c, i)))
        fail(c, i, i + 2);
}

/* '"A" is one too', '"A" is another', "a different story". */
static void check_one(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_is(w, i, "different") &&
        (checker_on(c, i + 1, LIST_ITEM_NOUNS) || word_is(w, i + 1, "one"))) {
        fail(c, i, i + 2);
        return;
    }
    const bool is_one =
        word_is(w, i, "one") &&
        (word_is(w, i + 1, "too") || (word_is(w, i + 1, "as") && word_is(w, i + 2, "well")));
    const int next = i + 1;
    const bool is_another =
        word_is(w, i, "another") && (next >= w->n || sentence_breaks(c, next) ||
                                     is_set_apart(c, next) || word_in(w, next, "and"));
    if (!word_in(w, i - 1, "is are") || (!is_one && !is_another))
        return;
    const llmx_id item = item_before(c, i - 1);
    const struct values values = values_before(c, 0, i - 1);
    int subject = i - 2 - word_in(w, i - 2, "which that");
    if (item >= 0)
        subject = c->mention[c->mention_of[subject]].first;
    if (values.n == 0 || follows_recency(c, i - 1) ||
        (item >= 0 && (!item_is_of_all(c, item, &values) || is_covered(c, subject, item))))
        fail(c, i - 1, i + 1);
}

/* "a comedy too", before any comedy was spoken of: all that were named are comedies. */
static void check_too(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_as_well = word_is(w, i, "as") && word_is(w, i + 1, "well");
    const bool is_also = word_is(w, i, "also");
    if (!is_also && !is_as_well && !word_is(w, i, "too"))
        return;
    const struct values values = is_also ? values_at(c, i + 1 + word_in(w, i + 1, "a an"))
                                         : values_before(c, i > NEAR_WORDS ? i - NEAR_WORDS : 0, i);
    if (values.n == 0 || values_before(c, 0, values.at.first).n > 0 ||
        (!is_also && values.at.end < i - checker_on(c, i - 1, LIST_ITEM_NOUNS)))
        return;
    struct items taken = items_taken(c, 0, values.at.first);
    if (taken.n == 2 && word_in(w, values.at.first - 1, "a an another") &&
        item_before(c, values.at.first - 2) >= 0 &&
        item_before(c, values.at.first - 2) != c->given.told.item)
        return; /* said of one of the two */
    if (taken.n > 1 && !items_have(c, &taken, &values))
        fail(c, i, i + 1 + is_as_well);
}

/* '"A", which is also a drama' */
static void check_which(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "which") || !word_is(w, i + 1, "is"))
        return;
    const struct values under = values_before(c, sentence_first(c, i), i);
    if (under.n > 0 && under.at.end == i && word_in(w, under.at.first - 1, "under in")) {
        fail(c, i, i + 2);
        return;
    }
    if (item_before(c, i) < 0)
        return;
    int at = i + 2;
    while (word_in(w, at, "also a an"))
        at++;
    const struct values values = values_at(c, at);
    if (values.n > 0 && !item_is_of_all(c, item_before(c, i), &values))
        fail(c, values.at.first, values.at.end);
}

/* "You've seen the first two": none of them is the recommended one. */
static void check_you(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "you youve"))
        return;
    int verb = i + 1;
    while (word_in(w, verb, "have also"))
        verb++;
    struct items items = {.n = 0};
    const int n = checker_phrase(c, verb, LIST_TAKING), at = verb + n;
    if (n == 0 || at >= w->n || sentence_breaks(c, at) || is_set_apart(c, at))
        return;
    const int size = pointer_at(c, at, &items);
    if (size > 0 && (items.n == 0 || items_include(&items, c->given.told.item)) &&
        !word_is(w, at, "it"))
        checker_fail(c, LLMX_CHECK_ITEM_AS_HISTORY, at, size);
    if (values_at(c, at).n > 0)
        fail(c, at, at + 1);
}

static bool is_told(const struct llmx_checker *c, enum llmx_fact_kind kind)
{
    for (int i = 0; i < c->given.told.n_facts; i++)
        if (c->given.told.facts[i].kind == kind && c->given.told.facts[i].place > 0)
            return true;
    return false;
}

/* "the link is the people", where no people were spoken of, or where there is another link; "about people"; "the same players",
 * "the same game". */
static void check_link(struct llmx_checker *c, const struct claims *claims, int i)
{
    const struct passage *w = &c->words;
    const bool is_noun = checker_on(c, i + 1, LIST_PEOPLE) || checker_on(c, i + 1, LIST_ITEM_NOUNS);
    if (i + 1 < w->n && ((word_is(w, i, "same") && (is_noun || values_at(c, i + 1).n > 0)) ||
                         (word_is(w, i, "about") && word_is(w, i + 1, "people")))) {
        fail(c, i, i + 2);
        return;
    }
    if (!word_is(w, i, "link"))
        return;
    bool has_people = is_told(c, LLMX_FACT_COMPANY) || is_told(c, LLMX_FACT_LIKED);
    for (int k = 0; k < claims->n; k++)
        has_people =
            has_people || (claims->claim[k].topic == ABOUT_PEOPLE &&
                           claims->claim[k].base.kind != DEED_NONE && claims->claim[k].first < i);
    if (!has_people || (word_is(w, i + 1, "is") && is_told(c, LLMX_FACT_SHARED)))
        fail(c, i, i + 1);
}

/* "so it's a drama", "so the link is the people": that follows where nothing is in common, and from nothing else. */
static void check_conclusion(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool concludes =
        word_in(w, i + 1, "its") || (word_is(w, i + 1, "the") && word_is(w, i + 2, "link"));
    if (!word_is(w, i, "so") || !concludes || is_told(c, LLMX_FACT_NOT_SHARED))
        return;
    for (int k = 0; k < i; k++)
        if (word_is(w, k, "common"))
            return;
    fail(c, i, i + 2);
}

void check_pointers(struct llmx_checker *c, const struct claims *claims)
{
    for (int i = 0; c->given.told.is_strict && i < c->words.n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        check_either(c, i);
        check_like(c, i);
        check_subjects(c, i);
        check_so(c, i);
        check_one(c, i);
        check_too(c, i);
        check_which(c, i);
        check_you(c, i);
        check_link(c, claims, i);
        check_conclusion(c, i);
    }
}
