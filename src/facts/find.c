/* find.c - all true facts of a recommendation, each with what it is worth.
 *
 * m of n people are more than chance when they are more standard deviations above n p than chance gives once in a hundred
 * times, p being the share that all others would give. What is true but no more than chance is worth 0. */
#include "facts/pick.h"

#include <math.h>

#define PEOPLE_LEAST 10   /* nothing is said of fewer */
#define Z_PEOPLE     2.33 /* standard deviations: one in a hundred, one-sided */
#define Z_HABIT      1.65 /* one in twenty */

#define COMPANY_LEAST 5 /* people who also took this */
#define COMPANY_SHARE .08
#define COMPANY_LIFT  1.5  /* times the share that all others have */
#define MOST          .5   /* of most people ... */
#define MOST_LIFT     1.25 /* ... so many times are enough */
#define LIKED_SHARE   .65
#define WEIGHT_LEAD   1.3 /* times the next contribution */

#define HABIT_LAST   20 /* of the history */
#define HABIT_OF     5  /* a shorter one has no habits */
#define HABIT_LEAST  3
#define HABIT_SHARE  .3
#define RECENT_LAST  3
#define REACH_FEW    .1 /* of all people, and of what is usual ... */
#define REACH_USUAL  .5 /* ... this much at most */
#define REACH_MANY   .25
#define P_LEAST      1e-3
#define P_LIFT_LEAST 1e-9

/* What a kind is worth to begin with: what people rated, see docs/explanations.md. */
static const double base_worth[LLMX_FACT_KINDS] = {
    [LLMX_FACT_WEIGHT] = 2.6, [LLMX_FACT_COMPANY] = 3.3,    [LLMX_FACT_LIKED] = 3.5,
    [LLMX_FACT_SHARED] = 3.2, [LLMX_FACT_NOT_SHARED] = 2.4, [LLMX_FACT_HABIT] = 3.2,
    [LLMX_FACT_RECENT] = 2.9, [LLMX_FACT_REACH] = 2.6,
};

/* The users of an item without the person who is told. */
struct others {
    struct user_set set;
    bool has_person;
    int n;
};

static struct others others_of(const struct user_sets *sets, llmx_id item, llmx_id person)
{
    struct others o = {.set = user_sets_of(sets, item)};
    o.has_person = user_set_has(&o.set, person);
    o.n = o.set.n - o.has_person;
    return o;
}

/* How many are in a and b, and in c too. */
static struct common common_others(const struct others *a, const struct others *b,
                                   const struct others *c)
{
    struct common common = user_set_common(&a->set, &b->set, c ? &c->set : NULL);
    common.in_two -= a->has_person && b->has_person;
    common.in_three -= c && a->has_person && b->has_person && c->has_person;
    return common;
}

/* By how many standard deviations m is more than n p, with the correction for continuity. */
static double beyond_chance(int m, int n, double p)
{
    if (p >= 1)
        return -INFINITY;
    p = p > 0 ? p : P_LEAST;
    return (m - .5 - n * p) / sqrt(n * p * (1 - p));
}

static double share(int m, int n)
{
    return (double)m / n;
}

static int other_people(const struct pick *p)
{
    int n = 0;
    if (p->user >= 0)
        llmx_data_history(p->facts->data, p->user, LLMX_TRAIN, &n);
    return p->facts->people - (n > 0);
}

/* NULL when there are so many that no more are told. */
static struct llmx_fact *add(struct findings *found, enum llmx_fact_kind kind, double worth)
{
    if (found->n == LLMX_FACTS_MAX)
        return NULL;
    found->worth[found->n] = worth;
    struct llmx_fact *fact = &found->fact[found->n++];
    *fact = (struct llmx_fact){.kind = kind, .column = -1, .worth = (float)worth};
    return fact;
}

static struct llmx_fact *add_about(struct findings *found, enum llmx_fact_kind kind, double worth,
                                   const llmx_id *items, int n_items)
{
    struct llmx_fact *fact = add(found, kind, worth);
    for (int i = 0; fact && i < n_items; i++)
        fact->items[fact->n_items++] = items[i];
    return fact;
}

static void add_counted(struct findings *found, enum llmx_fact_kind kind, double worth,
                        const llmx_id *items, int n_items, int m, int n)
{
    struct llmx_fact *fact = add_about(found, kind, worth, items, n_items);
    if (fact) {
        fact->m = m;
        fact->n = n;
    }
}

static void find_weight(const struct pick *p, struct findings *found)
{
    if (p->n_evidence > 1 &&
        p->evidence[0].contribution >= WEIGHT_LEAD * p->evidence[1].contribution)
        add_about(found, LLMX_FACT_WEIGHT, p->n_candidates > 1 ? base_worth[LLMX_FACT_WEIGHT] : 0,
                  &p->evidence[0].item, 1);
}

