/* check_relations.c - too, also, both, like, shares, in common ...: is it true of what it joins? docs/gate.md says how each
 * is read. */
#include "gate/checks.h"
#include "gate/claim_facts.h"
#include "gate/joined.h"

#define NEAR_WORDS   4 /* between a relation and the values that it is about */
#define FAR_WORDS    8
#define RETURN_WORDS 3 /* "brings back the drama" */
#define THREE        3

static void fail(struct llmx_checker *c, int first, int end)
{
    checker_fail(c, LLMX_CHECK_RELATION, first, end > first ? end - first : 1);
}

/* Do "both" or "all three" at word i have the values? The last so many named, with or without what "it" stands for. */
static bool these_have(const struct llmx_checker *c, int i, int n, const struct values *values)
{
    const struct llmx_given *told = &c->given.told;
    struct joined titles = joined_before(c, i, false), all = joined_before(c, i, true);
    if ((titles.n >= n && joined_have(c, &titles, n, values)) ||
        (all.n >= n && joined_have(c, &all, n, values)))
        return true;
    if (titles.n >= n || all.n >= n)
        return false;
    joined_add(&titles, told->item);
    for (int k = 0; k < told->n_evidence; k++)
        joined_add(&titles, told->evidence[k]);
    return titles.n >= n && joined_have(c, &titles, n, values);
}

static bool has_habit(const struct llmx_checker *c, const struct values *values)
{
    const struct llmx_given *told = &c->given.told;
    for (int i = 0; i < told->n_facts; i++) {
        bool has_all = told->facts[i].kind == LLMX_FACT_HABIT;
        for (int k = 0; k < values->n && has_all; k++)
            has_all = fact_has_value(c, &told->facts[i], values->genre[k]);
        if (has_all)
            return true;
    }
    return false;
}

static bool is_said_before(const struct llmx_checker *c, int i, const struct values *values)
{
    for (int k = 0; k < i; k++) {
        const struct values said = values_at(c, k);
        if (said.n > 0 && said.genre[0] == values->genre[0])
            return true;
    }
    return false;
}

/* Is there something before word i that has the values, beside the subject: an item named, or a habit spoken of? */
static bool something_has(const struct llmx_checker *c, int i, llmx_id subject,
                          const struct values *values, bool is_antecedent)
{
    const struct llmx_given *told = &c->given.told;
    struct joined before = joined_before(c, i, false);
    bool is_any = false;
    for (int k = 0; k < before.n; k++) {
        is_any = is_any || before.item[k] != subject;
        if (before.item[k] != subject && item_is_of_all(c, before.item[k], values))
            return true;
    }
    for (int k = 0; k < told->n_evidence && !is_any; k++)
        if (told->evidence[k] != subject && item_is_of_all(c, told->evidence[k], values))
            return true;
    return has_habit(c, values) && is_said_before(c, is_antecedent ? i : values->at.first, values);
}

/* Holds company of what is joined: a fact of people about the item. */
static bool has_company(const struct llmx_checker *c, llmx_id item)
{
    const struct llmx_given *told = &c->given.told;
    for (int i = 0; i < told->n_facts; i++)
        for (int k = 0; k < told->facts[i].n_items; k++)
            if (told->facts[i].items[k] == item && (told->facts[i].kind == LLMX_FACT_COMPANY ||
                                                    told->facts[i].kind == LLMX_FACT_LIKED))
                return true;
    return false;
}

/* 'It is a crime film. It is a drama too': adds to what the text said of the item before. */
static bool adds_to(const struct llmx_checker *c, llmx_id item, const struct values *values)
{
    for (int k = 0; k < values->at.first; k++) {
        const struct values said = values_at(c, k);
        bool is_other = said.n > 0 && item_is_of_all(c, item, &said);
        for (int i = 0; i < said.n; i++)
            is_other = is_other && said.genre[i] != values->genre[0];
        if (is_other)
            return true;
        k = said.n > 0 ? said.at.end - 1 : k;
    }
    return false;
}

