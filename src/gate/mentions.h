/* mentions.h - which items a text names, and where. */
#ifndef GATE_MENTIONS_H
#define GATE_MENTIONS_H

#include "gate/checker.h"

/* Finds every title of the catalogue in the text: checker->mention, mention_of, and what the verdict names and cites.
 * One that was not given fails. -1: LLMX_NO_MEMORY */
int mentions_find(struct llmx_checker *checker, struct llmx_error *err);

#endif
