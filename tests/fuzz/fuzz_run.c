/* Any bytes as the config.yaml of a run directory, and as its checkpoint (of BPR-MF on the small data set). */
#include "fuzz/bytes_file.h"
#include "run/checkpoint.h"
#include "run/run_config.h"
#include "run/run_dir.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void read_config(const char *run_dir)
{
    struct run_config config;
    struct llmx_error err;
    if (run_config_read(&config, run_dir, &err) != 0)
        return;
    assert(config.train.model);
    run_config_release(&config);
}

static void read_checkpoint(const char *run_dir)
{
    struct llmx_train_options options = llmx_train_defaults("bpr");
    struct training_state state = {0};
    struct llmx_error err;
    void *model = NULL;
    const struct recommender *row = recommender_find("bpr", &err);
    options.dim = 2;
    if (row->create(&model, 4, 5, &options, &err) != 0 ||
        training_state_create(&state, row, model, &err) != 0)
        abort();
    if (checkpoint_read(&state, row, model, 0, run_dir, &err) == 0)
        assert(state.epoch >= 0 && state.best_epoch >= 0);
    training_state_release(&state);
    row->destroy(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static char run_dir[64], checkpoint[64];
    if (!run_dir[0]) {
        const char *folder = bytes_folder("config.yaml", bytes, n);
        snprintf(run_dir, sizeof run_dir, "%s", folder);
        snprintf(checkpoint, sizeof checkpoint, "%s/" RUN_CHECKPOINT, folder);
        if (symlink(bytes_file(bytes, n), checkpoint) != 0)
            abort();
    }
    bytes_file(bytes, n);
    read_config(run_dir);
    read_checkpoint(run_dir);
    return 0;
}