/* "X is a drama too", "is also a drama", "is one too". */
static void check_too(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_also = word_in(w, i, "also likewise");
    const bool is_as_well = word_is(w, i, "as") && word_is(w, i + 1, "well");
    if ((!is_also && !is_as_well && !word_is(w, i, "too")) ||
        (is_as_well && word_is(w, i + 2, "as")))
        return;
    struct values values =
        is_also ? values_behind(c, i + 1, NEAR_WORDS) : values_in_front(c, i, FAR_WORDS);
    const bool is_antecedent = values.n == 0;
    if (values.n == 0 && word_in(w, i - 1, "one is are"))
        values = values_before(c, 0, i);
    if (values.n == 0)
        return;
    const struct joined subject = joined_subject(c, is_also ? i : values.at.first - 1);
    const bool is_one = word_in(w, i - 1, "one is are");
    const llmx_id item = is_one ? joined_subject(c, i).item[0] : subject.item[0];
    if (!item_is_of_all(c, item, &values) ||
        (!something_has(c, i, item, &values, is_antecedent) && !adds_to(c, item, &values)))
        fail(c, i, i + 1 + is_as_well);
}

/* "both are crime dramas", "all three share comedy". */
static void check_both(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_both = word_is(w, i, "both");
    const bool is_two = word_in(w, i, "the these those") && word_is(w, i + 1, "2");
    const bool is_three = word_in(w, i, "all these the") && word_is(w, i + 1, "3");
    if ((!is_both && !is_three && !is_two) || word_in(w, i - 1, "is was its"))
        return;
    int at = i + (is_both ? 1 : 2);
    at += checker_on(c, at, LIST_ITEM_NOUNS)                               ? 1
          : word_is(w, at, "of") && word_in(w, at + 1, "them these those") ? 2
                                                                           : 0;
    while (is_three && at < w->n && !sentence_breaks(c, at) &&
           (c->mention_of[at] >= 0 || word_in(w, at, "and with")))
        at++; /* 'all three, A, B and C, are' */
    const struct values values = values_behind(c, at, FAR_WORDS);
    const bool is_said = word_in(w, at, "are were share shares have of being") ||
                         values.at.first == at || word_in(w, at, "a an");
    if (values.n > 0 && is_said && !these_have(c, is_three ? at : i, is_three ? THREE : 2, &values))
        fail(c, values.at.first, values.at.end);
}

/* "A, B and this one are all crime films", "both A and B are", "each of A and B is". */
static void check_listed(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    struct joined joined = {.n = 0};
    int at = i + 1;
    if (word_in(w, i, "all both") && word_in(w, i - 1, "are were"))
        joined = joined_subject(c, i - 1);
    else if (word_is(w, i, "both") && word_is(w, i + 1, "it") && word_is(w, i + 2, "and")) {
        joined_add(&joined, item_before(c, i));
        at = joined_add_list(c, i + 3, &joined);
    } else if (word_is(w, i, "both") || (word_is(w, i, "each") && word_is(w, i + 1, "of")))
        at = joined_add_list(c, i + 1 + word_is(w, i, "each"), &joined);
    const struct values values = values_behind(c, at, NEAR_WORDS);
    if (joined.n > 1 && values.n > 0 && !joined_have(c, &joined, joined.n, &values))
        fail(c, values.at.first, values.at.end);
}

/* "It shares crime with A", "A and this one share crime", "shares its genres with A". */
static void check_share(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "share shares shared sharing") ||
        word_in(w, i - 1, "a the usual average large larger big bigger small fair good their") ||
        word_in(w, i - 1, "both 3 2"))
        return;
    const struct values values = values_behind(c, i + 1, NEAR_WORDS);
    struct joined joined = joined_subject(c, i);
    for (int k = i + 1; k < sentence_limit(c, i, FAR_WORDS); k++)
        if (word_is(w, k, "with"))
            joined_add_list(c, k + 1, &joined);
    bool is_of_people = false; /* or a year */
    for (int k = i + 1; k < sentence_limit(c, i, FAR_WORDS); k++)
        is_of_people = is_of_people || word_is(w, k, "year") || checker_on(c, k, LIST_PEOPLE);
    if (joined.n < 2 && values.n > 0) {
        if (!something_has(c, i, joined.item[0], &values, false))
            fail(c, values.at.first, values.at.end);
        return;
    }
    if (values.n > 0 && !joined_have(c, &joined, joined.n, &values))
        fail(c, values.at.first, values.at.end);
    else if (values.n == 0 && joined.n > 1 && word_in(w, i + 1, "no nothing")) {
        if (!joined_share_nothing(c, &joined))
            fail(c, i, i + 2);
    } else if (values.n == 0 && joined.n > 1 && !is_of_people &&
               !joined_share_something(c, &joined))
        fail(c, i, i + 1);
}

