/* table.h - text tables read line by line: RecBole's atomic files and any delimited file, plain or gzip.
 *
 *     struct table table;
 *     if (table_open(&table, "ml-100k.inter", '\t', &err) != 0 || table_typed_header(&table, &err) != 0) ...
 *     while ((got = table_next(&table, &err)) > 0)
 *         use(table.fields[0].s, table.fields[0].n);
 *     table_release(&table);
 *
 * An atomic file's first line names its columns and their types ("user_id:token\ttimestamp:float"); see
 * RecBole's documentation, "Atomic files". Lines end in LF or CRLF, blank ones are passed over, and trailing
 * columns may be missing. Memory: one block of the file, whatever its size. */
#ifndef FORMAT_TABLE_H
#define FORMAT_TABLE_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_LINE_MAX    ((size_t)1 << 20) /* bytes; a longer line is an error, not an allocation */
#define TABLE_COLUMNS_MAX 1000

/* A column of a line, as it stands in the file: not NUL-terminated, any bytes. */
struct span {
    const char *s;
    size_t n;
};

enum table_type { TABLE_UNTYPED, TABLE_TOKEN, TABLE_TOKEN_SEQ, TABLE_FLOAT, TABLE_FLOAT_SEQ };

struct table_column {
    char *name;
    enum table_type type;
};

struct table {
    char *path;     /* for messages */
    char separator; /* ':' stands for "::" */
    struct table_column
        *columns; /* (n_columns); before a header is taken they have no names (NULL) */
    int n_columns;
    struct span *fields; /* (n_columns) of the line last read; "" where the line has fewer */
    int n_fields;        /* how many it really had */
    long line;           /* its number, from 1 */
    bool is_broken;      /* after an error: nothing more can be read */

    /* private */
    void *gz;             /* gzFile; NULL when read from memory */
    char *buffer;         /* a block of the file; NULL when read from memory */
    const char *at, *end; /* what is not read yet */
    size_t offset, stop;  /* of `end` in the file; no line is read that begins at `stop` or later */
    bool is_at_end;       /* nothing comes after `end` */
    bool first_is_pending; /* the first line was looked at, and not yet taken */
    bool has_quotes;       /* fields may stand in double quotes (RFC 4180) */
    char *unquoted;        /* storage for a line's fields with doubled quotes in them */
};

/* Opens a file ("-": standard input), and splits its first line into `fields`, which fixes the number of columns.
 * separator   0: found out from the first line (tab, ::, ; , | or space, the first of them that it holds)
 * returns     0, or -1: LLMX_NOT_FOUND, LLMX_BAD_INPUT (empty, binary, UTF-16), LLMX_TOO_LARGE, LLMX_IO */
int table_open(struct table *table, const char *path, char separator, struct llmx_error *err);

/* The same for bytes in memory, which must stay as they are while the table is in use. */
int table_parse(struct table *table, const char *name, const char *bytes, size_t n, char separator,
                struct llmx_error *err);

void table_release(struct table *table);

/* Takes the first line as names with types, or as mere names. Without either the first line is data.
 * -1 with LLMX_BAD_INPUT: no type, an unknown one, an empty name, the same name twice. */
int table_typed_header(struct table *table, struct llmx_error *err);
int table_plain_header(struct table *table, struct llmx_error *err);

/* Reads a line: 1, or 0 at the end, or -1. After too many columns or an open quote it may be called again for
 * the line that follows; other errors are final and set `is_broken`. */
int table_next(struct table *table, struct llmx_error *err);

/* Keeps to the lines that begin at bytes begin .. end-1 of the file, without what was read before (begin = 0:
 * goes on where it is). Shares of one file read so hold every line once. Their line numbers are not the file's.
 * -1 with LLMX_UNSUPPORTED when the file is compressed, a pipe, or in memory. */
int table_narrow(struct table *table, size_t begin, size_t end, struct llmx_error *err);

/* The column of that name, or -1. */
int table_column(const struct table *table, const char *name);

/* "tab", "'::'", ... for messages. */
const char *table_separator_name(const struct table *table);

const char *table_type_name(enum table_type type); /* "token_seq"; "" when untyped */

/* Fails with LLMX_BAD_INPUT about one field of the line last read:
 *     FILE:LINE: 'NAME' CLAIM: "what it holds"
 *       (column 4, declared timestamp:float; HINT) */
int table_fail(const struct table *table, int column, const char *claim, const char *hint,
               struct llmx_error *err);

#endif
