/* run_dir.h - the directory a training writes: what stands in it, who may write it, what is cleared away. */
#ifndef RUN_RUN_DIR_H
#define RUN_RUN_DIR_H

#include "base/folder.h"
#include "llmxrec/train.h"

#define RUN_MODEL      "model.safetensors"
#define RUN_CHECKPOINT "checkpoint"
#define RUN_METRICS    "metrics.json"
#define RUN_LOG        "log.jsonl"
#define RUN_CURVE      "curve.svg"
#define RUN_DATA       "data.json"

enum run_dir_state {
    RUN_EMPTY,
    RUN_STARTED,
    RUN_INTERRUPTED,
    RUN_FINISHED
}; /* STARTED: no checkpoint yet */

/* What a training writes, and by which of it (config.yaml) a run is told from somebody else's folder. */
extern const struct folder_kind run_dir_kind;

/* Takes the directory under our hands: locked against a second training, cleared of temporary files.
 * LLMX_BAD_OPTION when a file of somebody else stands where one of a run's belongs. */
int run_dir_open(struct folder *dir, const char *path, struct llmx_error *err);

enum run_dir_state run_dir_state(const char *path);

/* May a training start here? LLMX_BAD_OPTION with what to do when not. */
int run_dir_check(const char *path, const struct llmx_train_options *options,
                  struct llmx_error *err);

/* LLMX_NOT_FOUND while the training is not finished. */
int run_dir_check_finished(const char *path, struct llmx_error *err);

/* A table of row and token of all users or items, whole; is_new: as output_open_new. */
int run_dir_write_side(const char *path, const struct llmx_data *data, enum llmx_side side,
                       bool is_new, struct llmx_error *err);

/* users.tsv and items.tsv of a run: such tables. */
int run_dir_write_tokens(const char *path, const struct llmx_data *data, struct llmx_error *err);

#endif
