/* check_numbers.c - does every number belong to a fact, and to what it is said of? Years are left to check_years.c. */
#include "gate/checks.h"
#include "gate/claim_facts.h"

#include <string.h>

#define LAST_MAX 3 /* facts of what is recent reach so far back */

static void fail(struct llmx_checker *c, struct span at)
{
    checker_fail(c, LLMX_CHECK_NUMBER, at.first, at.end - at.first);
}

static bool is_any(struct span span)
{
    return span.end > span.first;
}

static struct span first_number(const struct claim *claim)
{
    if (!is_any(claim->part.at) && !is_any(claim->whole.at))
        return claim->said; /* a ratio */
    if (!is_any(claim->part.at))
        return claim->whole.at;
    return !is_any(claim->whole.at) || claim->part.at.first < claim->whole.at.first
               ? claim->part.at
               : claim->whole.at;
}

static void check_people_count(struct llmx_checker *c, const struct claim *claim)
{
    const struct span base = claim->base.objects, result = claim->result.objects;
    switch (claim_blame(c, claim)) {
    case BLAME_ITEMS:
        fail(c, is_any(base) ? base : is_any(result) ? result : first_number(claim));
        break;
    case BLAME_WHOLE:
        fail(c, is_any(claim->whole.at) ? claim->whole.at : first_number(claim));
        break;
    case BLAME_PART:
        fail(c, claim->part.at);
        break;
    case BLAME_SHARE:
        if (claim->share == SHARE_RATIO)
            fail(c, claim->said);
        break;
    case BLAME_ALL:
        fail(c, first_number(claim));
        break;
    default: /* true, or what people did is not (check_people.c) */
        break;
    }
}

/* What the customer's last n are said to be: behind the number, else in front of it, else earlier. */
static struct values habit_values(const struct llmx_checker *c, const struct claim *claim)
{
    const int from = claim->part.value >= 0 && claim->part.at.first > claim->whole.at.first
                         ? claim->part.at.end
                         : claim->whole.at.end;
    const int sentence = sentence_first(c, claim->first);
    const bool is_compared =
        word_is(&c->words, claim->first - 1, "like"); /* "a drama, like nine" */
    struct values values =
        is_compared ? values_before(c, sentence, claim->first) : values_after(c, from, claim->end);
    if (values.n == 0 && is_compared)
        values = values_after(c, from, claim->end);
    if (values.n == 0)
        values = values_before(c, claim->first, claim->whole.at.first);
    if (values.n == 0)
        values = values_before(c, sentence, claim->first);
    return values.n > 0 ? values : values_before(c, 0, claim->first);
}

static bool has_all_values(const struct llmx_checker *c, const struct llmx_fact *fact,
                           const struct values *values)
{
    for (int i = 0; i < values->n; i++)
        if (!fact_has_value(c, fact, values->genre[i]))
            return false;
    return values->n > 0;
}

/* "Your last five games are ...": each of them. */
static bool is_of_each(const struct llmx_checker *c, const struct claim *claim)
{
    const int at = claim->whole.at.end;
    int verb = at + checker_on(c, at, LIST_ITEM_NOUNS);
    if (word_in(&c->words, verb, "you youve"))
        verb += 1 + checker_phrase(c, verb + 1, LIST_TAKING);
    return claim->part.value < 0 && claim->share == SHARE_UNSAID &&
           !word_in(&c->words, claim->whole.at.first - 3, "of in among from") &&
           (word_in(&c->words, verb, "are were have") ||
            word_in(&c->words, claim->whole.at.first - 3, "are were"));
}

static bool habit_counts(const struct llmx_checker *c, const struct claim *claim,
                         const struct llmx_fact *fact)
{
    return (!is_of_each(c, claim) || fact->m == fact->n) &&
           (claim->part.value < 0 || claim->part.value == fact->m) &&
           (claim->whole.value < 0 || claim->whole.value == fact->n) &&
           (claim->share == SHARE_RATIO ? ratio_holds(&claim->ratio, fact->m, fact->n)
                                        : share_holds(claim->share, fact->m, fact->n));
}

/* The item of the history that is named nearest to word i in its sentence, or else the last one before; -1: none. */
static llmx_id nearest_known(const struct llmx_checker *c, int i)
{
    const int first = sentence_first(c, i), end = sentence_end(c, i);
    llmx_id nearest = -1;
    int least = c->words.n;
    for (int k = 0; k < c->n_mentions; k++) {
        const struct mention *m = &c->mention[k];
        const int away = m->first > i ? m->first - i : i - (m->first + m->n);
        if (m->item < 0 || m->item == c->given.told.item || m->first >= end)
            continue;
        if (m->first < first) {
            nearest = m->item;
        } else if (away < least) {
            nearest = m->item;
            least = away;
        }
    }
    return nearest;
}

