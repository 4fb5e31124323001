/* desk.h - where one thread works with a briefing: one recommendation after the other. */
#ifndef EXPLAIN_DESK_H
#define EXPLAIN_DESK_H

#include "explain/briefing.h"
#include "explain/recs.h"

struct desk {
    const struct briefing *briefing;
    struct llmx_checker *checker;
    llmx_id *history; /* (history_max) as desk_given shows it */
};

/* The briefing must outlive it. -1: LLMX_NO_MEMORY, with nothing to release */
int desk_open(struct desk *desk, const struct briefing *briefing, struct llmx_error *err);
void desk_release(struct desk *desk);

/* What a recommendation gives, without the prompt's text; the history is valid until the next call. */
struct llmx_given desk_given(struct desk *desk, const struct rec *rec);

/* Checks a text against a recommendation and the prompt that was made for it. Errors as llmx_gate_check. */
int desk_check(struct desk *desk, const struct rec *rec, const char *prompt, const char *text,
               size_t n, struct llmx_verdict *verdict, struct llmx_error *err);

#endif
