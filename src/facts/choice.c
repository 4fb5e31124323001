/* choice.c - which evidence and which facts are told: the worth of a fact, and a chance that differs by person and item, so
 * that a person's recommendations do not all lean on the same kind. */
#include "facts/pick.h"

#include <string.h>

#define FACTS_TOLD   4
#define WORTH_SPOKEN 2.0 /* of a fact that is barely worth telling */
#define CARRIED      1.5 /* what it is worth to have carried the score as much as the first did */
#define EQUAL        1e-9

/* At most so many of a kind are told. */
static const int most[LLMX_FACT_KINDS] = {
    [LLMX_FACT_WEIGHT] = 1, [LLMX_FACT_COMPANY] = 1,    [LLMX_FACT_LIKED] = 1,
    [LLMX_FACT_SHARED] = 2, [LLMX_FACT_NOT_SHARED] = 1, [LLMX_FACT_HABIT] = 1,
    [LLMX_FACT_RECENT] = 1, [LLMX_FACT_REACH] = 1,
};

static bool is_about(const struct llmx_fact *fact, const struct llmx_telling *t)
{
    for (int i = 0; i < fact->n_items; i++) {
        int k = 0;
        while (k < t->n_evidence && t->evidence[k] != fact->items[i])
            k++;
        if (k == t->n_evidence)
            return false;
    }
    return true;
}

static bool names_item(const struct llmx_fact *fact, llmx_id item)
{
    for (int i = 0; i < fact->n_items; i++)
        if (fact->items[i] == item)
            return true;
    return false;
}

/* ---- evidence ---- */

/* What the best facts about this evidence are worth beyond being barely worth telling. */
static double worth_of_facts(const struct findings *found, const struct llmx_telling *t)
{
    double best[FACTS_TOLD], sum = 0;
    int n = 0;
    for (int i = 0; i < found->n; i++) {
        const struct llmx_fact *fact = &found->fact[i];
        if (found->worth[i] <= 0 || fact->n_items == 0 || fact->kind == LLMX_FACT_NOT_SHARED ||
            fact->kind == LLMX_FACT_WEIGHT || !is_about(fact, t))
            continue;
        const double worth = found->worth[i] - WORTH_SPOKEN;
        int at = n < FACTS_TOLD ? n++ : FACTS_TOLD;
        for (; at > 0 && best[at - 1] < worth; at--)
            if (at < FACTS_TOLD)
                best[at] = best[at - 1];
        if (at < FACTS_TOLD)
            best[at] = worth;
    }
    for (int i = 0; i < n; i++)
        sum += best[i];
    return sum;
}

static double carried(const struct pick *p, int e)
{
    const double top = (double)p->evidence[0].contribution;
    return top > 0 ? (double)p->evidence[e].contribution / top : 1;
}

static void choose_pair(const struct pick *p, const struct findings *found,
                        struct llmx_telling *telling)
{
    double best = 0;
    *telling = (struct llmx_telling){{p->evidence[0].item}, p->n_evidence > 0, 0};
    for (int a = 0; a < p->n_candidates; a++)
        for (int b = a + 1; b < p->n_candidates; b++) {
            const struct llmx_telling pair = {{p->evidence[a].item, p->evidence[b].item}, 2, 0};
            const double worth =
                worth_of_facts(found, &pair) + CARRIED * (carried(p, a) + carried(p, b));
            if (telling->n_evidence == 1 || worth > best + EQUAL) {
                best = worth;
                *telling = pair;
            }
        }
}

/* Is it a reason, and not only about the recommender or the person's own doings? */
static bool is_reason(const struct findings *found, int i)
{
    const enum llmx_fact_kind kind = found->fact[i].kind;
    return found->worth[i] > 0 && found->fact[i].n_items > 0 && kind != LLMX_FACT_NOT_SHARED &&
           kind != LLMX_FACT_WEIGHT && kind != LLMX_FACT_RECENT;
}

bool pick_choose_evidence(const struct pick *p, const struct findings *found,
                          struct llmx_telling *telling)
{
    bool has_reason[LLMX_FACT_ITEMS_MAX] = {false};
    choose_pair(p, found, telling);
    for (int i = 0; i < found->n; i++)
        for (int k = 0; k < telling->n_evidence && is_reason(found, i); k++)
            has_reason[k] = has_reason[k] || (is_about(&found->fact[i], telling) &&
                                              names_item(&found->fact[i], telling->evidence[k]));
    if (telling->n_evidence == 2 && has_reason[0] != has_reason[1]) {
        telling->evidence[0] = telling->evidence[has_reason[1]];
        telling->n_evidence = 1;
    }
    return has_reason[0] || has_reason[1];
}