/* "one of your last three films": is the item that is meant so recent? */
static bool is_recent(const struct llmx_checker *c, int i, int n)
{
    return recent_of(&c->given.told, nearest_known(c, i)) <= n;
}

static void check_habit(struct llmx_checker *c, const struct claim *claim)
{
    const struct llmx_given *told = &c->given.told;
    const struct values values = habit_values(c, claim);
    bool is_counted = false, is_part = false;
    const int last = claim->whole.value >= 0 ? claim->whole.value : claim->part.value;
    for (int i = 0; i < told->n_facts; i++) {
        const struct llmx_fact *fact = &told->facts[i];
        if (fact->kind != LLMX_FACT_HABIT)
            continue;
        if (habit_counts(c, claim, fact) && has_all_values(c, fact, &values))
            return;
        is_counted = is_counted || habit_counts(c, claim, fact);
        is_part = is_part || claim->part.value == fact->m;
    }
    if (last >= 0 && last <= LAST_MAX && !is_of_each(c, claim) &&
        values_at(c, claim->whole.at.end).n == 0 && is_recent(c, claim->whole.at.first, last))
        return;
    if (is_counted && values.at.first > claim->first)
        fail(c, values.at);
    else
        fail(c, is_part && claim->whole.value >= 0 ? claim->whole.at : first_number(claim));
}

/* "three strategy games in a row" */
static bool is_streak(const struct llmx_checker *c, const struct claim *claim, int count,
                      const struct values *values)
{
    const struct llmx_given *told = &c->given.told;
    bool is_row = false;
    for (int i = claim->first; i + 2 < claim->end; i++)
        is_row = is_row || (word_is(&c->words, i, "in") && word_is(&c->words, i + 1, "a") &&
                            word_is(&c->words, i + 2, "row"));
    for (int i = 0; i < told->n_facts && is_row; i++)
        if (told->facts[i].kind == LLMX_FACT_HABIT && told->facts[i].m == told->facts[i].n &&
            told->facts[i].n >= count && has_all_values(c, &told->facts[i], values))
            return true;
    return false;
}

/* How many values all the items have that the sentence of word i names, the recommended one where it names but one other. */
static int n_common(const struct llmx_checker *c, int i)
{
    const struct catalogue *k = c->catalogue;
    llmx_id items[NAMED_MAX];
    const int end = sentence_end(c, i);
    int n = items_named(c, sentence_first(c, i), end, items), n_values = 0;
    if (n == 1 && items[0] == c->given.told.item)
        items[n++] = nearest_known(c, i);
    else if (n < 2)
        items[n++] = c->given.told.item;
    if (n < 2 || items[1] < 0)
        return 0;
    for (size_t v = k->item_genre_start[items[0]]; v < k->item_genre_start[items[0] + 1]; v++) {
        bool has_all = c->given.told.columns >> k->genre[k->item_genres[v]].column & 1;
        for (int other = 1; other < n; other++)
            has_all = has_all && item_is_of(c, items[other], k->item_genres[v]);
        n_values += has_all;
    }
    return n_values;
}

/* "two comedies", "all three films": are so many of those that the text may speak of just that? */
static void check_items(struct llmx_checker *c, const struct claim *claim)
{
    const struct llmx_given *told = &c->given.told;
    const struct number *number = claim->part.value >= 0 ? &claim->part : &claim->whole;
    const int at = number->at.end;
    if (word_in(&c->words, at, COUNTED_TRAITS)) {
        if (number->value != n_common(c, at))
            checker_fail(c, LLMX_CHECK_RELATION, number->at.first, 2);
        return;
    }
    const struct values values =
        values_at(c, at + (checker_on(c, at, LIST_ITEM_NOUNS) || values_at(c, at).n == 0));
    int count = values.n == 0 || item_is_of_all(c, told->item, &values);
    const struct values own = values_at(c, at);
    for (int i = 0; i < told->n_evidence; i++)
        count += own.n == 0 || item_is_of_all(c, told->evidence[i], &own);
    if (number->value > count && !is_streak(c, claim, number->value, &own))
        fail(c, number->at);
}

static bool is_within(int word, struct span span)
{
    return word >= span.first && word < span.end;
}

/* Does word i belong to a number that is judged: "two hundred"? */
static bool is_counted(const struct claims *claims, int i)
{
    for (int k = 0; k < claims->n; k++)
        if (is_within(i, claims->claim[k].part.at) || is_within(i, claims->claim[k].whole.at))
            return true;
    return false;
}