/* ---- what other people took and liked ---- */

static void add_company(const struct pick *p, struct findings *found, int n_item,
                        const llmx_id *items, int n_items, int m, int n)
{
    if (n < PEOPLE_LEAST)
        return;
    const double usual = share(n_item, other_people(p));
    const double least_lift = share(m, n) >= MOST ? MOST_LIFT : COMPANY_LIFT;
    const bool is_more = beyond_chance(m, n, usual) >= Z_PEOPLE && m >= COMPANY_LEAST &&
                         share(m, n) >= COMPANY_SHARE && share(m, n) >= least_lift * usual;
    const double lift = share(m, n) / fmax(usual, P_LIFT_LEAST);
    add_counted(found, LLMX_FACT_COMPANY,
                is_more ? base_worth[LLMX_FACT_COMPANY] + fmin(log2(lift), 2) * .15 +
                              (share(m, n) - .5) * .4
                        : 0,
                items, n_items, m, n);
}

/* Pairs of what may be told, and of the two that carried most. */
static bool is_pair(const struct pick *p, int a, int b)
{
    return b < p->n_candidates || (a == 0 && b == 1);
}

static void find_company(const struct pick *p, struct findings *found)
{
    const struct user_sets *took = &p->facts->took;
    const struct others item = others_of(took, p->item, p->user);
    struct others of[EVIDENCE_MAX];
    for (int a = 0; a < p->n_evidence; a++) {
        of[a] = others_of(took, p->evidence[a].item, p->user);
        const struct common common = common_others(&of[a], &item, NULL);
        add_company(p, found, item.n, &p->evidence[a].item, 1, common.in_two, of[a].n);
    }
    for (int a = 0; a < p->n_evidence; a++)
        for (int b = a + 1; b < p->n_evidence; b++) {
            const llmx_id pair[] = {p->evidence[a].item, p->evidence[b].item};
            if (!is_pair(p, a, b) || of[a].n < PEOPLE_LEAST || of[b].n < PEOPLE_LEAST)
                continue;
            const struct common common = common_others(&of[a], &of[b], &item);
            add_company(p, found, item.n, pair, 2, common.in_three, common.in_two);
        }
}

static void find_liked(const struct pick *p, struct findings *found)
{
    const struct llmx_facts *f = p->facts;
    if (!f->data->opinion)
        return;
    const struct others rated = others_of(f->rated.start ? &f->rated : &f->took, p->item, p->user),
                        liked = others_of(&f->liked, p->item, p->user);
    const double usual = share(liked.n, rated.n > 1 ? rated.n : 1);
    for (int a = 0; a < p->n_evidence; a++) {
        const struct others well = others_of(&f->liked, p->evidence[a].item, p->user);
        const int n = common_others(&well, &rated, NULL).in_two;
        if (n < PEOPLE_LEAST)
            continue;
        const int m = common_others(&well, &liked, NULL).in_two;
        const bool is_more = beyond_chance(m, n, usual) >= Z_PEOPLE && share(m, n) >= LIKED_SHARE;
        add_counted(found, LLMX_FACT_LIKED,
                    is_more ? base_worth[LLMX_FACT_LIKED] + (share(m, n) - .75) * 1.0 : 0,
                    &p->evidence[a].item, 1, m, n);
    }
}

static void find_reach(const struct pick *p, struct findings *found)
{
    const struct others item = others_of(&p->facts->took, p->item, p->user);
    const int of = other_people(p);
    const bool are_few = item.n <= REACH_FEW * of && item.n <= REACH_USUAL * p->facts->usual;
    if (item.n >= PEOPLE_LEAST && (are_few || item.n >= REACH_MANY * of))
        add_counted(found, LLMX_FACT_REACH, base_worth[LLMX_FACT_REACH] + (are_few ? .4 : -.5),
                    NULL, 0, item.n, of);
}

/* ---- what items are ---- */

static void add_value(const struct item_values *v, struct llmx_fact *fact, int value)
{
    fact->column = v->column[item_value_place(v, value)];
    if (fact->n_values < LLMX_FACT_VALUES_MAX)
        fact->value[fact->n_values++] = item_value_text(v, value);
}