/* "has drama in common with A", "no genre in common". */
static void check_common(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_is(w, i, "in") || !word_is(w, i + 1, "common"))
        return;
    int verb = i - 1, denial = -1;
    while (verb > 0 && !sentence_breaks(c, verb) && !word_in(w, verb, "have has share shares")) {
        if (word_in(w, verb, "no nothing little none"))
            denial = verb;
        verb--;
    }
    struct joined joined = joined_subject(c, verb);
    if (word_is(w, verb - 1, "neither"))
        denial = verb - 1;
    if (word_is(w, i + 2, "with"))
        joined_add_list(c, i + 3, &joined);
    if (joined.n == 1 &&
        (word_in(w, verb - 1, "it they") || (word_is(w, i + 2, "with") && word_is(w, i + 3, "it"))))
        joined_add(&joined, item_before(c, verb)); /* the other one */
    struct values values = values_in_front(c, i, FAR_WORDS);
    if (values.n == 0 && denial < 0) /* "crime is what A has in common with B" */
        values = values_before(c, sentence_first(c, i), i);
    if (joined.n < 2)
        return;
    if (denial >= 0 && !joined_share_nothing(c, &joined))
        fail(c, denial, i + 2);
    else if (denial < 0 && values.n > 0 && !joined_have(c, &joined, joined.n, &values))
        fail(c, values.at.first, values.at.end);
    else if (denial < 0 && values.n == 0 && !joined_share_something(c, &joined))
        fail(c, i, i + 2);
}

/* "unlike A", "nothing like A", "different from A"; returns where the list of items begins, 0: no such words. */
static int denial_at(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_is(w, i, "unlike"))
        return i + 1;
    if ((word_in(w, i, "nothing not") && word_is(w, i + 1, "like")) ||
        (word_in(w, i, "differs differ") && word_is(w, i + 1, "from")) ||
        (word_is(w, i, "different") && word_in(w, i + 1, "from to")))
        return i + 2;
    return 0;
}

static void check_unlike(struct llmx_checker *c, int i)
{
    const int list = denial_at(c, i);
    struct joined others = {.n = 0};
    if (list == 0 || list >= c->words.n || joined_add_list(c, list, &others) == list)
        return;
    const int end = joined_add_list(c, list, &others);
    const struct values values = word_is(&c->words, i, "unlike")
                                     ? values_after(c, end, sentence_end(c, i))
                                     : (struct values){{0, 0}, {0}, 0};
    const llmx_id item = c->given.told.item;
    for (int k = 0; k < others.n; k++) {
        const struct joined pair = {{others.item[k], item}, 2};
        if (values.n > 0 ? item_is_of_all(c, others.item[k], &values)
                         : !joined_share_nothing(c, &pair)) {
            fail(c, i, end);
            return;
        }
    }
}

/* Is "like" at word i a verb: "you like", "people who like"? */
static bool is_liking(const struct llmx_checker *c, int i)
{
    return word_in(&c->words, i - 1,
                   "you youd youll youve who people others they to would will might may really "
                   "nothing not also");
}

/* 'X is a war film like A', 'X is no war film like A': is X one? Where something stands between, nobody knows of what it is said. */
static void check_likened(struct llmx_checker *c, const struct values *values, int i, int end)
{
    const struct passage *w = &c->words;
    bool is_denied = false;
    int at = values->at.first - 1;
    for (; at >= 0 && (word_in(w, at, "a an about no not and") || values_at(c, at).n > 0); at--)
        is_denied = is_denied || word_in(w, at, "no not");
    if (at < 0 || sentence_breaks(c, at + 1) || !word_in(w, at, "is isnt its"))
        return;
    is_denied = is_denied || word_is(w, at, "isnt");
    const struct joined subject = joined_subject(c, at + word_in(w, at, "its"));
    if (subject.n == 1 && item_is_of_all(c, subject.item[0], values) == is_denied)
        fail(c, i, end);
}

