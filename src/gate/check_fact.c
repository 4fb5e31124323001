/* check_fact.c - is anything told beyond titles and categories, where the facts have it? */
#include "gate/checks.h"

/* Do the facts that are to be told say more than what items have in common? */
static bool has_more_to_tell(const struct llmx_given *told)
{
    for (int i = 0; i < told->n_facts; i++)
        if (told->facts[i].place > 0 && told->facts[i].kind != LLMX_FACT_SHARED &&
            told->facts[i].kind != LLMX_FACT_NOT_SHARED)
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
