/* pairs.h - pairs in memory, where they are read and made. */
#ifndef JUDGE_PAIRS_H
#define JUDGE_PAIRS_H

#include "base/arena.h"
#include "llmxrec/pairs.h"

#include <stdio.h>

struct llmx_pairs {
    struct arena arena; /* the strings */
    struct llmx_pair *pair;
    size_t n, capacity;
};

/* NULL when memory is out. */
struct llmx_pairs *pairs_create(struct llmx_error *err);

int pairs_add(struct llmx_pairs *pairs, const struct llmx_pair *pair, struct llmx_error *err);

/* The lines that llmx_pairs_write writes. */
int pairs_put(const struct llmx_pairs *pairs, FILE *stream, struct llmx_error *err);

/* What the judge prefers in one order, 0 or 1. */
enum llmx_preference pair_said(const struct llmx_pair *pair, int order);

#endif
