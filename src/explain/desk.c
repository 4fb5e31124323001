/* desk.c - what one recommendation gives to write from, and whether a text keeps to it. */
#include "explain/desk.h"

#include "base/memory.h"

#include <stdlib.h>

int desk_open(struct desk *desk, const struct briefing *briefing, struct llmx_error *err)
{
    *desk = (struct desk){.briefing = briefing};
    desk->history = mem_array((size_t)briefing->options->history_max, sizeof *desk->history, err);
    if (desk->history && llmx_checker_create(&desk->checker, briefing->gate, err) == 0)
        return 0;
    desk_release(desk);
    return -1;
}

void desk_release(struct desk *desk)
{
    llmx_checker_destroy(desk->checker);
    free(desk->history);
    *desk = (struct desk){0};
}

struct llmx_given desk_given(struct desk *desk, const struct rec *rec)
{
    const struct briefing *b = desk->briefing;
    const struct llmx_explain_options *o = b->options;
    return (struct llmx_given){
        .user = rec->user,
        .item = rec->item,
        .history = desk->history,
        .n_history = rec_history(rec, b->data, desk->history, o->history_max),
        .evidence = rec->evidence,
        .n_evidence = rec->n_evidence < o->evidence_max ? rec->n_evidence : o->evidence_max,
        .columns = b->template.columns,
        .words_max = o->words_max,
        .allow_profile = o->profile == LLMX_PROFILE_SPEAK,
        .is_strict = o->is_strict,
    };
}

int desk_check(struct desk *desk, const struct rec *rec, const char *prompt, const char *text,
               size_t n, struct llmx_verdict *verdict, struct llmx_error *err)
{
    struct llmx_given given = desk_given(desk, rec);
    given.prompt = prompt;
    return llmx_gate_check(desk->checker, &given, text, n, verdict, err);
}