static void check_claim(struct llmx_checker *c, const struct claim *claim)
{
    const bool is_known = claims_are_known(c);
    if (!claim_has_number(claim) && claim->topic != ABOUT_HABIT)
        return;
    switch (claim->topic) {
    case ABOUT_PEOPLE:
        check_people_count(c, claim);
        break;
    case ABOUT_HABIT:
        check_habit(c, claim);
        break;
    case ABOUT_ITEMS:
        if (is_known)
            check_items(c, claim);
        break;
    case ABOUT_NOTHING:
        if (is_known && !c->settled[first_number(claim).first])
            fail(c, first_number(claim));
        break;
    }
}

/* The largest company over the usual share, in hundredths; 0 where reach is not known. */
static long lift(const struct llmx_given *told)
{
    long best = 0;
    for (int i = 0; i < told->n_facts; i++)
        for (int k = 0; k < told->n_facts; k++) {
            const struct llmx_fact *company = &told->facts[i], *reach = &told->facts[k];
            if (company->kind != LLMX_FACT_COMPANY || reach->kind != LLMX_FACT_REACH ||
                company->n <= 0 || reach->m <= 0)
                continue;
            const long of = 100L * company->m * reach->n / ((long)company->n * reach->m);
            best = of > best ? of : best;
        }
    return best;
}

static bool has_habit_near(const struct llmx_checker *c, int i)
{
    const struct llmx_given *told = &c->given.told;
    const struct values values = values_at(c, i);
    for (int k = 0; k < told->n_facts && values.n > 0; k++)
        if (told->facts[k].kind == LLMX_FACT_HABIT && has_all_values(c, &told->facts[k], &values))
            return true;
    return values.n == 0;
}

/* "a dozen", "two thirds", "twice the usual share", "a lot of drama". */
static void check_amount(struct llmx_checker *c, int i, int n)
{
    const struct passage *w = &c->words;
    const char *word = word_text(w, i);
    const struct list_entry *entry = list_find(LIST_AMOUNTS, word, w->word[i].n);
    const char *rule = entry ? entry->value : word_is(w, i + n - 1, "of") ? "lot" : "never";
    if (strcmp(rule, "lot") == 0 && has_habit_near(c, i + n))
        return;
    if (strcmp(rule, "twice") == 0 && word_is(w, i + n, "the") &&
        word_in(w, i + n + 1, "usual average") && lift(&c->given.told) >= 200)
        return;
    checker_fail(c, LLMX_CHECK_NUMBER, i, n);
}

/* The item of the history that a word belongs to; -1. */
static llmx_id known_at(const struct llmx_checker *c, int i)
{
    const int mention = i >= 0 && i < c->words.n ? c->mention_of[i] : -1;
    const llmx_id item = mention >= 0 ? c->mention[mention].item : -1;
    return item == c->given.told.item ? -1 : item;
}

/* 'You watched A and, last, B', 'lately you saw B': B, behind the adverb i; -1. */
static llmx_id item_ahead(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_most = word_is(w, i - 1, "most");
    if (!word_in(w, i, "last lastly recently lately") || word_in(w, i - 1 - is_most, "the your"))
        return -1;
    int next = i + 1;
    if (word_in(w, next, "you youve")) {
        while (word_in(w, next + 1, "have also"))
            next++;
        const int n = checker_phrase(c, next + 1, LIST_TAKING);
        next = n > 0 ? next + 1 + n : i;
    }
    return next < w->n && sentence_end(c, i) > next ? known_at(c, next) : -1;
}

/* 'You watched A last', 'you saw A recently' */
static bool is_behind_item(const struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_most = word_is(w, i - 1, "most");
    const int before = i - 1 - is_most;
    const bool is_said = word_in(w, i, "recently lately") ||
                         (word_is(w, i, "last") &&
                          (i + 1 >= w->n || sentence_breaks(c, i + 1) || is_set_apart(c, i + 1)));
    return is_said && before >= 0 && !sentence_breaks(c, i) && c->mention_of[before] >= 0 &&
           c->mention[c->mention_of[before]].item != c->given.told.item;
}

