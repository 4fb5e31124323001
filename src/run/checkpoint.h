/* checkpoint.h - a training's whole state in one file, so that it can go on after anything. */
#ifndef RUN_CHECKPOINT_H
#define RUN_CHECKPOINT_H

#include "base/text.h"
#include "recommend/recommender.h"

#define RUN_FORMAT "1" /* of model.safetensors and checkpoint */

/* What a training knows beside the model's arrays. */
struct training_state {
    int epochs_before;            /* which made the model that this training took up; 0: none did */
    int epoch;                    /* finished since */
    int best_epoch;               /* 0: none yet */
    double best_value;            /* of the watched metric */
    struct text log;              /* log.jsonl so far */
    void *best[MODEL_ARRAYS_MAX]; /* the model's arrays (not those of training) as of best_epoch;
                                     NULL: a model of one pass, which is the best */
};

/* Of a state that is zero but for epochs_before: allocates and copies; state_keep_best: the arrays as they are now become the best. */
int training_state_create(struct training_state *state, const struct recommender *row, void *model,
                          struct llmx_error *err);
void training_state_release(struct training_state *state);
void state_keep_best(struct training_state *state, const struct recommender *row, void *model);
void state_restore_best(const struct training_state *state, const struct recommender *row,
                        void *model);

/* RUN/checkpoint. Reading: LLMX_MISMATCH for another data set, LLMX_BAD_INPUT for a damaged file. */
int checkpoint_write(const struct training_state *state, const struct recommender *row, void *model,
                     uint64_t fingerprint, const char *run_dir, struct llmx_error *err);
int checkpoint_read(struct training_state *state, const struct recommender *row, void *model,
                    uint64_t fingerprint, const char *run_dir, struct llmx_error *err);

/* How many epochs made the model in RUN/model.safetensors: those of the runs that it took up and of its own. */
int model_epochs(const char *run_dir, int *epochs, struct llmx_error *err);

/* RUN/model.safetensors. */
int model_write(const struct training_state *state, const struct recommender *row, void *model,
                uint64_t fingerprint, const char *run_dir, struct llmx_error *err);
int model_read(const struct recommender *row, void *model, uint64_t fingerprint,
               const char *run_dir, struct llmx_error *err);

#endif
