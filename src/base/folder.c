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

/* NAME.XXXXXX.tmp of one of our files is what a kill in the middle of writing leaves. */
static bool is_leftover(const char *found, const char *const *names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++) {
        const size_t n = strlen(names[i]);
        if (strncmp(found, names[i], n) == 0 && found[n] == '.' &&
            strlen(found + n) == strlen(".XXXXXX.tmp") &&
            strcmp(found + n + strlen(".XXXXXX"), ".tmp") == 0)
            return true;
    }
    return false;
}

static void clear_leftovers(const char *path, const char *const *names, size_t n)
{
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));)
        if (is_leftover(entry->d_name, names, n))
            folder_remove(path, entry->d_name);
    if (directory)
        closedir(directory);
}

int folder_open(struct folder *folder, const char *path, const char *const *names, size_t n,
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
    clear_leftovers(path, names, n);
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