/* 'a war film like A', 'Like A, this is a drama', 'like A'. */
static void check_like(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    struct joined others = {.n = 0};
    if (!word_is(w, i, "like") || is_liking(c, i) || i + 1 >= w->n || sentence_breaks(c, i + 1))
        return;
    const int end = joined_add_list(c, i + 1, &others);
    if (others.n == 0)
        return;
    const bool leads = word_has(w, i, WORD_INITIAL) || word_in(w, end, "it its this") ||
                       (word_in(w, i - 1, "and but") && is_set_apart(c, i - 1));
    struct values values = values_in_front(c, i, leads ? 0 : NEAR_WORDS);
    const bool is_front = values.n > 0;
    if (leads)
        values = values_after(c, end, sentence_end(c, i));
    else if (!is_front && is_set_apart(c, i) && is_set_apart(c, end))
        values = values_behind(c, end, NEAR_WORDS); /* 'is, like A, a drama' */
    if (values.n > 0 && !joined_have(c, &others, others.n, &values))
        fail(c, is_front ? i : values.at.first, is_front ? end : values.at.end);
    else if (is_front)
        check_likened(c, &values, i, end);
    const bool is_kind = word_in(w, i - 1, "films movies games stories titles ones things items");
    for (int k = 0; k < others.n && values.n == 0 && !is_kind; k++)
        if (others.item[k] != c->given.told.item &&
            (word_is(w, i - 1, "much") || !has_company(c, others.item[k])) &&
            !items_share(c, others.item[k], c->given.told.item)) {
            fail(c, i, end);
            return;
        }
}

/* "similar to A", "the same genre as A". */
static void check_similar(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_one = word_is(w, i, "one") && word_is(w, i - 1, "on");
    const bool is_same =
        (is_one || word_is(w, i, "same")) &&
        (checker_phrase(c, i + 1, LIST_GENRE_NOUNS) > 0 || word_in(w, i + 1, "topic tag section"));
    const bool is_similar = word_in(w, i, "similar alike akin");
    struct joined pair = {.n = 0};
    if (!is_same && !is_similar)
        return;
    for (int k = i; k < sentence_limit(c, i, FAR_WORDS); k++)
        if (word_in(w, k, "to as"))
            joined_add_list(c, k + 1, &pair);
    joined_add(&pair, c->given.told.item);
    if (pair.n == 1 && (is_one || is_same))
        pair = joined_before(c, i, true);
    if (pair.n > 1 && !joined_share_something(c, &pair))
        fail(c, i, i + 1 + is_same);
}

/* "from the same year as A", "the two came out in the same year" */
static void check_same_year(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const int *year = c->catalogue->year;
    struct joined pair = {.n = 0};
    const bool is_decade = word_is(w, i + 1, "decade");
    if (!word_is(w, i, "same") || !(is_decade || word_is(w, i + 1, "year")) ||
        word_is(w, i - 1, "that"))
        return;
    if (word_is(w, i + 2, "as"))
        joined_add_list(c, i + 3, &pair);
    joined_add(&pair, c->given.told.item);
    if (pair.n == 1)
        joined_add(&pair, item_before(c, i));
    const int of = is_decade ? 10 : 1;
    for (int k = 1; k < pair.n; k++)
        if (year[pair.item[k]] / of != year[pair.item[0]] / of || !year[pair.item[k]]) {
            fail(c, i, i + 2);
            return;
        }
}

/* 'T is based on A', other than 'this pick is based on A'. */
static void check_based(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (word_is(w, i, "based") && word_is(w, i + 1, "on") && i > 1 && i + 2 < w->n &&
        word_in(w, i - 1, "is was") && c->mention_of[i - 2] >= 0 && c->mention_of[i + 2] >= 0)
        fail(c, i, i + 2);
}

/* '... is a drama, and so is A': A has what was said last. */
static void check_so(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "so as") || !word_in(w, i + 1, "is are was were") || i + 2 >= w->n ||
        sentence_breaks(c, i + 1) || sentence_breaks(c, i + 2))
        return;
    struct joined joined = {.n = 0};
    joined_add_list(c, i + 2, &joined);
    if (joined.n == 0 && word_in(w, i + 2, "this it"))
        joined_add(&joined, c->given.told.item);
    const struct values values = values_before(c, 0, i);
    if (values.n > 0 && !joined_have(c, &joined, joined.n, &values))
        fail(c, i, i + 2);
}

/* "The first is about politics", "the second is a drama". */
static void check_pointed(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "first second third last former latter other") ||
        !word_is(w, i - 1, "the") || !word_in(w, i + 1, "is was"))
        return;
    const int at = i + 2 + word_in(w, i + 2, "about a an");
    const struct values values = values_at(c, at);
    const llmx_id item = item_pointed_at(c, i);
    if (item >= 0 && values.n > 0 && !item_is_of_all(c, item, &values))
        fail(c, values.at.first, values.at.end);
}

