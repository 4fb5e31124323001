/* joined.h - the items that a relation joins ('A, B and this one share crime'), and the values that stand near it. */
#ifndef GATE_JOINED_H
#define GATE_JOINED_H

#include "gate/claim.h"

#define JOINED_MAX 8

/* Items that a relation joins. */
struct joined {
    llmx_id item[JOINED_MAX];
    int n;
};

/* Adds an item once; none for -1. */
void joined_add(struct joined *joined, llmx_id item);

/* Adds the list of items at word i: 'A and B'; returns the word behind it. */
int joined_add_list(const struct llmx_checker *checker, int i, struct joined *joined);

/* The items named before word i, the last first. */
struct joined joined_before(const struct llmx_checker *checker, int i, bool with_pronouns);

/* Those right before word i: 'A, B and this one', "it"; the recommended item where there is nothing. */
struct joined joined_subject(const struct llmx_checker *checker, int i);

/* Have the first n of them the values? */
bool joined_have(const struct llmx_checker *checker, const struct joined *joined, int n,
                 const struct values *values);

/* Have any two of them nothing in common? And all of them something? */
bool joined_share_nothing(const struct llmx_checker *checker, const struct joined *joined);
bool joined_share_something(const struct llmx_checker *checker, const struct joined *joined);

/* The item beside the recommended one that is named last before word i, or -1. */
llmx_id item_before(const struct llmx_checker *checker, int i);

/* The item of the mention at word i. */
llmx_id item_at(const struct llmx_checker *checker, int i);

/* So many words on from word i, or where its sentence ends. */
int sentence_limit(const struct llmx_checker *checker, int i, int words);

/* Values behind word i, before the next title; in front of it, behind the last title. */
struct values values_behind(const struct llmx_checker *checker, int i, int words);
struct values values_in_front(const struct llmx_checker *checker, int i, int words);

#endif
