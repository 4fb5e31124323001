/* final.c - once a run has been evaluated: the same training from everything, for as long as validation chose. */
#include "base/err.h"
#include "data/dataset.h"
#include "run/checkpoint.h"
#include "run/moved.h"
#include "run/run_config.h"
#include "run/run_dir.h"

#include <stdlib.h>
#include <string.h>

static bool holds_nothing_out(const struct run_config *config)
{
    return config->data.split_by && strcmp(config->data.split_by, "none") == 0;
}

/* May this run be made again from everything? */
static int check_run(const struct run_config *config, const char *run_dir, const char *data_path,
                     struct llmx_error *err)
{
    if (run_dir_state(run_dir) != RUN_FINISHED)
        return err_set(
            err, LLMX_NOT_FOUND,
            "the training in %s is not finished; llmxrec train … --resume goes on with it",
            run_dir);
    if (holds_nothing_out(config))
        return err_set(err, LLMX_BAD_OPTION,
                       "the run %s learnt from everything already: it is final", run_dir);
    if (!data_path && !config->data_path)
        return err_set(err, LLMX_NOT_FOUND,
                       "the run %s does not say which data it was trained on; give --data",
                       run_dir);
    return 0;
}

/* --force replaces the evaluated run where that is what it is told to; --resume never takes it up. */
static int check_place(const char *run_dir, const char *final_dir,
                       const struct llmx_train_options *options, struct llmx_error *err)
{
    char *run = realpath(run_dir, NULL), *final = realpath(final_dir, NULL);
    const bool is_same = run && final && strcmp(run, final) == 0;
    free(run);
    free(final);
    if (!is_same || options->force)
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "%s is the evaluated run itself; choose another --out (--force replaces it)",
                   final_dir);
}

/* The run's own training, but from everything and for as long as validation chose: where the run took up another, for the
 * epochs of both. */
static int take_options(struct run_config *config, const char *run_dir, const char *data_path,
                        const struct llmx_train_options *options, struct llmx_error *err)
{
    struct llmx_train_options *train = &config->train;
    if (model_epochs(run_dir, &train->epochs, err) != 0)
        return -1;
    config->data.split_by = "none";
    config->data.threads = options->threads;
    if (data_path && config->data_path &&
        moved_files(&config->data, config->data_path, data_path, &config->texts, err) != 0)
        return -1;
    if (data_path)
        config->data_path = data_path;
    train->threads = options->threads;
    train->checkpoint_seconds = options->checkpoint_seconds;
    train->resume = options->resume;
    train->force = options->force;
    train->report = options->report;
    train->progress = options->progress;
    train->data_path = config->data_path;
    train->data_options = &config->data;
    return 0;
}

int llmx_train_final(const char *run_dir, const char *data_path,
                     const struct llmx_train_options *options, const char *final_dir,
                     struct llmx_final_report *report, struct llmx_error *err)
{
    const struct llmx_train_options defaults = llmx_train_defaults("pop");
    struct run_config config = {0};
    struct llmx_data *data = NULL;
    int status = -1;
    if (!options)
        options = &defaults;
    if (run_config_read(&config, run_dir, err) == 0 &&
        check_run(&config, run_dir, data_path, err) == 0 &&
        check_place(run_dir, final_dir, options, err) == 0 &&
        take_options(&config, run_dir, data_path, options, err) == 0 &&
        llmx_data_open(&data, config.data_path, &config.data, err) == 0)
        status = llmx_train(data, &config.train, final_dir, err);
    if (status == 0 && report)
        *report = (struct llmx_final_report){config.train.epochs, llmx_data_interactions(data)};
    llmx_data_destroy(data);
    run_config_release(&config);
    return status;
}
