/* folder.h - a directory of results that one program at a time writes: locked, whole files in it, leftovers of killed
 * programs cleared away. */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct folder {
    const char *path;
    int fd; /* of the directory; holds the lock */
};

/* Makes it where it is missing, locks it against others, and removes what output_open (base/file.h) leaves of a file
 * of these n names when it is killed. LLMX_BAD_OPTION when another program holds the lock. */
int folder_open(struct folder *folder, const char *path, const char *const *names, size_t n,
                struct llmx_error *err);
void folder_close(struct folder *folder);

bool folder_has(const char *path, const char *name);

/* Removes a file; one that is not there is fine. */
void folder_remove(const char *path, const char *name);

/* Writes NAME whole from n bytes. */
int folder_write(const char *path, const char *name, const char *bytes, size_t n,
                 struct llmx_error *err);

#endif
