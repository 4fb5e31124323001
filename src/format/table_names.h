/* table_names.h - what the columns of a table are called, and what is said of their fields. */
#ifndef FORMAT_TABLE_NAMES_H
#define FORMAT_TABLE_NAMES_H

#include "format/table.h"

/* Takes the first record as names with types, or as mere names. Without either it is data. Names may be empty or alike:
 * see table_check_names. Of JSON the first object's keys become columns, and it is still the first that is read.
 * -1 with LLMX_BAD_INPUT: no type, an unknown one; not JSON. */
int table_typed_header(struct table *table, struct llmx_error *err);
int table_plain_header(struct table *table, struct llmx_error *err);

/* -1 with LLMX_BAD_INPUT unless every column has a name of its own, in UTF-8: for files of which all are read. */
int table_check_names(const struct table *table, struct llmx_error *err);

/* The first column of that name, or -1. */
int table_column(const struct table *table, const char *name);

/* The column of that name into *column. Of JSON Lines it is added when it is new, up to the first table_next: "stars", or
 * "user.id" for a key within an object.
 * code   what it is called that there is none, or that there are two: LLMX_BAD_OPTION where a user chose the name, LLMX_BAD_INPUT
 *        where the file must have it */
int table_choose(struct table *table, const char *name, int *column, enum llmx_code code,
                 struct llmx_error *err);

/* Does the first object of JSON Lines have the keys of those columns (-1: passed over)? When it cannot be read, that is
 * left to table_next. -1 with `code`, as above, which names the keys that it has. */
int table_check_keys(struct table *table, const int *columns, int n, enum llmx_code code,
                     struct llmx_error *err);

#define TABLE_LIST_MAX 512
/* "a, b, c": the names of the columns, cut to `size`, for a message. Returns `out`. */
const char *table_list(const struct table *table, char *out, size_t size);

const char *table_type_name(enum table_type type); /* "token_seq"; "" when untyped */

/* Fails with LLMX_BAD_INPUT about one field of the record last read:
 *     FILE:LINE: 'NAME' CLAIM: "what it holds"
 *       (column 4, declared timestamp:float; HINT) */
int table_fail(const struct table *table, int column, const char *claim, const char *hint,
               struct llmx_error *err);

#endif
