#define _GNU_SOURCE /* memmem */
#include "base/folder.h"

#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

bool folder_has(const char *path, const char *name)
{
    char file[PATH_MAX];
    return path_join(file, sizeof file, path, name, NULL) == 0 && access(file, F_OK) == 0;
}

void folder_remove(const char *path, const char *name)
{
    char file[PATH_MAX];
    if (path_join(file, sizeof file, path, name, NULL) == 0)
        unlink(file);
}

bool folder_is_ours(const char *path, const struct folder_kind *kind)
{
    char file[PATH_MAX];
    struct mapping mark;
    if (path_join(file, sizeof file, path, kind->mark, NULL) != 0 ||
        mapping_open(&mark, file, NULL) != 0)
        return false;
    const unsigned char *at = mark.data, *end = at + mark.size;
    for (size_t i = 0; at && i < sizeof kind->holds / sizeof *kind->holds && kind->holds[i]; i++) {
        const size_t n = strlen(kind->holds[i]);
        at = memmem(at, (size_t)(end - at), kind->holds[i], n);
        at = at ? at + n : NULL;
    }
    mapping_release(&mark);
    return at != NULL;
}

int folder_check(const char *path, const struct folder_kind *kind, struct llmx_error *err)
{
    if (folder_is_ours(path, kind))
        return 0;
    for (size_t i = 0; i < kind->n; i++)
        if (folder_has(path, kind->names[i]))
            return err_set(err, LLMX_BAD_OPTION,
                           "%s/%s was not written by %s, which would replace it: choose another "
                           "--out, or move it away",
                           path, kind->names[i], kind->maker);
    return 0;
}

/* NAME.XXXXXX.tmp is what a kill in the middle of writing NAME leaves. */
static bool is_leftover_of(const char *found, const char *name)
{
    const size_t n = strlen(name);
    return strncmp(found, name, n) == 0 && found[n] == '.' &&
           strlen(found + n) == strlen(".XXXXXX.tmp") &&
           strcmp(found + n + strlen(".XXXXXX"), ".tmp") == 0;
}

/* Where the mark is not there yet, only the mark can have been begun. */
static bool is_leftover(const char *found, const struct folder_kind *kind, bool is_ours)
{
    bool is_one = is_leftover_of(found, kind->mark);
    for (size_t i = 0; i < kind->n && is_ours; i++)
        is_one |= is_leftover_of(found, kind->names[i]);
    return is_one;
}

static void clear_leftovers(const char *path, const struct folder_kind *kind)
{
    const bool is_ours = folder_is_ours(path, kind);
    DIR *directory = opendir(path);
    for (const struct dirent *entry; directory && (entry = readdir(directory));)
        if (is_leftover(entry->d_name, kind, is_ours))
            folder_remove(path, entry->d_name);
    if (directory)
        closedir(directory);
}

void folder_clear(const char *path, const struct folder_kind *kind)
{
    if (!folder_is_ours(path, kind))
        return;
    clear_leftovers(path, kind);
    for (size_t i = 0; i < kind->n; i++)
        if (strcmp(kind->names[i], kind->mark) != 0)
            folder_remove(path, kind->names[i]);
    folder_remove(path, kind->mark); /* last: a kill before it leaves a folder that is still ours */
    rmdir(path);
}

int folder_open(struct folder *folder, const char *path, const struct folder_kind *kind,
                struct llmx_error *err)
{
    *folder = (struct folder){.path = path, .fd = -1};
    if (directory_make(path, err) != 0)
        return -1;
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0)
        return err_system(err, "cannot open %s", path);
    if (flock(folder->fd, LOCK_EX | LOCK_NB) != 0) {
        folder_close(folder);
        return err_set(err, LLMX_BAD_OPTION,
                       "another training is at work in %s; wait for it, or use another --out",
                       path);
    }
    if (folder_check(path, kind, err) != 0) {
        folder_close(folder);
        return -1;
    }
    clear_leftovers(path, kind);
    return 0;
}

void folder_close(struct folder *folder)
{
    if (folder->fd >= 0)
        close(folder->fd);
    folder->fd = -1;
}

int folder_write(const char *path, const char *name, const char *bytes, size_t n,
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
