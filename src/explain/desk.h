/* desk.h - where one thread works with a briefing: one recommendation after the other. */
#ifndef EXPLAIN_DESK_H
#define EXPLAIN_DESK_H

#include "explain/briefing.h"
#include "explain/recs.h"

struct desk {
    const struct briefing *briefing;
    struct llmx_checker *checker;
    llmx_id *history; /* (history_max) as desk_given shows it */
    struct llmx_evidence *evidence;
    llmx_id *evidence_items; /* of `evidence`, or those that facts are told of */
    size_t evidence_capacity, items_capacity;
    struct llmx_fact fact[LLMX_FACTS_MAX];
};

/* The briefing must outlive it. -1: LLMX_NO_MEMORY, with nothing to release */
int desk_open(struct desk *desk, const struct briefing *briefing, struct llmx_error *err);
void desk_release(struct desk *desk);

/* What a recommendation gives, without the prompt's text; it is valid until the next call. Evidence of the item's own title, or
 * of one that is there already, is left out. -1: LLMX_NO_MEMORY */
int desk_given(struct desk *desk, const struct rec *rec, struct llmx_given *given,
               struct llmx_error *err);

/* Checks a text against a recommendation and the prompt that was made for it. Errors as llmx_gate_check. */
int desk_check(struct desk *desk, const struct rec *rec, const char *prompt, const char *text,
               size_t n, struct llmx_verdict *verdict, struct llmx_error *err);

#endif
