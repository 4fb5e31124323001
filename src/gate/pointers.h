/* pointers.h - which items "both", "it", "the first" and their like stand for, where what was named before leaves no doubt. */
#ifndef GATE_POINTERS_H
#define GATE_POINTERS_H

#include "gate/claim.h"

#define ITEMS_MAX 8

struct items {
    llmx_id item[ITEMS_MAX];
    int n; /* 0 where it is in doubt */
};

void items_add(struct items *items, llmx_id item);
bool items_include(const struct items *items, llmx_id item);
bool items_have(const struct llmx_checker *checker, const struct items *items,
                const struct values *values);

/* Has each of them a value in common with the recommended item; has none? */
bool items_share_with_target(const struct llmx_checker *checker, const struct items *items);
bool items_share_nothing(const struct llmx_checker *checker, const struct items *items);

/* Those named in words first .. end - 1, in order: of the history alone, or with the recommended one, by title or as "this". */
struct items items_taken(const struct llmx_checker *checker, int first, int end);
struct items items_spoken_of(const struct llmx_checker *checker, int first, int end);

/* 'A and B' at word i; *end: where the list ends. */
struct items items_listed(const struct llmx_checker *checker, int i, int *end);

/* How many words at i point to items, as an object or behind "like": "it", "those two", "the first"; 0: none do. */
int pointer_at(const struct llmx_checker *checker, int i, struct items *items);

/* How many words at i point to several items, as a subject: "both", "the two films", "all three"; 0: none do. In doubt it is all
 * that were named. */
int subjects_at(const struct llmx_checker *checker, int i, struct items *items);

#endif
