/* claims.h - all that a text says in numbers and of how many people: '47 of the 70 people who saw both watched it', 'nine of
 * your last 20 films', 'most who liked "Heat"'. Each with what it is said of, taken apart once and held to the facts by
 * check_numbers.c and check_people.c. Nothing here depends on a later sentence. */
#ifndef GATE_CLAIMS_H
#define GATE_CLAIMS_H

#include "gate/claim.h"

#define CLAIMS_MAX 24 /* of one text; what comes after is not looked at */

struct claims {
    struct claim claim[CLAIMS_MAX];
    int n;
};

void claims_read(struct claims *claims, const struct llmx_checker *checker);

/* The claim about people that a word stands in, or NULL. */
const struct claim *claims_at(const struct claims *claims, int word);

#endif
