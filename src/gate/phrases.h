/* phrases.h - sequences of word numbers and what they stand for, found by walking word by word. */
#ifndef GATE_PHRASES_H
#define GATE_PHRASES_H

#include "base/names.h"

/* All zero is empty. Node 0 is the root; every other node is one word further. */
struct phrases {
    struct names edges; /* (node, word) -> node - 1 */
    int32_t *first;     /* (nodes) first meaning of the phrase that ends here, or -1 */
    size_t capacity;
    struct meaning {
        int32_t value;
        int32_t next; /* another meaning of the same phrase, or -1 */
    } * meaning;
    size_t n_meanings, meaning_capacity;
};

/* Adds a meaning to the phrase of n > 0 words; the same one twice counts once. -1: LLMX_NO_MEMORY */
int phrases_add(struct phrases *phrases, const int32_t *words, int n, int32_t value,
                struct llmx_error *err);

/* The node one word on, or -1. Word -1 (unknown) leads nowhere. */
int32_t phrases_step(const struct phrases *phrases, int32_t node, int32_t word);

/* The first meaning of the phrase that ends at a node, or -1; then phrases->meaning[...]. */
static inline int32_t phrases_first(const struct phrases *phrases, int32_t node)
{
    return node > 0 ? phrases->first[node] : -1;
}

void phrases_release(struct phrases *phrases);

#endif
