/* desk.c - what one recommendation gives to write from, and whether a text keeps to it. */
#include "explain/desk.h"

#include "base/memory.h"
#include "explain/wording.h"

#include <stdlib.h>

int desk_open(struct desk *desk, const struct briefing *briefing, struct llmx_error *err)
{
    *desk = (struct desk){.briefing = briefing};
    desk->history = mem_array((size_t)briefing->history_max + 1, sizeof *desk->history, err);
    if (desk->history && llmx_checker_create(&desk->checker, briefing->gate, err) == 0)
        return 0;
    desk_release(desk);
    return -1;
}

void desk_release(struct desk *desk)
{
    llmx_checker_destroy(desk->checker);
    free(desk->history);
    free(desk->evidence);
    free(desk->evidence_items);
    text_release(&desk->sentences);
    *desk = (struct desk){0};
}

/* Takes the evidence of a recommendation that may be told; returns how much that is, or -1. */
static int take_evidence(struct desk *desk, const struct rec *rec, struct llmx_error *err)
{
    const struct twins *twins = &desk->briefing->twins;
    const size_t room = (size_t)rec->n_evidence + LLMX_FACT_ITEMS_MAX;
    int n = 0;
    if (mem_grow(&desk->evidence, &desk->evidence_capacity, room, sizeof *desk->evidence, err) !=
            0 ||
        mem_grow(&desk->evidence_items, &desk->items_capacity, room, sizeof *desk->evidence_items,
                 err) != 0)
        return -1;
    for (int i = 0; i < rec->n_evidence; i++) {
        bool is_told = twins_are_one(twins, rec->evidence[i], rec->item);
        for (int k = 0; k < n; k++)
            is_told = is_told || twins_are_one(twins, rec->evidence[i], desk->evidence_items[k]);
        if (is_told)
            continue;
        desk->evidence[n] = (struct llmx_evidence){rec->evidence[i], rec->contribution[i]};
        desk->evidence_items[n++] = rec->evidence[i];
    }
    return n;
}

/* Finds the facts; those of a template that tells them are what the evidence is chosen for. */
static int find_facts(struct desk *desk, const struct rec *rec, int n, struct llmx_given *given,
                      struct llmx_error *err)
{
    const struct briefing *b = desk->briefing;
    const struct llmx_person person = {.user = rec->user,
                                       .history = rec->history,
                                       .n = rec->n_history,
                                       .as_of =
                                           rec->is_as_of_train ? LLMX_AS_OF_TRAIN : LLMX_AS_OF_NOW};
    const struct llmx_recommendation recommendation = {.item = rec->item,
                                                       .rank = rec->rank,
                                                       .score = rec->score,
                                                       .n_evidence = n,
                                                       .evidence = desk->evidence};
    struct llmx_telling telling;
    given->facts = desk->fact;
    given->n_facts = llmx_facts_of(b->facts, &person, &recommendation, desk->fact, &telling, err);
    if (given->n_facts < 0)
        return -1;
    given->evidence = desk->evidence_items;
    given->n_evidence = n < b->options->evidence_max ? n : b->options->evidence_max;
    if (!b->template.tells_facts)
        return 0;
    for (int i = 0; i < telling.n_evidence; i++)
        desk->evidence_items[i] = telling.evidence[i];
    given->n_evidence = telling.n_evidence;
    return 0;
}

int desk_given(struct desk *desk, const struct rec *rec, struct llmx_given *given,
               struct llmx_error *err)
{
    const struct briefing *b = desk->briefing;
    const struct llmx_explain_options *o = b->options;
    const int n = take_evidence(desk, rec, err);
    *given = (struct llmx_given){
        .user = rec->user,
        .retold = b->retold.list,
        .n_retold = b->retold.n,
        .item = rec->item,
        .history = desk->history,
        .n_history = rec_history(rec, b->data, &b->twins, desk->history, b->history_max),
        .columns = b->template.columns,
        .words_max = o->words_max,
        .allow_profile = o->profile == LLMX_PROFILE_SPEAK,
        .is_strict = o->is_strict,
    };
    if (n < 0 || find_facts(desk, rec, n, given, err) != 0)
        return -1;
    if (!b->template.tells_facts)
        return 0;
    wording_choose(&desk->sentences, desk->fact, given->n_facts, b->catalogue, &b->template.domain);
    given->sentences = desk->sentences.s;
    return text_check(&desk->sentences, err);
}

int desk_check(struct desk *desk, const struct rec *rec, const char *prompt, const char *text,
               size_t n, struct llmx_verdict *verdict, struct llmx_error *err)
{
    struct llmx_given given;
    if (desk_given(desk, rec, &given, err) != 0)
        return -1;
    given.prompt = prompt;
    return llmx_gate_check(desk->checker, &given, text, n, verdict, err);
}
