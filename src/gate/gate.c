/* gate.c - opening the gate, and asking every check about a text. */
#include "gate/gate.h"

#include "base/memory.h"
#include "gate/checker.h"
#include "gate/checks.h"
#include "gate/mentions.h"

#include <stdlib.h>

static const char *const names[LLMX_CHECK_COUNT] = {
    [LLMX_CHECK_TITLE] = "title",
    [LLMX_CHECK_ITEM_AS_HISTORY] = "item_as_history",
    [LLMX_CHECK_GENRE] = "genre",
    [LLMX_CHECK_YEAR] = "year",
    [LLMX_CHECK_NAME] = "name",
    [LLMX_CHECK_CLAIM] = "claim",
    [LLMX_CHECK_DISLIKE] = "dislike",
    [LLMX_CHECK_EVIDENCE] = "evidence",
    [LLMX_CHECK_ITEM] = "item",
    [LLMX_CHECK_PROFILE] = "profile",
    [LLMX_CHECK_LENGTH] = "length",
    [LLMX_CHECK_ADDRESS] = "address",
    [LLMX_CHECK_REFUSAL] = "refusal",
    [LLMX_CHECK_ECHO] = "echo",
    [LLMX_CHECK_REPETITION] = "repetition",
    [LLMX_CHECK_UNFINISHED] = "unfinished",
    [LLMX_CHECK_NUMBER] = "number",
    [LLMX_CHECK_PEOPLE] = "people",
    [LLMX_CHECK_RELATION] = "relation",
    [LLMX_CHECK_PREAMBLE] = "preamble",
    [LLMX_CHECK_MARKUP] = "markup",
    [LLMX_CHECK_WORD] = "word",
    [LLMX_CHECK_FACT] = "fact",
};

const char *llmx_check_name(int check)
{
    return check >= 0 && check < LLMX_CHECK_COUNT ? names[check] : NULL;
}

int llmx_gate_open(struct llmx_gate **gate, const struct llmx_data *data, struct llmx_error *err)
{
    struct llmx_gate *g = mem_array(1, sizeof *g, err);
    if (!g || !(g->catalogue = catalogue_create(data, err))) {
        free(g);
        return -1;
    }
    *gate = g;
    return 0;
}

void llmx_gate_destroy(struct llmx_gate *gate)
{
    if (!gate)
        return;
    catalogue_destroy(gate->catalogue);
    free(gate);
}

const char *llmx_gate_title(const struct llmx_gate *gate, llmx_id item)
{
    return gate->catalogue->title[item];
}

int llmx_checker_create(struct llmx_checker **checker, const struct llmx_gate *gate,
                        struct llmx_error *err)
{
    struct llmx_checker *c = mem_array(1, sizeof *c, err);
    if (!c || given_init(&c->given, gate->catalogue, err) != 0) {
        free(c);
        return -1;
    }
    c->catalogue = gate->catalogue;
    *checker = c;
    return 0;
}

void llmx_checker_destroy(struct llmx_checker *c)
{
    if (!c)
        return;
    given_release(&c->given);
    passage_release(&c->words);
    free(c->id);
    free(c->id_bare);
    free(c->mention_of);
    free(c->settled);
    free(c->mention);
    free(c);
}

/* What only the facts can say. */
static void check_told(struct llmx_checker *c)
{
    struct claims claims;
    claims_read(&claims, c);
    check_numbers(c, &claims);
    check_people(c, &claims);
    check_relations(c, &claims);
    check_fact(c, &claims);
    check_pointers(c, &claims);
    check_counted(c, &claims);
    check_recency(c);
    check_repeats(c);
    check_slips(c, &claims);
    check_article(c);
}

int llmx_gate_check(struct llmx_checker *c, const struct llmx_given *given, const char *text,
                    size_t n, struct llmx_verdict *verdict, struct llmx_error *err)
{
    *verdict = (struct llmx_verdict){0};
    c->verdict = verdict;
    c->status = 0;
    c->err = err;
    if (given_load(&c->given, c->catalogue, given, err) != 0 ||
        checker_read(c, text, n, err) != 0 || mentions_find(c, err) != 0)
        return -1;
    check_quotations(c);
    check_item_as_history(c);
    check_genres(c);
    check_years(c);
    check_profile(c);
    check_names(c);
    check_claims(c);
    check_dislike(c);
    check_evidence(c);
    check_item(c);
    check_length(c);
    check_address(c);
    check_refusal(c);
    check_echo(c);
    check_repetition(c);
    check_unfinished(c);
    check_told(c);
    check_preamble(c);
    check_markup(c);
    check_word(c);
    check_taken(c);
    return c->status;
}
