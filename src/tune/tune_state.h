/* tune_state.h - everything a tuning knows at a moment, and its file ADAPTER/checkpoint, so that it can go on after
 * anything. */
#ifndef TUNE_TUNE_STATE_H
#define TUNE_TUNE_STATE_H

#include "base/text.h"
#include "llm/lora.h"

#include <stdint.h>

#define TUNE_CHECKPOINT "checkpoint"

/* What an epoch brought. NaN: not measured. */
struct tune_epoch {
    double loss;          /* mean of its steps' losses */
    double held_loss;     /* nats a held-out token, after it */
    double held_accuracy; /* share of the held-out tokens that were the likeliest */
};

struct tune_state {
    struct lora *lora;     /* owned; its values are what is learnt */
    float *first, *second; /* (lora->n) AdamW's moments */
    float *best;           /* (lora->n) values after best_epoch */
    int steps, epochs;     /* to do in all */
    int step;              /* taken */
    int closed;            /* results there are: epochs closed, the start being number 0 */
    int best_epoch;
    double *loss, *tokens_per_s; /* (steps) of the first `step` */
    struct tune_epoch *results;  /* (epochs + 1) of the first `closed` */
    struct text samples;         /* samples.jsonl so far */
};

/* Takes over the adapter, whatever happens. `state` is {0}. */
int tune_state_init(struct tune_state *state, struct lora *lora, int steps, int epochs,
                    struct llmx_error *err);
void tune_state_release(struct tune_state *state);

/* fingerprint: of all that is learnt from. Reading: LLMX_MISMATCH when it was another, LLMX_BAD_INPUT for a damaged
 * file. */
int tune_state_write(const struct tune_state *state, uint64_t fingerprint, const char *folder,
                     struct llmx_error *err);
int tune_state_read(struct tune_state *state, uint64_t fingerprint, const char *folder,
                    struct llmx_error *err);

#endif
