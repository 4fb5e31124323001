/* encoder.h - what differs between the models of sequences: from the items of a history, oldest first, to a state at
 * every place, which sees that place and those before. All else (windows, losses, Adam, scores, evidence) is shared,
 * in sequence.h. */
#ifndef RECOMMEND_ENCODER_H
#define RECOMMEND_ENCODER_H

#include "llmxrec/train.h"

/* Some histories (segments), rows one after the other: segment s is rows start[s] .. start[s + 1] - 1. */
struct packed_histories {
    const llmx_id *item; /* (rows) */
    const int *start;    /* (segments + 1), the first 0 */
    int segments, rows;
    float dropout; /* 0: none */
    uint64_t seed; /* of the dropout */
};

/* One array of weights, and how it begins: constant, normal with that deviation, or uniform in +- that bound. */
struct weight_block {
    const char *name;
    int n_dims;
    uint64_t dims[2];
    enum { START_CONSTANT, START_NORMAL, START_UNIFORM } start;
    double value;
};
#define BLOCKS_MAX 16

size_t block_floats(const struct weight_block *block);

struct sequence_encoder {
    /* Lists the weights, which lie one after the other in this order, those of all layers in one array; the item
     * embeddings stand apart and begin normally with *deviation. Returns how many. */
    int (*blocks)(const struct llmx_train_options *options, llmx_id items,
                  struct weight_block *blocks, double *deviation);

    /* Checks what settings.c cannot: how settings go together. */
    int (*check)(const struct llmx_train_options *options, struct llmx_error *err);

    /* Floats of `work` for so many rows; a forward pass leaves there what its backward pass takes. */
    size_t (*work_floats)(const struct llmx_train_options *options, int rows);

    /* Returns the states (rows, dim), in work. item (items, dim). */
    const float *(*forward)(const struct llmx_train_options *options, const float *weights,
                            const float *item, const struct packed_histories *pack, float *work);

    /* From dstate (rows, dim), which it may overwrite: adds to dweights; dinput (rows, dim) becomes the gradient of the
     * item embedding that each row looked up. */
    void (*backward)(const struct llmx_train_options *options, const float *weights,
                     const struct packed_histories *pack, float *dstate, float *dweights,
                     float *dinput, float *work);
};

extern const struct sequence_encoder sasrec_encoder, gru4rec_encoder;

#endif
