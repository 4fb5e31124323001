/* written.h - explanations that were written beforehand: files, each a system, and the texts in them by person and item. */
#ifndef SERVE_WRITTEN_H
#define SERVE_WRITTEN_H

#include "base/err.h"
#include "llmxrec/data.h"

#define WRITTEN_MAX 16 /* systems */

struct written_text {
    llmx_id user, item;
    char *text;
    size_t line; /* of those that were kept */
};

struct written_system {
    char *name;                 /* of the file, without folder and ending */
    struct written_text *texts; /* (n) sorted by user, item and line */
    size_t n, capacity;
};

struct written {
    struct written_system system[WRITTEN_MAX];
    int n;
};

/* Lines of people or items that the data do not have are left out, and counted to `notice` (may be NULL).
 * returns   0, or -1: LLMX_BAD_INPUT with file and line, LLMX_BAD_OPTION too many files */
int written_open(struct written *written, const char *const *paths, int n,
                 const struct llmx_data *data, void (*notice)(void *context, const char *message),
                 void *context, struct llmx_error *err);
void written_close(struct written *written);

/* The first people that the file has texts of, by their rows; returns how many, at most `max`. */
int written_people(const struct written_system *system, llmx_id *users, int max);

/* NULL: none. Of several for one person and item, the first in the file. */
const char *written_find(const struct written_system *system, llmx_id user, llmx_id item);

#endif
