/* folder.h - a directory of results that one program at a time writes: locked, whole files in it, leftovers of killed
 * programs cleared away. Nothing is replaced or removed that was not written by the command that does it. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* What one command writes into a folder. `names` are its files, which it may replace and remove where the folder is of
 * its making: where `mark`, the file that it writes first, holds the texts of `holds` in that order. */
struct folder_kind {
    const char *maker; /* "llmxrec train", for messages */
    const char *const *names;
    size_t n;
    const char *mark;
    const char *holds[4]; /* NULL: no more */
};

bool folder_is_ours(const char *path, const struct folder_kind *kind);

/* LLMX_BAD_OPTION that names a file of another maker which the command would replace. */
int folder_check(const char *path, const struct folder_kind *kind, struct llmx_error *err);

/* Removes this kind's files from a folder of its making, and the folder where that leaves it empty. What else is in
 * it stays; so does a folder that is not ours. */
void folder_clear(const char *path, const struct folder_kind *kind);

struct folder {
    const char *path;
    int fd; /* of the directory; holds the lock */
};

/* Makes it where it is missing, locks it against others, checks it (folder_check), and removes what output_open
 * (base/file.h) leaves of a file of this kind when it is killed. LLMX_BAD_OPTION when another program holds the lock. */
int folder_open(struct folder *folder, const char *path, const struct folder_kind *kind,
                struct llmx_error *err);
void folder_close(struct folder *folder);

bool folder_has(const char *path, const char *name);

/* Removes a file; one that is not there is fine. */
void folder_remove(const char *path, const char *name);

/* Writes NAME whole from n bytes. */
int folder_write(const char *path, const char *name, const char *bytes, size_t n,
                 struct llmx_error *err);

#endif
