#include "recommend/run_dir.h"

#include "base/err.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static bool is_there(const char *path, const char *name)
{
    char file[PATH_MAX];
    return path_join(file, sizeof file, path, name, NULL) == 0 && access(file, F_OK) == 0;
}

void run_dir_remove(const char *path, const char *name)
{
    char file[PATH_MAX];
    if (path_join(file, sizeof file, path, name, NULL) == 0)
        unlink(file);
}

/* NAME.XXXXXX.tmp of one of our files (base/file.h) is what a kill in the middle of writing leaves. */
static bool is_leftover(const char *name)
{
    static const char *const ours[] = {RUN_MODEL,     RUN_CHECKPOINT, RUN_METRICS, RUN_LOG,
                                       "config.yaml", "users.tsv",    "items.tsv"};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        const size_t n = strlen(ours[i]);
        if (strncmp(name, ours[i], n) == 0 && name[n] == '.' &&
            strlen(name + n) == strlen(".XXXXXX.tmp") &&
            strcmp(name + n + strlen(".XXXXXX"), ".tmp") == 0)
            return true;
    }
    return false;
}

static void clear_leftovers(const char *path)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (is_leftover(entry->d_name))
            run_dir_remove(path, entry->d_name);
    if (directory)
        closedir(directory);
}

int run_dir_open(struct run_dir *dir, const char *path, struct llmx_error *err)
{
    *dir = (struct run_dir){.path = path, .fd = -1};
    if (directory_make(path, err) != 0)
        return -1;
    dir->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir->fd < 0)
        return err_system(err, "cannot open %s", path);
    if (flock(dir->fd, LOCK_EX | LOCK_NB) != 0) {
        run_dir_close(dir);
        return err_set(err, LLMX_BAD_OPTION,
                       "another training is at work in %s; wait for it, or use another --out",
                       path);
    }
    clear_leftovers(path);
    return 0;
}

void run_dir_close(struct run_dir *dir)
{
    if (dir->fd >= 0)
        close(dir->fd);
    dir->fd = -1;
}

enum run_state run_dir_state(const char *path)
{
    if (is_there(path, RUN_CHECKPOINT))
        return RUN_INTERRUPTED;
    if (is_there(path, RUN_MODEL) && is_there(path, RUN_METRICS))
        return RUN_FINISHED;
    return is_there(path, "config.yaml") ? RUN_STARTED : RUN_EMPTY;
}

int run_dir_check(const char *path, const struct llmx_train_options *options,
                  struct llmx_error *err)
{
    const enum run_state state = run_dir_state(path);
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

int run_dir_write(const char *path, const char *name, const char *bytes, size_t n,
                  struct llmx_error *err)
{
    char file[PATH_MAX];
    struct output output = {0};
    int result = -1;
    if (path_join(file, sizeof file, path, name, err) == 0 &&
        output_open(&output, file, err) == 0) {
        if (n)
            fwrite(bytes, 1, n, output.stream);
        result = output_commit(&output, err);
    }
    output_discard(&output);
    return result;
}

int run_dir_write_side(const char *path, const struct llmx_data *data, enum llmx_side side,
                       struct llmx_error *err)
{
    struct output output = {0};
    const bool is_users = side == LLMX_USERS;
    const llmx_id rows = is_users ? llmx_data_users(data) : llmx_data_items(data);
    int result = -1;
    if (output_open(&output, path, err) == 0) {
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
        run_dir_write_side(file, data, LLMX_USERS, err) != 0 ||
        path_join(file, sizeof file, path, "items.tsv", err) != 0 ||
        run_dir_write_side(file, data, LLMX_ITEMS, err) != 0)
        return -1;
    return 0;
}
