/* pick.h - one recommendation as facts see it, what is found out about it, and what of that is told. */
#ifndef FACTS_PICK_H
#define FACTS_PICK_H

#include "data/twins.h"
#include "facts/item_values.h"
#include "facts/user_sets.h"
#include "llmxrec/facts.h"

struct llmx_facts {
    const struct llmx_data *data;
    struct user_sets took;
    struct user_sets liked; /* empty where nobody rates */
    struct user_sets rated; /* empty where all do, each time */
    struct item_values values;
    struct twins twins; /* of the data */
    int people;         /* who took anything */
    double usual;       /* how many took the item of an interaction, on average */
};

#define EVIDENCE_MAX 8 /* items that facts are sought of: so many that LLMX_FACTS_MAX holds them */

struct pick {
    const struct llmx_facts *facts;
    llmx_id user; /* -1: not of the data */
    llmx_id item;
    const llmx_id *history; /* (n_history) oldest first */
    int n_history;
    struct llmx_evidence
        evidence[EVIDENCE_MAX]; /* largest contribution first, none of them twice */
    int n_evidence;
    int n_candidates; /* the first of them: those that may be told */
};

struct findings {
    struct llmx_fact *fact; /* (LLMX_FACTS_MAX) */
    double worth[LLMX_FACTS_MAX];
    int n;
};

/* Everything that is true, in place of what was found before. */
void pick_find(const struct pick *pick, struct findings *found);

/* Chooses which evidence is told: one or two of the candidates. False when there is no reason among what is true of them. */
bool pick_choose_evidence(const struct pick *pick, const struct findings *found,
                          struct llmx_telling *telling);

/* Chooses which facts are told of it; they then stand first. */
void pick_choose_facts(const struct pick *pick, struct findings *found,
                       struct llmx_telling *telling);

#endif
