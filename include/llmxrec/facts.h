/* facts.h - what is true of a recommendation and worth telling: statements with their numbers, counted from the interactions
 * that the run learnt from, the features of items and the evidence.
 *
 *     struct llmx_facts *facts;
 *     struct llmx_fact fact[LLMX_FACTS_MAX];
 *     struct llmx_telling telling;
 *     if (llmx_facts_open(&facts, data, &err) == 0)
 *         n = llmx_facts_of(facts, &person, &recommendation, fact, &telling, &err);
 *     llmx_facts_close(facts);
 *
 * Read-only once opened: any number of threads may share it. docs/explanations.md tells how facts become sentences. */
#ifndef LLMXREC_FACTS_H
#define LLMXREC_FACTS_H

#include "llmxrec/recommend.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Below, A and B are of the evidence, people are those of the interactions learnt from without the person who is told, and "this"
 * is the recommended item. */
enum llmx_fact_kind {
    LLMX_FACT_WEIGHT,  /* A carried more of the score than any other evidence: items A */
    LLMX_FACT_COMPANY, /* of n people who took A, or A and B, m took this */
    LLMX_FACT_LIKED,   /* of n people who rated A well and rated this, m rated this well */
    LLMX_FACT_SHARED,  /* A, or A and B, and this have values of a column in common */
    LLMX_FACT_NOT_SHARED, /* A, or A and B, and this have values of the column, none in common with this */
    LLMX_FACT_HABIT,  /* m of the person's last n have a value that this has */
    LLMX_FACT_RECENT, /* A is the nth of what the person took, counted from the end: 1 is the last */
    LLMX_FACT_REACH,  /* m of n people took this: few, or very many */
    LLMX_FACT_KINDS
};
/* "weight", "company", ...; NULL past the last. */
LLMX_API const char *llmx_fact_name(int kind);

#define LLMX_FACT_ITEMS_MAX  2
#define LLMX_FACT_VALUES_MAX 8  /* of one fact; more are not told */
#define LLMX_FACTS_MAX       96 /* of one recommendation */

struct llmx_fact {
    enum llmx_fact_kind kind;
    llmx_id items[LLMX_FACT_ITEMS_MAX]; /* of the evidence, that of the larger contribution first */
    int n_items;
    int m, n;                                /* as the kind says; 0 where it has no numbers */
    int column;                              /* of .item, where there are values; else -1 */
    const char *value[LLMX_FACT_VALUES_MAX]; /* as in the file; belong to the facts' object */
    int n_values;
    float
        worth; /* for choosing: the more the better (docs/explanations.md); 0: true, but no more than chance: never told */
    int place; /* 1, 2, ...: chosen to be told, in this order; 0: true, but not chosen */
};

/* Which of the evidence is told. */
struct llmx_telling {
    llmx_id evidence[LLMX_FACT_ITEMS_MAX];
    int n_evidence;
    int n_facts; /* chosen: those with places 1 .. n_facts */
};

struct llmx_facts;

/* Counts over LLMX_TRAIN of `data`, which must outlive it. Cost: one pass over the interactions.
 * returns   0, or -1: LLMX_NO_MEMORY */
LLMX_API int llmx_facts_open(struct llmx_facts **facts, const struct llmx_data *data,
                             struct llmx_error *err);
LLMX_API void llmx_facts_close(struct llmx_facts *facts);

/* All facts of one recommendation: those that are chosen first, in their order.
 *
 * person          as llmx_recommend was given it
 * fact            caller's storage, LLMX_FACTS_MAX entries
 * telling         may be NULL
 * returns         how many there are, or -1: LLMX_NOT_FOUND a row that the data does not have, LLMX_NO_MEMORY
 * Cost: what it takes to intersect the people of the evidence; some ten microseconds. */
LLMX_API int llmx_facts_of(const struct llmx_facts *facts, const struct llmx_person *person,
                           const struct llmx_recommendation *recommendation, struct llmx_fact *fact,
                           struct llmx_telling *telling, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
