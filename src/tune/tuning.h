/* tuning.h - what the parts of a tuning share: the loop (tune.c), watching the held-out examples (tune_watch.c), the
 * files of the adapter's folder (tune_files.c). */
#ifndef TUNE_TUNING_H
#define TUNE_TUNING_H

#include "base/folder.h"
#include "llmxrec/tune.h"
#include "tune/pack.h"
#include "tune/tune_state.h"

struct tuning {
    const struct llmx_model *model;
    const struct llmx_tune_options *options;
    const char *path; /* the adapter's folder */
    const char *examples_path;
    struct examples learnt, held; /* held: empty where nothing is watched */
    int steps_per_epoch;
    struct tune_state state;
    uint64_t fingerprint; /* of examples, base model and `init` */

    struct gradient_work *work;
    struct pack pack;
    float *gradient, *part;      /* (lora->n) of a batch, of one pack of it */
    int *order, *held_order;     /* (learnt.n), (held.n) */
    unsigned char *is_likeliest; /* (pack.tokens_max) */
    FILE *log;
    double tuned_s, tuned_tokens; /* since this process began */
};

/* LLMX_BAD_OPTION where one is out of range or contradicts another. */
int tune_options_check(const struct llmx_tune_options *options, struct llmx_error *err);

/* Calls the progress callback; true when it asks to stop. */
bool tuning_report(const struct tuning *t, const char *stage, double done, double total,
                   const char *note);

/* tune_watch.c: measures the held-out examples into `result`; LLMX_INTERRUPTED when asked to stop. */
int tune_validate(struct tuning *t, struct tune_epoch *result, struct llmx_error *err);

/* Appends texts for the first held-out prompts (or learnt ones, where none are held out) to state.samples. */
int tune_sample(struct tuning *t, int epoch, struct llmx_error *err);

/* tune_files.c: what the folder holds. STARTED: no checkpoint yet. */
enum tune_dir_state { TUNE_EMPTY, TUNE_STARTED, TUNE_INTERRUPTED, TUNE_FINISHED };
enum tune_dir_state tune_dir_state(const char *path);

extern const struct folder_kind tune_folder_kind;

/* May a tuning start here? LLMX_BAD_OPTION with what to do when not. */
int tune_dir_check(const char *path, const struct llmx_tune_options *options,
                   struct llmx_error *err);

/* Was the tuning in the folder begun with these options? Else LLMX_MISMATCH naming the first that differs. */
int tune_files_compare(const struct tuning *t, struct llmx_error *err);

/* The folder as it must be before the first step: config.yaml written, or (resuming) compared and the checkpoint read;
 * the log open for more. */
int tune_files_begin(struct tuning *t, struct llmx_error *err);

/* Adds the last step's line to the log; rate: its learning rate. What cannot be written now is told at the end, when
 * the log is written whole. */
void tune_files_log(const struct tuning *t);

/* Everything that a finished folder holds but the checkpoint, which then goes. */
int tune_files_finish(struct tuning *t, struct llmx_error *err);

/* The learning rate of a step. */
double tuning_rate(const struct tuning *t, int step);

#define TUNE_EPOCHS "epochs.jsonl"

#endif
