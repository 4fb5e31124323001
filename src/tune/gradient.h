/* gradient.h - the loss of a batch of token sequences under a frozen model with an adapter, and its gradient with
 * respect to the adapter's values: what tuning is made of. Base weights never change and have no gradients. */
#ifndef TUNE_GRADIENT_H
#define TUNE_GRADIENT_H

#include "llm/lora.h"
#include "llm/model.h"
#include "tune/packed.h"

struct gradient_work; /* memory and compiled kernels for batches of up to tokens_max tokens */

/* memory_bytes: what is kept of the forward pass stays below it, by computing layers again in the backward pass; 0: no
 * limit (at most 1,280 tokens, or one longer sequence, go through the model at a time, whatever the batch holds).
 * Beside it stand the transposed weights, as large as the model's own, and some MB a thread. */
int gradient_work_create(struct gradient_work **work, const struct llmx_model *model, int rank,
                         int tokens_max, size_t memory_bytes, int threads, struct llmx_error *err);
void gradient_work_destroy(struct gradient_work *work);

/* *loss: sum over t of weight[t] * -log p(ids[t] | before), in nats. The same bits at any number of threads.
 *
 * lora       of the rank prepared; any of its layers may be adapted
 * batch      at most tokens_max tokens, ids of the vocabulary
 * gradient   (lora->n) overwritten with the loss's gradient; NULL: the loss alone, without dropout (validation)
 * logprob    (tokens) log p of ids[t] where weight[t] > 0; may be NULL
 * best       (tokens) whether ids[t] was the likeliest token there; may be NULL
 * returns    0, or -1: LLMX_TOO_LARGE when a sequence does not fit memory_bytes with even one layer kept */
int gradient_compute(struct gradient_work *work, const struct lora *lora,
                     const struct packed *batch, float *gradient, double *loss, float *logprob,
                     unsigned char *best, struct llmx_error *err);

#endif
