/* run_config.h - config.yaml of a run directory: every option the run was made with, under the names that the
 * command line has (`llmxrec train --config RUN/config.yaml` makes the run again). */
#ifndef RUN_RUN_CONFIG_H
#define RUN_RUN_CONFIG_H

#include "base/arena.h"
#include "llmxrec/train.h"

struct run_config {
    struct llmx_train_options train; /* without what a run does not note: threads, progress, … */
    struct llmx_data_options data;
    const char *data_path; /* absolute; NULL: not known */
    struct arena texts;    /* what was read */
};

/* What is to be noted of a training: points into `options`; data_path made absolute. */
int run_config_of(struct run_config *config, const struct llmx_train_options *options,
                  struct llmx_error *err);

int run_config_write(const struct run_config *config, const char *run_dir, struct llmx_error *err);

/* LLMX_NOT_FOUND when run_dir holds no run; LLMX_BAD_INPUT with file and line. */
int run_config_read(struct run_config *config, const char *run_dir, struct llmx_error *err);
void run_config_release(struct run_config *config);

/* 0 when the run in run_dir, made with one, may go on with the other; else LLMX_MISMATCH naming the first option that
 * differs. Where files lie is no difference. */
int run_config_compare(const struct run_config *was, const struct run_config *is,
                       const char *run_dir, struct llmx_error *err);

#endif
