/* sequence.h - what the models of sequences share, whatever their encoder: the rest of a row of the table. */
#ifndef RECOMMEND_SEQUENCE_H
#define RECOMMEND_SEQUENCE_H

#include "recommend/adam.h"
#include "recommend/encoder.h"
#include "recommend/item_loss.h"
#include "recommend/recommender.h"
#include "recommend/windows.h"

/* A batch is cut into so many shares, each summing its gradients apart; they are added in their order. So results do
 * not depend on the number of threads, and more threads than shares do not help. */
#define SHARES 8

#define PACK_ROWS                                                                                  \
    512 /* rows that an encoder gets at once (or one window): its activations stay in the cache */

struct sequence_model {
    const struct sequence_encoder *encoder;
    struct llmx_train_options options;
    llmx_id items;
    struct weight_block blocks[BLOCKS_MAX];
    int n_blocks;
    double deviation;
    size_t
        n_weights; /* floats of all blocks, rounded up to whole vectors, so that they may be cut anywhere */
    float *item;    /* (items, dim) the embeddings that are kept */
    float *weights; /* (n_weights) */
    struct sequence_training *training;
};

/* A share of a batch: its gradients, zero between steps. */
struct batch_share {
    float *item, *weights;  /* (items, dim), (n_weights) */
    unsigned char *touched; /* (items) */
    double loss;
};

/* One thread's memory. */
struct sequence_scratch {
    float *work;                  /* the encoder's, for `rows` */
    float *state, *dstate, *drow; /* (rows, dim): of the rows that learn; gradients of all rows */
    llmx_id *item, *target;       /* (rows) */
    int *start, *learnt,
        *row; /* (rows + 1), per segment: its first row and the first that learns; (rows) */
    llmx_id *negative; /* (negatives) */
    struct loss_scratch loss;
};

struct sequence_training {
    struct windows windows;
    struct item_loss loss;
    struct adam_table item, weights;
    int64_t step; /* Adam's, over all epochs */
    struct batch_share share[SHARES];
    struct sequence_scratch *scratch; /* (threads) */
    int threads, rows;                /* rows: what a pack has at most */
};

int sequence_create(void **model, const struct sequence_encoder *encoder, llmx_id items,
                    const struct llmx_train_options *options, struct llmx_error *err);
double sequence_bytes(const struct llmx_data *data, const struct sequence_encoder *encoder,
                      const struct llmx_train_options *options);

/* As recommender.h says. */
void sequence_destroy(void *model);
int sequence_arrays(void *model, struct model_array *arrays);
int sequence_begin(void *model, const struct llmx_data *data,
                   const struct llmx_train_options *options, struct threads *pool,
                   struct llmx_error *err);
int sequence_epoch(void *model, int epoch, struct threads *pool, struct epoch_result *result,
                   struct llmx_error *err);
void sequence_warm(void *model);
int sequence_score(const void *model, const struct llmx_person *people, int n, float *scores,
                   struct llmx_error *err);
int sequence_evidence(const void *model, const struct llmx_person *person, const llmx_id *items,
                      int k, float *contributions, struct llmx_error *err);
int sequence_similar(const void *model, llmx_id item, float *scores, struct llmx_error *err);

#define SEQUENCE_ROW                                                                               \
    .destroy = sequence_destroy, .arrays = sequence_arrays, .begin = sequence_begin,               \
    .epoch = sequence_epoch, .warm = sequence_warm, .score = sequence_score,                       \
    .evidence = sequence_evidence, .similar = sequence_similar

/* The parts of an epoch that tests look at. */

/* One share learns some windows from the embeddings and weights of training: adds to its gradients, each target with
 * `weight`, and to its loss. stream: tells this share of this step from all others, for dropout and negatives. */
void sequence_learn(const struct sequence_model *model, const struct window *window, int n,
                    float weight, uint64_t stream, struct batch_share *share,
                    struct sequence_scratch *scratch);

#endif
