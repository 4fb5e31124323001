/* features.h - what a table of items or users holds beside the id, kept as text: .user, .item, or any other table. */
#ifndef DATA_FEATURES_H
#define DATA_FEATURES_H

#include "base/err.h"
#include "base/names.h"
#include "format/table.h"
#include "llmxrec/data.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero: no such file. */
struct features {
    char *path;
    char *key;    /* the column of ids, its name or number */
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
    int role[LLMX_ROLES]; /* of items: which column, -1: none */
};

/* Which table, and which of its columns. */
struct feature_source {
    const char *path;
    enum llmx_side side;
    const char *columns;   /* see llmx_data_options; NULL: all */
    const char *roles;     /* likewise */
    const char *id_column; /* what the interactions call the id; NULL: they do not say */
    bool is_given;         /* the table was asked for, not found beside the interactions */
    bool
        is_atomic; /* beside atomic interactions: its header has types, and names the id as they do */
    bool skip_bad;
    struct table_form form; /* its separator is found out */
};

/* Reads a table for the rows that `ids` numbers. On failure `features` is empty.
 * returns   0, or -1: LLMX_BAD_OPTION, or LLMX_BAD_INPUT with file and line, or when a table that was asked for holds
 *           none of the ids */
int features_open(struct features *features, const struct feature_source *source,
                  const struct names *ids, struct llmx_error *err);
void features_release(struct features *features);

const char *features_get(const struct features *features, uint32_t row, int column);
int features_column(const struct features *features, const char *name); /* -1: none */

/* Finds the column of each role: the one that is chosen (llmx_data_options.roles, NULL: none is), else by its name.
 * LLMX_BAD_OPTION names a role or column that there is not, and the nearest. */
int features_find_roles(struct features *features, const char *chosen, struct llmx_error *err);

/* The column that has that role, -1: none. */
int features_role(const struct features *features, enum llmx_role role);

/* Moves the years in parentheses that titles end with to the column of years, and makes one where there is none. */
int features_split_years(struct features *features, struct llmx_error *err);

#endif
