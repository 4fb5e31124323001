/* claim_facts.h - does a claim follow from a fact? And if none says so, what in it is wrong. */
#ifndef GATE_CLAIM_FACTS_H
#define GATE_CLAIM_FACTS_H

#include "gate/claim.h"

/* What is to blame: with it left out, some fact would say so. */
enum blame {
    BLAME_NOTHING,
    BLAME_DEED,
    BLAME_ITEMS,
    BLAME_SHARE,
    BLAME_WHOLE,
    BLAME_PART,
    BLAME_ALL
};

/* Of a claim about people. */
enum blame claim_blame(const struct llmx_checker *checker, const struct claim *claim);

/* Does "most", "nearly all" hold of m of n? */
bool share_holds(enum share share, int m, int n);
bool ratio_holds(const struct ratio *ratio, int m, int n);

/* Of how many last ones an item is told to be one; INT_MAX: it is not told. */
int recent_of(const struct llmx_given *told, llmx_id item);

#endif
