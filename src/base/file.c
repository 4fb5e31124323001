#define _XOPEN_SOURCE 700 /* nftw */
#include "base/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Only a regular file, or a name where nothing is yet, can be written aside and renamed. */
static int is_direct(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

static int open_aside(struct output *output, struct llmx_error *err)
{
    size_t size = strlen(output->path) + sizeof ".XXXXXX.tmp";
    output->temporary = mem_array(size, 1, err);
    if (!output->temporary)
        return -1;
    snprintf(output->temporary, size, "%s.XXXXXX.tmp", output->path);
    int fd = mkstemps(output->temporary, 4);
    if (fd < 0) {
        err_system(err, "cannot write %s", output->path);
        free(output->temporary);
        output->temporary = NULL;
        return -1;
    }
    mode_t mask = umask(0);
    umask(mask);
    (void)fchmod(fd, 0666 & ~mask); /* mkstemps gives 0600; an ordinary file is wanted */
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
    } else if (is_direct(path)) {
        output->stream = fopen(path, "w");
        if (!output->stream)
            err_system(err, "cannot write %s", path);
    } else {
        open_aside(output, err);
    }
    if (output->stream)
        return 0;
    output_discard(output);
    return -1;
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
    if (!failed && output->temporary && rename(output->temporary, output->path) != 0) {
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
    free(output->path);
    *output = (struct output){0};
}

int directory_make(const char *path, struct llmx_error *err)
{
    char partial[4096];
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
