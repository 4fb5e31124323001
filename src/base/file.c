#define _XOPEN_SOURCE 700 /* nftw */
#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel follows */

int mapping_open(struct mapping *mapping, const char *path, struct llmx_error *err)
{
    *mapping = (struct mapping){0};
    struct stat st;
    int result = -1, fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_system(err, "cannot open %s", path);
    if (fstat(fd, &st) != 0) {
        err_system(err, "cannot read %s", path);
    } else if (S_ISDIR(st.st_mode)) {
        err_set(err, LLMX_BAD_INPUT, "%s is a directory; a file is needed here", path);
    } else if (st.st_size == 0) {
        mapping->data = (const unsigned char *)"";
        result = 0;
    } else {
        void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            err_system(err, "cannot map %s", path);
        } else {
            *mapping = (struct mapping){p, (size_t)st.st_size};
            result = 0;
        }
    }
    close(fd);
    return result;
}

void mapping_release(struct mapping *mapping)
{
    if (mapping->size)
        munmap((void *)(size_t)mapping->data, mapping->size);
    *mapping = (struct mapping){0};
}

/* What the symbolic link at `path` points to, seen from where `path` is seen; free(). NULL: no link, or `err` set. */
static char *follow(const char *path, struct llmx_error *err)
{
    char target[PATH_MAX];
    const ssize_t n = readlink(path, target, sizeof target);
    if (n <= 0 || n == (ssize_t)sizeof target)
        return NULL;
    const char *slash = *target == '/' ? NULL : strrchr(path, '/');
    const size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    char *next = mem_array(folder + (size_t)n + 1, 1, err);
    if (next) {
        memcpy(next, path, folder);
        memcpy(next + folder, target, (size_t)n);
    }
    return next;
}

int output_place(char **place, const char *path, struct llmx_error *err)
{
    struct stat st;
    *place = NULL;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return 0;
    if (!(*place = mem_text(path, strlen(path), err)))
        return -1;
    for (int links = 0; lstat(*place, &st) == 0 && S_ISLNK(st.st_mode); links++) {
        char *next = links < LINKS_MAX ? follow(*place, err) : NULL;
        const bool is_open_file = next && strncmp(next, "/proc/", 6) == 0; /* /dev/stdout */
        free(*place);
        *place = next;
        if (!next)
            return err_set(err, LLMX_IO, "cannot follow the symbolic link %s", path);
        if (is_open_file) {
            free(next);
            *place = NULL;
            return 0;
        }
    }
    return 0;
}

int file_replace(const char *from, const char *to)
{
    char folder[PATH_MAX];
    if (rename(from, to) != 0)
        return -1;
    const char *slash = strrchr(to, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - to) + 1 : 1, slash ? to : ".");
    const int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd); /* the file is whole and in its place even where folders cannot be synced */
        close(fd);
    }
    return 0;
}

