/* pack.h - examples one after the other in one packed batch: which, in what order, and what each token weighs. */
#ifndef TUNE_PACK_H
#define TUNE_PACK_H

#include "tune/examples.h"
#include "tune/gradient.h"

/* Room for one packed batch at a time. */
struct pack {
    int tokens_max;
    int32_t *ids;  /* (tokens_max) */
    float *weight; /* (tokens_max) */
    int *start;    /* (tokens_max + 1) */
    struct packed packed;
};

int pack_init(struct pack *pack, int tokens_max, struct llmx_error *err);
void pack_release(struct pack *pack);

/* Packs as many of the n examples `which` as fit, at least one (each is at most tokens_max long), every learnt token
 * with `weight`; returns how many. pack->packed is then what gradient_compute takes. */
int pack_fill(struct pack *pack, const struct examples *examples, const int *which, int n,
              float weight, uint64_t dropout_seed);

/* The order (n) in which an epoch takes the examples: a shuffle that is a pure function of seed and epoch, or the
 * file's order. */
void pack_order(int *order, int n, uint64_t seed, int epoch, bool shuffles);

/* Learnt tokens of the n examples `which`, and their tokens in all. */
void pack_count(const struct examples *examples, const int *which, int n, long *outputs,
                long *tokens);

#endif
