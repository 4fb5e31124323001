/* check_fact.c - is anything told beyond titles and categories, where the facts have it? */
#include "gate/checks.h"

/* Does another fact that is to be told join it with the recommended item? */
static bool is_joined(const struct llmx_given *told, llmx_id item)
{
    for (int i = 0; i < told->n_facts; i++) {
        const struct llmx_fact *fact = &told->facts[i];
        for (int k = 0; k < fact->n_items && fact->place > 0; k++)
            if (fact->items[k] == item && fact->kind != LLMX_FACT_RECENT &&
                fact->kind != LLMX_FACT_NOT_SHARED)
                return true;
    }
    return false;
}

/* Does a fact say more than what items have in common? That an item was taken last is no reason unless something joins it. */
static bool is_more(const struct llmx_given *told, const struct llmx_fact *fact)
{
    return fact->place > 0 && fact->kind != LLMX_FACT_SHARED &&
           fact->kind != LLMX_FACT_NOT_SHARED &&
           (fact->kind != LLMX_FACT_RECENT || is_joined(told, fact->items[0]));
}

static bool has_more_to_tell(const struct llmx_given *told)
{
    for (int i = 0; i < told->n_facts; i++)
        if (is_more(told, &told->facts[i]))
            return true;
    return false;
}

void check_fact(struct llmx_checker *c, const struct claims *claims)
{
    const struct llmx_given *told = &c->given.told;
    if (!told->wants_fact || claims->n > 0 || !has_more_to_tell(told))
        return;
    for (int i = 0; i < c->words.n; i++)
        if (c->mention_of[i] < 0 &&
            (word_in(&c->words, i, "last latest") || checker_phrase(c, i, LIST_PEOPLE) > 0 ||
             checker_phrase(c, i, LIST_WEIGHTS) > 0))
            return;
    checker_fail(c, LLMX_CHECK_FACT, 0, 0);
}