/* "the last film you watched", "you last watched", "you recently saw"; 'A recently, B': of A, 'A, most recently B': of B. */
static void check_last(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const bool is_most = word_in(w, i, "recent") && word_is(w, i - 1, "most");
    const bool is_noun = (is_most || word_in(w, i, "last latest")) &&
                         word_in(w, i - 1 - is_most, "the your") &&
                         (checker_on(c, i + 1, LIST_ITEM_NOUNS) || word_is(w, i + 1, "one")) &&
                         !word_in(w, i + 1, "films movies games stories ones");
    const bool is_verb = word_in(w, i, "last just recently") &&
                         word_in(w, i - 1, "you youve have") &&
                         checker_phrase(c, i + 1, LIST_TAKING) > 0;
    const int n = word_in(w, i, "recently lately") && !word_is(w, i - 1, "most") ? LAST_MAX : 1;
    const bool is_behind = is_behind_item(c, i);
    const bool is_of_left = is_behind && !is_set_apart(c, i - word_is(w, i - 1, "most"));
    const llmx_id ahead = is_noun || is_verb || is_of_left ? -1 : item_ahead(c, i);
    if (ahead >= 0 ? recent_of(&c->given.told, ahead) > n
                   : (is_noun || is_verb || is_behind) && !is_recent(c, i, n))
        checker_fail(c, LLMX_CHECK_NUMBER, i, is_noun ? 2 : 1);
}

/* 'You watched A, then B', 'A after B', 'A before B': only what is recent says which was first. */
static void check_sequence(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    if (!word_in(w, i, "then after before"))
        return;
    const bool is_and = word_is(w, i - 1, "and");
    const llmx_id left = known_at(c, i - 1 - is_and), right = known_at(c, i + 1);
    if (left < 0 || right < 0 || sentence_breaks(c, i) || sentence_breaks(c, i + 1))
        return;
    const bool is_left_later = word_is(w, i, "after");
    const llmx_id later = is_left_later ? left : right, earlier = is_left_later ? right : left;
    if (recent_of(&c->given.told, later) >= recent_of(&c->given.told, earlier))
        checker_fail(c, LLMX_CHECK_NUMBER, i, 1);
}

/* "Your last films are crime dramas": each of them. */
static void check_all_last(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const struct llmx_given *told = &c->given.told;
    if (!word_is(w, i, "your") || !word_in(w, i + 1, "last latest recent") ||
        !checker_on(c, i + 2, LIST_ITEM_NOUNS) || !word_in(w, i + 3, "are were"))
        return;
    const struct values values = values_after(c, i + 4, sentence_end(c, i));
    for (int k = 0; k < told->n_facts; k++)
        if (told->facts[k].kind == LLMX_FACT_HABIT && told->facts[k].m == told->facts[k].n &&
            has_all_values(c, &told->facts[k], &values))
            return;
    if (values.n > 0)
        checker_fail(c, LLMX_CHECK_NUMBER, i, 3);
}

/* "You often watch crime dramas": so a habit must say. */
static void check_often(struct llmx_checker *c, int i)
{
    const struct passage *w = &c->words;
    const struct llmx_given *told = &c->given.told;
    if (!word_in(w, i, "often usually mostly always regularly frequently mainly") ||
        !word_in(w, i - 1, "you youve have") || checker_phrase(c, i + 1, LIST_TAKING) == 0)
        return;
    const struct values values = values_after(c, i + 2, sentence_end(c, i));
    for (int k = 0; k < told->n_facts; k++)
        if (told->facts[k].kind == LLMX_FACT_HABIT && has_all_values(c, &told->facts[k], &values))
            return;
    checker_fail(c, LLMX_CHECK_NUMBER, i, 1);
}

/* "your 48th film" */
static void check_ordinal(struct llmx_checker *c, int i)
{
    const char *word = word_text(&c->words, i);
    const size_t n = strspn(word, "0123456789");
    if (n > 0 && (strcmp(word + n, "th") == 0 || strcmp(word + n, "st") == 0 ||
                  strcmp(word + n, "nd") == 0 || strcmp(word + n, "rd") == 0))
        checker_fail(c, LLMX_CHECK_NUMBER, i, 1);
}

/* "yesterday", "last week": when the customer took something no fact says. */
static void check_time(struct llmx_checker *c, int i)
{
    const int n = checker_phrase(c, i, LIST_TIMES);
    if (n > 0 && c->mention_of[i + n - 1] < 0)
        checker_fail(c, LLMX_CHECK_NUMBER, i, n);
}

void check_numbers(struct llmx_checker *c, const struct claims *claims)
{
    for (int k = 0; k < claims->n; k++)
        check_claim(c, &claims->claim[k]);
    for (int i = 0; i < c->words.n && claims_are_known(c); i++) {
        const bool is_said = c->mention_of[i] >= 0 || is_counted(claims, i);
        const int n = is_said ? 0 : checker_phrase(c, i, LIST_AMOUNTS);
        if (n > 0)
            check_amount(c, i, n);
        if (n == 0 && c->mention_of[i] < 0) {
            check_last(c, i);
            check_often(c, i);
            check_all_last(c, i);
            check_time(c, i);
            check_ordinal(c, i);
            check_sequence(c, i);
        }
        i += n > 0 ? n - 1 : 0;
    }
}
