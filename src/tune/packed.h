/* packed.h - a batch of token sequences as the gradient takes it: packed one after the other; each sees only itself, so
 * nothing is spent on padding. */
#ifndef TUNE_PACKED_H
#define TUNE_PACKED_H

#include <stdint.h>

/* weight         of the loss of predicting ids[t] from what stands before it in its sequence; 0: not learnt (prompts,
 *                and the first token of every sequence)
 * dropout_seed   of this batch; the adapter's dropout masks are a pure function of it */
struct packed {
    const int32_t *ids;  /* (tokens) */
    const float *weight; /* (tokens), >= 0 */
    const int *start;    /* (sequences + 1) */
    int tokens, sequences;
    uint64_t dropout_seed;
};

#endif