/* "mixes strategy with simulation". */
static void check_mix(struct llmx_checker *c, int i)
{
    if (!word_in(&c->words, i, "mixes mix mixing blends blend blending combines combine combining"))
        return;
    const struct values values = values_behind(c, i + 1, NEAR_WORDS);
    const struct joined subject = joined_subject(c, i);
    for (int k = 0; k < values.n; k++)
        if (!item_is_of(c, subject.item[0], values.genre[k])) {
            fail(c, values.at.first, values.at.end);
            return;
        }
}

/* "another drama", "is another", "drama again", "more drama", "more of the same". */
static void check_another(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_again = word_is(w, i, "again"), is_another = word_is(w, i, "another");
    const bool is_more =
        word_is(w, i, "more") && !word_in(w, i - 1, "or and no") && !word_is(w, i + 1, "than");
    if (!is_again && !is_another && !is_more)
        return;
    if (is_again && i > 0 && c->mention_of[i - 1] >= 0 && item_at(c, i - 1) == c->given.told.item)
        fail(c, i, i + 1); /* "here it is again" */
    if (is_more && word_is(w, i + 1, "of") && word_is(w, i + 3, "same")) {
        struct joined pair = {{c->given.told.item}, 1};
        joined_add(&pair, item_before(c, i));
        if (!joined_share_something(c, &pair))
            fail(c, i, i + 4);
        return;
    }
    struct values values = values_behind(c, i + 1, is_more ? 2 : NEAR_WORDS);
    if (values.n == 0 && is_again)
        values = values_in_front(c, i, NEAR_WORDS);
    const bool ends = i + 1 >= w->n || sentence_breaks(c, i + 1) || is_set_apart(c, i + 1) ||
                      checker_on(c, i + 1, LIST_ITEM_NOUNS);
    if (values.n == 0 && is_another && (ends || word_in(w, i + 1, "and one of for")))
        values = values_before(c, 0, i);
    const bool is_antecedent = values.n > 0 && values.at.first < i;
    if (values.n > 0 && (!item_is_of_all(c, c->given.told.item, &values) ||
                         !something_has(c, i, c->given.told.item, &values, is_antecedent)))
        fail(c, i, i + 1);
}

/* "so drama is back", "comedy goes on", "a return to crime". */
static void check_return(struct llmx_checker *c, int i)
{
    const int n = checker_phrase(c, i, LIST_RETURNS);
    if (n == 0 || (i > 0 && checker_phrase(c, i - 1, LIST_RETURNS) > 1))
        return;
    const struct values before = values_in_front(c, i, NEAR_WORDS);
    const struct values after = values_behind(c, i + n, RETURN_WORDS);
    if (before.n > 0 || after.n > 0)
        fail(c, i, i + n);
}

/* "A counts most", "the main reason is A". */
static void check_weight(struct llmx_checker *c, int i)
{
    const struct llmx_given *told = &c->given.told;
    const int n = checker_phrase(c, i, LIST_WEIGHTS);
    llmx_id most = told->n_evidence > 0 ? told->evidence[0] : -1;
    if (n == 0)
        return;
    for (int k = 0; k < told->n_facts; k++)
        if (told->facts[k].kind == LLMX_FACT_WEIGHT)
            most = told->facts[k].items[0];
    const int first = sentence_first(c, i), end = sentence_end(c, i);
    bool is_other = false;
    const struct joined subject = joined_subject(c, i);
    if (subject.n == 1 && subject.item[0] != told->item && subject.item[0] != most) {
        fail(c, i, i + n); /* 'B counts most, and you watched A' */
        return;
    }
    for (int k = 0; k < c->n_mentions; k++)
        is_other = is_other || (c->mention[k].first >= first && c->mention[k].first < end &&
                                c->mention[k].item != told->item && c->mention[k].item != most);
    if (is_other && !is_named_in(c, most, first, end))
        fail(c, i, i + n);
}

void check_relations(struct llmx_checker *c, const struct claims *claims)
{
    if (!claims_are_known(c))
        return;
    for (int i = 0; i < c->words.n; i++) {
        if (c->mention_of[i] >= 0)
            continue;
        if (!claims_at(claims, i))
            check_too(c, i);
        check_both(c, i);
        check_listed(c, i);
        check_share(c, i);
        check_common(c, i);
        check_unlike(c, i);
        check_like(c, i);
        check_similar(c, i);
        check_so(c, i);
        check_pointed(c, i);
        check_same_year(c, i);
        check_based(c, i);
        check_mix(c, i);
        check_another(c, i);
        check_return(c, i);
        check_weight(c, i);
    }
}