/* Creates a file whose name ends in ".XXXXXX.tmp", with letters drawn for the six X, for writing. */
static int create_aside(char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    unsigned char drawn[6];
    char *at = name + strlen(name) - strlen("XXXXXX.tmp");
    int fd = -1;
    for (int tries = 0; fd < 0 && (tries == 0 || errno == EEXIST) && tries < 100; tries++) {
        if (getentropy(drawn, sizeof drawn) != 0)
            return -1;
        for (size_t i = 0; i < sizeof drawn; i++)
            at[i] = letters[drawn[i] % 32];
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

static int open_aside(struct output *output, struct llmx_error *err)
{
    size_t size = strlen(output->place) + sizeof ".XXXXXX.tmp";
    output->temporary = mem_array(size, 1, err);
    if (!output->temporary)
        return -1;
    snprintf(output->temporary, size, "%s.XXXXXX.tmp", output->place);
    int fd = create_aside(output->temporary);
    if (fd < 0) {
        err_system(err, "cannot write %s", output->path);
        free(output->temporary);
        output->temporary = NULL;
        return -1;
    }
    output->stream = fdopen(fd, "w");
    if (!output->stream) {
        close(fd);
        return err_system(err, "cannot write %s", output->path);
    }
    return 0;
}

int output_open(struct output *output, const char *path, struct llmx_error *err)
{
    *output = (struct output){0};
    const bool is_standard = strcmp(path, "-") == 0;
    const char *shown = is_standard ? "standard output" : path;
    output->path = mem_text(shown, strlen(shown), err);
    if (!output->path)
        return -1;
    if (is_standard) {
        output->stream = stdout;
    } else if (output_place(&output->place, path, err) == 0) {
        if (output->place)
            open_aside(output, err);
        else if (!(output->stream = fopen(path, "w")))
            err_system(err, "cannot write %s", path);
    }
    if (output->stream)
        return 0;
    output_discard(output);
    return -1;
}

int output_open_new(struct output *output, const char *path, struct llmx_error *err)
{
    const int result = output_open(output, path, err);
    output->is_new = result == 0 && output->place;
    return result;
}

static bool holds_same(const char *a, const char *b)
{
    struct mapping x, y = {0};
    bool is_same = false;
    if (mapping_open(&x, a, NULL) == 0) {
        is_same = mapping_open(&y, b, NULL) == 0 && x.size == y.size &&
                  memcmp(x.data, y.data, x.size) == 0;
        mapping_release(&y);
        mapping_release(&x);
    }
    return is_same;
}

static int check_new(const struct output *output, struct llmx_error *err)
{
    if (!output->is_new || access(output->place, F_OK) != 0 ||
        holds_same(output->temporary, output->place))
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "%s is there and holds something else: remove it, or choose another --out",
                   output->path);
}

int output_commit(struct output *output, struct llmx_error *err)
{
    FILE *stream = output->stream;
    int failed = fflush(stream) != 0 || ferror(stream);
    if (!failed && output->temporary)
        failed = fsync(fileno(stream)) != 0;
    int cause = errno;
    if (stream != stdout) {
        if (fclose(stream) != 0 && !failed) {
            failed = 1;
            cause = errno;
        }
    }
    output->stream = NULL;
    if (!failed && check_new(output, err) != 0) {
        output_discard(output);
        return -1;
    }
    if (!failed && output->temporary && file_replace(output->temporary, output->place) != 0) {
        failed = 1;
        cause = errno;
    }
    if (failed) {
        errno = cause;
        err_system(err, "cannot write %s", output->path);
        output_discard(output);
        return -1;
    }
    free(output->temporary);
    output->temporary = NULL;
    output_discard(output);
    return 0;
}

void output_discard(struct output *output)
{
    if (output->stream && output->stream != stdout)
        fclose(output->stream);
    if (output->temporary)
        unlink(output->temporary);
    free(output->temporary);
    free(output->place);
    free(output->path);
    *output = (struct output){0};
}

int file_copy(const char *from, const char *to, bool replaces, struct llmx_error *err)
{
    struct mapping mapping;
    struct output output = {0};
    int result = -1;
    if (mapping_open(&mapping, from, err) != 0)
        return -1;
    if ((replaces ? output_open : output_open_new)(&output, to, err) == 0) {
        fwrite(mapping.data, 1, mapping.size, output.stream);
        result = output_commit(&output, err);
    }
    output_discard(&output);
    mapping_release(&mapping);
    return result;
}

int directory_make(const char *path, struct llmx_error *err)
{
    char partial[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof partial)
        return err_set(err, LLMX_BAD_OPTION, "not a usable directory name: '%s'", path);
    memcpy(partial, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (partial[i] != '/' && partial[i] != '\0')
            continue;
        char kept = partial[i];
        partial[i] = '\0';
        if (mkdir(partial, 0777) != 0 && errno != EEXIST)
            return err_system(err, "cannot make the directory %s", partial);
        partial[i] = kept;
    }
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return err_set(err, LLMX_IO, "%s is there and is not a directory", path);
    return 0;
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *place)
{
    (void)st, (void)flag, (void)place;
    return remove(path);
}

void directory_remove(const char *path)
{
    nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

int path_join(char *out, size_t size, const char *directory, const char *name,
              struct llmx_error *err)
{
    int n = snprintf(out, size, "%s/%s", directory, name);
    if (n < 0 || (size_t)n >= size)
        return err_set(err, LLMX_TOO_LARGE, "path too long: %s/%s", directory, name);
    return 0;
}
