/* features.h - the columns of a .user or .item file beside the id, kept as the text of the file. */
#ifndef DATA_FEATURES_H
#define DATA_FEATURES_H

#include "base/err.h"
#include "base/names.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero: no such file. */
struct features {
    char *path;
    char **names; /* (n_columns) */
    int n_columns;
    uint32_t n_rows;
    char *pool; /* every value, NUL-terminated; begins with an empty one */
    size_t pool_size, pool_capacity;
    size_t *value;       /* (n_rows, n_columns) where in the pool; 0 is "" */
    bool *has_line;      /* (n_rows) */
    size_t unknown;      /* lines whose id has no interaction */
    struct names others; /* their ids */
    size_t repeated;     /* lines whose id had a line before; the first one stands */
    size_t bad_lines;
};

/* Reads the file for the rows that `ids` numbers. `id_column` is what the id is called in the interactions.
 * On failure `features` is empty. */
int features_open(struct features *features, const char *path, const char *id_column,
                  const struct names *ids, bool skip_bad, struct llmx_error *err);
void features_release(struct features *features);

const char *features_get(const struct features *features, uint32_t row, int column);
int features_column(const struct features *features, const char *name); /* -1: none */

#endif
