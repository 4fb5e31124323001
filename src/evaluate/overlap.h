/* overlap.h - what two texts have in common: n-grams, and the longest common subsequence. */
#ifndef EVALUATE_OVERLAP_H
#define EVALUATE_OVERLAP_H

#include "token/text_tokens.h"

/* The n-grams of some tokens as numbers, sorted, each as often as it occurs. Those of one word are its own number. */
struct grams {
    uint32_t *ids; /* (n) */
    size_t n, capacity;
};

void grams_release(struct grams *grams);

/* names: of n-grams of that order alone; not asked for words. Replaces what `out` holds. */
int grams_of(struct grams *out, struct names *names, const struct tokens *tokens, int order,
             struct llmx_error *err);

/* How many different ones there are. */
size_t grams_distinct(const struct grams *grams);

/* How many of `a` are in `b`, each counted at most as often as it is there. */
size_t grams_common(const struct grams *a, const struct grams *b);

/* The length of the longest sequence that stands in both, gaps allowed. Cost: a.n * b.n. */
int longest_common(const struct tokens *a, const struct tokens *b, size_t *length,
                   struct llmx_error *err);

#endif
