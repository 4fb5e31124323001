/* deeds.h - what the people of a claim did: 'people who saw both also watched "Heat"'. */
#ifndef GATE_DEEDS_H
#define GATE_DEEDS_H

#include "gate/claim.h"

/* How many words at i are a verb of what people did; 0: none. */
int deed_at(const struct llmx_checker *checker, int i, enum deed_kind *kind);

/* Reads base and result of a claim whose words and numbers are known; `before` is the claim before it, or NULL. */
void deeds_read(const struct llmx_checker *checker, struct claim *claim,
                const struct claim *before);

#endif
