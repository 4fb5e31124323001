#include "run/run_dir.h"

#include "base/err.h"
#include "base/file.h"

#include <limits.h>

static const char *const ours[] = {RUN_MODEL, RUN_CHECKPOINT, RUN_METRICS, RUN_LOG,    RUN_CURVE,
                                   RUN_DATA,  "config.yaml",  "users.tsv", "items.tsv"};

/* A file of options for --config that a person wrote would hardly hold just these in this order. */
const struct folder_kind run_dir_kind = {
    "llmxrec train",
    ours,
    sizeof ours / sizeof *ours,
    "config.yaml",
    {"timestamps: ", "\nskip_bad: ", "\nmodel: \"", "\nmetric: \""}};

int run_dir_open(struct folder *dir, const char *path, struct llmx_error *err)
{
    return folder_open(dir, path, &run_dir_kind, err);
}

enum run_dir_state run_dir_state(const char *path)
{
    if (folder_has(path, RUN_CHECKPOINT))
        return RUN_INTERRUPTED;
    if (folder_has(path, RUN_MODEL) && folder_has(path, RUN_METRICS))
        return RUN_FINISHED;
    return folder_has(path, "config.yaml") ? RUN_STARTED : RUN_EMPTY;
}

int run_dir_check(const char *path, const struct llmx_train_options *options,
                  struct llmx_error *err)
{
    const enum run_dir_state state = run_dir_state(path);
    if (options->force || options->resume || state == RUN_EMPTY || state == RUN_STARTED)
        return 0;
    if (state == RUN_FINISHED)
        return err_set(err, LLMX_BAD_OPTION,
                       "%s holds a finished run; --force replaces it, or choose another --out",
                       path);
    return err_set(err, LLMX_BAD_OPTION,
                   "%s holds an interrupted run; --resume goes on with it, --force starts again",
                   path);
}

int run_dir_check_finished(const char *path, struct llmx_error *err)
{
    const enum run_dir_state state = run_dir_state(path);
    if (state != RUN_STARTED && state != RUN_INTERRUPTED)
        return 0;
    return err_set(err, LLMX_NOT_FOUND,
                   "the training in %s is not finished; llmxrec train … --resume goes on with it",
                   path);
}

int run_dir_write_side(const char *path, const struct llmx_data *data, enum llmx_side side,
                       bool is_new, struct llmx_error *err)
{
    struct output output = {0};
    const bool is_users = side == LLMX_USERS;
    const llmx_id rows = is_users ? llmx_data_users(data) : llmx_data_items(data);
    int result = -1;
    if ((is_new ? output_open_new : output_open)(&output, path, err) == 0) {
        for (llmx_id row = 0; row < rows; row++)
            fprintf(output.stream, "%d\t%s\n", row,
                    (is_users ? llmx_data_user_token : llmx_data_item_token)(data, row));
        result = output_commit(&output, err);
    }
    output_discard(&output);
    return result;
}

int run_dir_write_tokens(const char *path, const struct llmx_data *data, struct llmx_error *err)
{
    char file[PATH_MAX];
    if (path_join(file, sizeof file, path, "users.tsv", err) != 0 ||
        run_dir_write_side(file, data, LLMX_USERS, false, err) != 0 ||
        path_join(file, sizeof file, path, "items.tsv", err) != 0 ||
        run_dir_write_side(file, data, LLMX_ITEMS, false, err) != 0)
        return -1;
    return 0;
}
