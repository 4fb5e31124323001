/* table.h - records of named or numbered fields, one after the other: what every table that people have is read by.
 * RecBole's atomic files, any delimited file (CSV as RFC 4180 has it, TSV, spaces, "::"), and JSON Lines, plain or gzip.
 *
 *     struct table table;             // with table_names.h
 *     int title;
 *     if (table_open(&table, "movies.csv", (struct table_form){0}, &err) != 0) ...
 *     if (table_plain_header(&table, &err) != 0 || table_choose(&table, "title", &title, &err) != 0) ...
 *     while ((got = table_next(&table, &err)) > 0)
 *         use(table.fields[title].s, table.fields[title].n);     // of line table.line
 *     table_release(&table);
 *
 * An atomic file's first line names its columns and their types ("user_id:token\ttimestamp:float"); see
 * RecBole's documentation, "Atomic files". Lines end in LF, CRLF or CR, blank ones are passed over, and trailing
 * columns may be missing; a field in quotes may go over several lines. Of JSON Lines the columns are the keys that were
 * asked for: table_choose adds one, table_plain_header all of the first object's. Memory: one block of the file,
 * whatever its size. */
#ifndef FORMAT_TABLE_H
#define FORMAT_TABLE_H

#include "base/err.h"
#include "format/delimited.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_LINE_MAX                                                                             \
    ((size_t)1 << 20) /* bytes of a record; a longer one is an error, not an allocation */
#define TABLE_COLUMNS_MAX 1000

enum table_type { TABLE_UNTYPED, TABLE_TOKEN, TABLE_TOKEN_SEQ, TABLE_FLOAT, TABLE_FLOAT_SEQ };

struct table_column {
    char *name; /* NULL: it has none, or none that is UTF-8 */
    enum table_type type;
};

/* May fields stand in double quotes? By default but where tabs separate them. */
enum table_quotes { TABLE_QUOTES_DEFAULT, TABLE_QUOTES_YES, TABLE_QUOTES_NO };

/* How a file is cut into fields. All zero: found out from its first line, which is JSON Lines when it begins with {" or
 * holds the first of tab, ::, ; , | and space that stands in it outside of quotes. */
struct table_form {
    char separator; /* ':' stands for "::"; runs of ' ' count as one */
    enum table_quotes quotes;
    const char *encoding; /* of the file, see decoder.h; NULL: UTF-8 */
};

struct table {
    char *path;           /* for messages */
    struct delimiters by; /* what cuts it, unless it is JSON Lines */
    bool is_json;
    struct table_column
        *columns; /* (n_columns); before a header is taken they have no names (NULL) */
    int n_columns;
    struct span *
        fields; /* (n_columns) of the record last read; "" where it has fewer. Of JSON a text is given without
                          * quotes and escapes, any other value as it stands, null as "" */
    bool *is_nested; /* (n_columns) of JSON: that field is an object or an array; else NULL */
    int n_fields;    /* how many the record really had */
    long line;       /* the number of its first line, from 1 */
    long records;    /* how many were read before it */
    bool is_broken;  /* after an error: nothing more can be read */

    /* private */
    void *gz;                /* gzFile; NULL when read from memory */
    struct decoder *decoder; /* NULL: the file is read as it is */
    char *buffer;            /* a block of the file; NULL when read from memory */
    const char *at, *end;    /* what is not read yet */
    size_t offset,
        stop;          /* of `end` in the file; no record is read that begins at `stop` or later */
    struct span first; /* the first record */
    long lines;        /* read so far */
    char line_end;     /* '\n', or '\r' where that stands alone */
    bool is_at_end;    /* nothing comes after `end` */
    bool is_share;     /* of a file: a record must stand on one line */
    bool first_is_pending; /* the first record was looked at, and not yet taken */
    char *unquoted;    /* storage for a record's fields with doubled quotes or escapes in them */
    struct span *keys; /* (n_columns) of JSON: the names of `columns` */
};

/* Opens a file ("-": standard input), and splits its first record into `fields`, which fixes the number of columns (of
 * JSON there are none yet).
 * returns     0, or -1: LLMX_NOT_FOUND, LLMX_BAD_INPUT (empty, binary, UTF-16), LLMX_TOO_LARGE, LLMX_IO */
int table_open(struct table *table, const char *path, struct table_form form,
               struct llmx_error *err);

/* The same for bytes in memory, which must stay as they are while the table is in use. */
int table_parse(struct table *table, const char *name, const char *bytes, size_t n,
                struct table_form form, struct llmx_error *err);

void table_release(struct table *table);

/* Reads a record: 1, or 0 at the end, or -1. After an error on one line it may be called again for the line that
 * follows; other errors are final and set `is_broken`: where a quote leaves open what follows is data. */
int table_next(struct table *table, struct llmx_error *err);

/* Of JSON Lines: reads the columns of the first record, which is still the first that table_next reads. Other forms have
 * them in `fields` from the beginning. -1: it is not JSON. */
int table_peek(struct table *table, struct llmx_error *err);

/* Keeps to the records that begin at bytes begin .. end-1 of the file, without what was read before (begin = 0:
 * goes on where it is). Shares of one file read so hold every record once, unless some record goes over several lines,
 * which is an error then: read the file whole. Line numbers are not the file's.
 * -1 with LLMX_UNSUPPORTED when the file is compressed, a pipe, or in memory. */
int table_narrow(struct table *table, size_t begin, size_t end, struct llmx_error *err);

/* What a message says of --skip-bad: at the first record nothing, for that is no odd one out. */
const char *table_hint(const struct table *table);

/* The same of an object that is not a line. */
#define TABLE_JSON_HINT "each line must hold one whole object; jq -c . FILE makes such lines"

#endif
