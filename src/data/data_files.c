#include "data/data_files.h"

#include "base/err.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const part_endings[] = {".train.inter", ".valid.inter", ".test.inter"};

static bool is_file(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool ends_with(const char *s, const char *ending)
{
    size_t n = strlen(s), m = strlen(ending);
    return n >= m && strcmp(s + n - m, ending) == 0;
}

/* PREFIX + ending, plain or .gz, into `out` when there is such a file; else out is "". */
static bool find(char *out, const char *prefix, const char *ending)
{
    static const char *const packings[] = {"", ".gz"};
    for (int i = 0; i < 2; i++) {
        int n = snprintf(out, DATA_PATH_MAX, "%s%s%s", prefix, ending, packings[i]);
        if (n > 0 && n < DATA_PATH_MAX && is_file(out))
            return true;
    }
    out[0] = '\0';
    return false;
}

/* The files that share a prefix; false when there are no interactions among them. */
static bool find_prefix(struct data_files *files, const char *prefix)
{
    if (!find(files->inter[0], prefix, ".inter")) {
        if (!find(files->inter[0], prefix, part_endings[0]))
            return false;
        find(files->inter[1], prefix, part_endings[1]);
        find(files->inter[2], prefix, part_endings[2]);
    }
    find(files->user, prefix, ".user");
    find(files->item, prefix, ".item");
    return true;
}

/* Cuts ".gz" and ".inter" (or ".train.inter") off a file's name; false when it has no such ending. */
static bool cut_ending(char *path)
{
    size_t n = strlen(path) - (ends_with(path, ".gz") ? 3 : 0);
    path[n] = '\0';
    if (!ends_with(path, ".inter"))
        return false;
    size_t cut = strlen(ends_with(path, part_endings[0]) ? part_endings[0] : ".inter");
    path[n - cut] = '\0';
    return true;
}

/* The one .inter file of a folder whose name is not the folder's, as a prefix. */
static int find_only(char *prefix, const char *folder, struct llmx_error *err)
{
    char found[DATA_PATH_MAX] = "", name[DATA_PATH_MAX];
    DIR *dir = opendir(folder);
    if (!dir)
        return err_system(err, "cannot read %s", folder);
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(dir));) {
        snprintf(name, sizeof name, "%s", entry->d_name);
        if (name[0] == '.' || !cut_ending(name) || ends_with(name, ".valid") ||
            ends_with(name, ".test"))
            continue;
        if (found[0] && strcmp(found, name) != 0)
            result = err_set(err, LLMX_BAD_INPUT, "%s holds several data sets: say %s/%s or %s/%s",
                             folder, folder, found, folder, name);
        snprintf(found, sizeof found, "%s", name);
    }
    closedir(dir);
    if (result != 0)
        return -1;
    if (!found[0])
        return err_set(err, LLMX_NOT_FOUND,
                       "%s holds no NAME.inter or NAME.inter.gz, nor train.txt and test.txt\n  (a "
                       "file in another format is named itself, with --columns "
                       "user=1,item=2,time=4)",
                       folder);
    if (snprintf(prefix, DATA_PATH_MAX, "%s/%s", folder, found) >= DATA_PATH_MAX)
        return err_set(err, LLMX_TOO_LARGE, "path too long: %s/%s", folder, found);
    return 0;
}

/* LightGCN's benchmark files; false, and nothing set, when one is not there. */
static bool find_lists(struct data_files *files, const char *folder)
{
    static const char *const names[] = {"/train.txt", NULL, "/test.txt"};
    struct data_files found = {.is_lists = true};
    for (int part = 0; part < 3; part++) {
        if (!names[part])
            continue;
        int n = snprintf(found.inter[part], DATA_PATH_MAX, "%s%s", folder, names[part]);
        if (n >= DATA_PATH_MAX || !is_file(found.inter[part]))
            return false;
    }
    *files = found;
    return true;
}

static int find_folder(struct data_files *files, const char *folder, struct llmx_error *err)
{
    char prefix[DATA_PATH_MAX];
    char *real = realpath(folder, NULL);
    const char *name = real ? strrchr(real, '/') : NULL;
    int n = snprintf(prefix, sizeof prefix, "%s/%s", folder, name ? name + 1 : "");
    free(real);
    if (n < DATA_PATH_MAX && find_prefix(files, prefix))
        return 0;
    struct llmx_error why;
    if (find_only(prefix, folder, &why) != 0)
        return why.code == LLMX_NOT_FOUND && find_lists(files, folder)
                   ? 0
                   : err_set(err, why.code, "%s", why.message);
    if (!find_prefix(files, prefix))
        return err_set(err, LLMX_NOT_FOUND, "%s has gone while it was looked for", prefix);
    return 0;
}

/* A file named itself; its neighbours come by its prefix when it has the ending of an atomic file. */
static void find_neighbours(struct data_files *files, const char *path)
{
    char prefix[DATA_PATH_MAX];
    snprintf(prefix, sizeof prefix, "%s", path);
    if (cut_ending(prefix)) {
        struct data_files beside = {0};
        if (find_prefix(&beside, prefix)) {
            bool is_split = strcmp(beside.inter[0], path) == 0;
            *files = is_split ? beside : *files;
            memcpy(files->user, beside.user, sizeof beside.user);
            memcpy(files->item, beside.item, sizeof beside.item);
        }
    }
}

static int set_part(char *out, const char *path, struct llmx_error *err)
{
    if (!path)
        return 0;
    if (snprintf(out, DATA_PATH_MAX, "%s", path) >= DATA_PATH_MAX)
        return err_set(err, LLMX_TOO_LARGE, "path too long: %s", path);
    if (is_file(path))
        return 0;
    return err_set(err, LLMX_NOT_FOUND, "cannot open %s: %s", path,
                   is_directory(path) ? "it is a directory" : "no such file");
}

int data_files_find(struct data_files *files, const char *path,
                    const struct llmx_data_options *options, struct llmx_error *err)
{
    *files = (struct data_files){0};
    if (strlen(path) >= DATA_PATH_MAX - 16)
        return err_set(err, LLMX_TOO_LARGE, "path too long: %s", path);
    if (is_directory(path)) {
        if (options->columns)
            return err_set(err, LLMX_BAD_OPTION, "%s is a folder; --columns needs the file itself",
                           path);
        if (find_folder(files, path, err) != 0)
            return -1;
    } else if (strcmp(path, "-") == 0 || is_file(path)) {
        snprintf(files->inter[0], DATA_PATH_MAX, "%s", path);
        find_neighbours(files, path);
    } else if (!find_prefix(files, path)) {
        return err_set(
            err, LLMX_NOT_FOUND,
            "no data set at %s\n  (looked for %s, %s.inter, %s.inter.gz and %s.train.inter)", path,
            path, path, path, path);
    }
    if (set_part(files->inter[1], options->valid_path, err) != 0 ||
        set_part(files->inter[2], options->test_path, err) != 0 ||
        set_part(files->item, options->item_path, err) != 0)
        return -1;
    return set_part(files->user, options->user_path, err);
}