/* ---- facts ---- */

/* In [0, 1), by FNV-1a of "user|item|kind". */
static double chance(const struct pick *p, enum llmx_fact_kind kind)
{
    const struct llmx_data *data = p->facts->data;
    const char *words[] = {p->user < 0 ? "" : llmx_data_user_token(data, p->user), "|",
                           llmx_data_item_token(data, p->item), "|", llmx_fact_name(kind)};
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t w = 0; w < sizeof words / sizeof *words; w++)
        for (const char *s = words[w]; *s; s++)
            hash = (hash ^ (unsigned char)*s) * 0x100000001b3;
    return (double)(hash >> 40) / (1 << 24);
}

static bool share_values(const struct llmx_fact *a, const struct llmx_fact *b)
{
    for (int i = 0; i < a->n_values; i++)
        for (int k = 0; k < b->n_values; k++)
            if (a->value[i] == b->value[k])
                return true;
    return false;
}

/* Does a fact that is told say it already? */
static bool is_said(const struct findings *found, const struct llmx_telling *told,
                    const struct llmx_fact *fact)
{
    int n_kind = 0;
    for (int i = 0; i < told->n_facts; i++) {
        const struct llmx_fact *other = &found->fact[i];
        n_kind += other->kind == fact->kind;
        if (other->kind == LLMX_FACT_SHARED && fact->kind == LLMX_FACT_SHARED &&
            share_values(other, fact))
            return true;
    }
    return n_kind >= most[fact->kind];
}

/* Moves fact `from` to place `to` before it. */
static void move_up(struct findings *found, double *order, int from, int to)
{
    const struct llmx_fact fact = found->fact[from];
    const double worth = found->worth[from], rank = order[from];
    const size_t n = (size_t)(from - to);
    memmove(found->fact + to + 1, found->fact + to, n * sizeof *found->fact);
    memmove(found->worth + to + 1, found->worth + to, n * sizeof *found->worth);
    memmove(order + to + 1, order + to, n * sizeof *order);
    found->fact[to] = fact;
    found->worth[to] = worth;
    order[to] = rank;
}

/* What differs is told of all that is told, and only where nothing is shared. */
static void leave_out_differences(const struct findings *found, const struct llmx_telling *telling,
                                  double *order)
{
    bool is_shared = false, is_of_all = false;
    for (int i = 0; i < found->n; i++) {
        const struct llmx_fact *fact = &found->fact[i];
        is_shared = is_shared || (order[i] >= 0 && fact->kind == LLMX_FACT_SHARED);
        is_of_all = is_of_all || (order[i] >= 0 && fact->kind == LLMX_FACT_NOT_SHARED &&
                                  fact->n_items == telling->n_evidence);
    }
    for (int i = 0; i < found->n; i++)
        if (found->fact[i].kind == LLMX_FACT_NOT_SHARED &&
            (is_shared || (is_of_all && found->fact[i].n_items < telling->n_evidence)))
            order[i] = -1;
}

/* By what the facts are told, the largest first; -1: not at all. */
static void put_in_order(const struct pick *p, const struct findings *found,
                         const struct llmx_telling *telling, double *order)
{
    double by_kind[LLMX_FACT_KINDS];
    for (int kind = 0; kind < LLMX_FACT_KINDS; kind++)
        by_kind[kind] = chance(p, kind);
    for (int i = 0; i < found->n; i++)
        order[i] = found->worth[i] > 0 && is_about(&found->fact[i], telling)
                       ? found->worth[i] + by_kind[found->fact[i].kind]
                       : -1;
    leave_out_differences(found, telling, order);
}

void pick_choose_facts(const struct pick *p, struct findings *found, struct llmx_telling *telling)
{
    double order[LLMX_FACTS_MAX];
    put_in_order(p, found, telling, order);
    while (telling->n_facts < FACTS_TOLD) {
        int best = -1;
        for (int i = telling->n_facts; i < found->n; i++)
            if (order[i] >= 0 && (best < 0 || order[i] > order[best]) &&
                !is_said(found, telling, &found->fact[i]))
                best = i;
        if (best < 0)
            return;
        move_up(found, order, best, telling->n_facts);
        found->fact[telling->n_facts].place = telling->n_facts + 1;
        telling->n_facts++;
    }
}
