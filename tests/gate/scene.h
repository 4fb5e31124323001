/* scene.h - small recommendations with all that is true of them, for tests of what the gate holds to facts (data set
 * tests/golden/gate/claims). */
#ifndef TESTS_GATE_SCENE_H
#define TESTS_GATE_SCENE_H

#define OPENED "tests/golden/gate/claims"
#include "gate/opened.h"

#define FACTS_MAX 8

/* A recommendation and what is true of it, items by their tokens. */
struct scene {
    const char *item, *evidence[2];
    struct {
        enum llmx_fact_kind kind;
        const char *items[2];
        int m, n;
        const char *values[2];
    } fact[FACTS_MAX];
    int n_facts;
};

#define FACT(KIND) LLMX_FACT_##KIND

static llmx_id item(const char *token)
{
    const llmx_id id = llmx_data_item(data, token);
    if (id < 0)
        fail_msg("no item %s", token);
    return id;
}

static void judge(const struct scene *scene, const char *text, int is_strict,
                  struct llmx_verdict *verdict)
{
    struct llmx_fact facts[FACTS_MAX] = {{0}};
    llmx_id evidence[2];
    struct llmx_error err;
    struct llmx_given given = {.user = -1,
                               .item = item(scene->item),
                               .evidence = evidence,
                               .prompt = "1988 1990 1991 1994 1995 1997",
                               .columns = 1u << llmx_data_column(data, LLMX_ITEMS, "class"),
                               .words_max = 75,
                               .is_strict = is_strict,
                               .facts = facts,
                               .n_facts = scene->n_facts};
    for (int k = 0; k < 2 && scene->evidence[k]; k++)
        evidence[given.n_evidence++] = item(scene->evidence[k]);
    for (int i = 0; i < scene->n_facts; i++) {
        facts[i] = (struct llmx_fact){
            .kind = scene->fact[i].kind, .m = scene->fact[i].m, .n = scene->fact[i].n};
        for (int k = 0; k < 2 && scene->fact[i].items[k]; k++)
            facts[i].items[facts[i].n_items++] = item(scene->fact[i].items[k]);
        for (int k = 0; k < 2 && scene->fact[i].values[k]; k++)
            facts[i].value[facts[i].n_values++] = scene->fact[i].values[k];
    }
    if (llmx_gate_check(checker, &given, text, strlen(text), verdict, &err) != 0)
        fail_msg("%s", err.message);
}

#endif