/* The values of one column that this and all n items have. Rare ones say more. */
static void find_shared(const struct pick *p, struct findings *found, int place,
                        const llmx_id *items, int n_items)
{
    const struct item_values *v = &p->facts->values;
    struct llmx_fact *fact = NULL;
    const int *own;
    const int n = item_values_of(v, p->item, &own);
    double rarity = 0;
    for (int i = 0; i < n; i++) {
        if (item_value_place(v, own[i]) != place || !item_has_value(v, items[0], own[i]) ||
            !item_has_value(v, items[n_items - 1], own[i]))
            continue;
        if (!fact && !(fact = add_about(found, LLMX_FACT_SHARED, 0, items, n_items)))
            return;
        add_value(v, fact, own[i]);
        rarity -= log(share(v->holders[own[i]], llmx_data_items(p->facts->data)));
    }
    if (!fact)
        return;
    found->worth[found->n - 1] =
        base_worth[LLMX_FACT_SHARED] + fmin(rarity, 4) * .1 - .1 + (n_items == 2 ? .1 : 0);
    fact->worth = (float)found->worth[found->n - 1];
}

static bool has_any(const struct item_values *v, llmx_id item, int place)
{
    const int *own;
    const int n = item_values_of(v, item, &own);
    for (int i = 0; i < n; i++)
        if (item_value_place(v, own[i]) == place)
            return true;
    return false;
}

/* Said of categories alone: everybody expects two items to be of two makers. */
static void find_not_shared(const struct pick *p, struct findings *found, const llmx_id *items,
                            int n_items)
{
    const struct item_values *v = &p->facts->values;
    const int *own;
    const int n = item_values_of(v, p->item, &own);
    bool differ = has_any(v, p->item, 0);
    for (int k = 0; k < n_items; k++) {
        differ = differ && has_any(v, items[k], 0);
        for (int i = 0; i < n && item_value_place(v, own[i]) == 0; i++)
            differ = differ && !item_has_value(v, items[k], own[i]);
    }
    struct llmx_fact *fact =
        differ
            ? add_about(found, LLMX_FACT_NOT_SHARED,
                        base_worth[LLMX_FACT_NOT_SHARED] + (n_items == 2 ? .2 : 0), items, n_items)
            : NULL;
    if (fact)
        fact->column = v->column[0];
}

static void find_content(const struct pick *p, struct findings *found)
{
    for (int a = 0; a < p->n_evidence; a++) {
        for (int place = 0; place < VALUE_COLUMNS; place++)
            find_shared(p, found, place, &p->evidence[a].item, 1);
        find_not_shared(p, found, &p->evidence[a].item, 1);
    }
    for (int a = 0; a < p->n_evidence; a++)
        for (int b = a + 1; b < p->n_evidence; b++) {
            const llmx_id pair[] = {p->evidence[a].item, p->evidence[b].item};
            for (int place = 0; place < VALUE_COLUMNS && is_pair(p, a, b); place++)
                find_shared(p, found, place, pair, 2);
            if (is_pair(p, a, b))
                find_not_shared(p, found, pair, 2);
        }
}

/* ---- what the person does ---- */

static void find_habit_of(const struct pick *p, struct findings *found, int value,
                          const llmx_id *last, int n)
{
    const struct item_values *v = &p->facts->values;
    const double usual = share(v->holders[value], llmx_data_items(p->facts->data));
    int m = 0;
    for (int i = 0; i < n; i++)
        m += item_has_value(v, last[i], value);
    struct llmx_fact *fact;
    if (m >= HABIT_LEAST && beyond_chance(m, n, usual) >= Z_HABIT && share(m, n) >= HABIT_SHARE &&
        (fact =
             add(found, LLMX_FACT_HABIT, base_worth[LLMX_FACT_HABIT] + (share(m, n) - .4) * 1.0))) {
        add_value(v, fact, value);
        fact->m = m;
        fact->n = n;
    }
}

static void find_habits(const struct pick *p, struct findings *found)
{
    const int n = p->n_history < HABIT_LAST ? p->n_history : HABIT_LAST;
    const int *own;
    const int n_own = item_values_of(&p->facts->values, p->item, &own);
    for (int i = 0; i < n_own && n >= HABIT_OF; i++)
        find_habit_of(p, found, own[i], p->history + p->n_history - n, n);
}

static void find_recent(const struct pick *p, struct findings *found)
{
    for (int a = 0; a < p->n_evidence; a++) {
        int n = 1;
        while (n <= p->n_history && p->history[p->n_history - n] != p->evidence[a].item)
            n++;
        if (n <= RECENT_LAST && n <= p->n_history)
            add_counted(found, LLMX_FACT_RECENT, base_worth[LLMX_FACT_RECENT] + (n == 1 ? .2 : 0),
                        &p->evidence[a].item, 1, 0, n);
    }
}

void pick_find(const struct pick *p, struct findings *found)
{
    found->n = 0;
    find_weight(p, found);
    find_company(p, found);
    find_liked(p, found);
    find_content(p, found);
    find_habits(p, found);
    find_recent(p, found);
    find_reach(p, found);
}
