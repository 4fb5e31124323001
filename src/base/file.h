/* file.h - reading a file whole through the page cache, and writing one that appears only when complete. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A file mapped read-only. An empty file has size 0 and a data pointer that must not be read. */
struct mapping {
    const unsigned char *data;
    size_t size;
};

int mapping_open(struct mapping *mapping, const char *path, struct llmx_error *err);
void mapping_release(struct mapping *mapping);

/* A file under construction: written beside its place under a temporary name, renamed over it by
 * output_commit. Until then, and after output_discard, what stood at `path` stands untouched. A symbolic link
 * stays one: its place is where it leads to.
 * The path "-" writes to standard output; devices (/dev/full, /dev/stdout) and pipes are written directly. */
struct output {
    FILE *stream;    /* write here */
    char *path;      /* as named by the user, for messages */
    char *place;     /* what is replaced; NULL when written directly */
    char *temporary; /* NULL when written directly */
    bool is_new;
};

int output_open(struct output *output, const char *path, struct llmx_error *err);

/* The same for a name that the user did not give: output_commit refuses with LLMX_BAD_OPTION to replace a file that
 * is there and holds anything else. */
int output_open_new(struct output *output, const char *path, struct llmx_error *err);

/* Flushes, syncs, renames. On failure -1, the temporary file is gone, and the old file stands. */
int output_commit(struct output *output, struct llmx_error *err);

/* Forgets it; harmless after a commit, so `done:` may always call it. */
void output_discard(struct output *output);

/* Where what is written to `path` belongs, through symbolic links, the last of which may dangle: free(*place). NULL: it
 * is a device, a pipe or a file that is open (/dev/stdout), and is written directly. */
int output_place(char **place, const char *path, struct llmx_error *err);

/* Renames a file over another, or into a name where nothing is, for good: the folder is synced. -1 with errno. */
int file_replace(const char *from, const char *to);

/* Copies a file; `to` appears whole. A file that is there and holds anything else is not replaced (output_open_new),
 * unless `replaces`. */
int file_copy(const char *from, const char *to, bool replaces, struct llmx_error *err);

/* Makes a directory and its parents; one that is there already is fine. */
int directory_make(const char *path, struct llmx_error *err);

/* Removes a directory of our own (mkdtemp) with everything in it; one that is not there is fine. */
void directory_remove(const char *path);

/* DIR/NAME into `out` (size bytes); -1 with LLMX_TOO_LARGE when it does not fit. */
int path_join(char *out, size_t size, const char *directory, const char *name,
              struct llmx_error *err);

#endif
