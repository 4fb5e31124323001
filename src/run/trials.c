#include "run/trials.h"

#include "base/file.h"
#include "run/run_dir.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const ours[] = {TRIALS_TABLE};
static const struct folder_kind table_kind = {
    "llmxrec train --search", ours, 1, TRIALS_TABLE, {"{\"trial\":", "\"settings\":"}};

int trials_path(const char *run_dir, int number, char path[static PATH_MAX], struct llmx_error *err)
{
    char name[40];
    snprintf(name, sizeof name, "trials/%04d", number);
    return path_join(path, PATH_MAX, run_dir, name, err);
}

/* Calls `with` for every folder that may be a trial's, until it returns other than 0. */
static int each_trial(const char *run_dir, int (*with)(const char *path, struct llmx_error *err),
                      struct llmx_error *err)
{
    char trials[PATH_MAX], path[PATH_MAX];
    DIR *directory =
        path_join(trials, sizeof trials, run_dir, "trials", err) == 0 ? opendir(trials) : NULL;
    int result = 0;
    for (const struct dirent *entry; directory && result == 0 && (entry = readdir(directory));)
        if (strspn(entry->d_name, "0123456789") == strlen(entry->d_name) &&
            path_join(path, sizeof path, trials, entry->d_name, NULL) == 0)
            result = with(path, err);
    if (directory)
        closedir(directory);
    return result;
}

static int refuse_run(const char *path, struct llmx_error *err)
{
    if (!folder_is_ours(path, &run_dir_kind))
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "%s holds a run that no search made (there is no " TRIALS_TABLE
                   "): choose another --out, or move it away",
                   path);
}

static int clear_run(const char *path, struct llmx_error *err)
{
    (void)err;
    folder_clear(path, &run_dir_kind);
    return 0;
}

int trials_check(const char *run_dir, struct llmx_error *err)
{
    if (folder_check(run_dir, &table_kind, err) != 0)
        return -1;
    return folder_has(run_dir, TRIALS_TABLE) ? 0 : each_trial(run_dir, refuse_run, err);
}

void trials_clear(const char *run_dir)
{
    char trials[PATH_MAX];
    if (!folder_is_ours(run_dir, &table_kind))
        return;
    each_trial(run_dir, clear_run, NULL);
    if (path_join(trials, sizeof trials, run_dir, "trials", NULL) == 0)
        rmdir(trials); /* where nothing else is in it */
    folder_remove(run_dir, TRIALS_TABLE);
}
