/* bytes_file.h - a file in memory that holds the bytes at hand, for readers that take a path. */
#ifndef TESTS_FUZZ_BYTES_FILE_H
#define TESTS_FUZZ_BYTES_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Its path, the same at every call. */
static inline const char *bytes_file(const uint8_t *bytes, size_t n)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = fileno(tmpfile());
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (ftruncate(fd, 0) != 0 || pwrite(fd, bytes, n, 0) != (ssize_t)n)
        abort();
    return path;
}

/* A folder in which the file has that name. */
static inline const char *bytes_folder(const char *name, const uint8_t *bytes, size_t n)
{
    static char folder[] = "/tmp/llmxrec-fuzz-XXXXXX", link[64];
    const char *path = bytes_file(bytes, n);
    if (!link[0]) {
        snprintf(link, sizeof link, "%s/%s", mkdtemp(folder), name);
        if (symlink(path, link) != 0)
            abort();
    }
    return folder;
}

#endif
