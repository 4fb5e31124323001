#include "format/table.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "format/decoder.h"
#include "format/json_scan.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK_BYTES  ((size_t)256 << 10) /* read at once: stays in the second-level cache */
#define BUFFER_BYTES (TABLE_LINE_MAX + BLOCK_BYTES)

/* Moves what is left to the front of the buffer and reads more behind it. */
static int refill(struct table *table, struct llmx_error *err)
{
    size_t left = (size_t)(table->end - table->at);
    if (left)
        memmove(table->buffer, table->at, left);
    table->at = table->buffer;
    const unsigned room =
        (unsigned)(BUFFER_BYTES - left < BLOCK_BYTES ? BUFFER_BYTES - left : BLOCK_BYTES);
    int got = table->decoder ? decoder_read(table->decoder, table->gz, table->buffer + left, room)
                             : gzread(table->gz, table->buffer + left, room);
    int code = Z_OK;
    const char *what = gzerror(table->gz, &code);
    table->end = table->buffer + left + (got > 0 ? got : 0);
    table->offset += (size_t)(got > 0 ? got : 0);
    if (got < 0 || code == Z_BUF_ERROR) {
        table->is_at_end = table->is_broken = true;
        if (got == -2)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s: what follows line %ld is not in the encoding that --encoding names",
                           table->path, table->lines);
        if (code == Z_ERRNO)
            return err_system(err, "cannot read %s", table->path);
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: the gzip data is %s after line %ld (%s); fetch the file again",
                       table->path, code == Z_BUF_ERROR ? "cut off" : "damaged", table->line, what);
    }
    table->is_at_end = got == 0;
    return 0;
}

static int too_long(struct table *table, long line, struct llmx_error *err)
{
    table->is_broken = true;
    return err_set(err, LLMX_TOO_LARGE,
                   "%s:%ld: the line is longer than %zu bytes; is this a text table?", table->path,
                   line, TABLE_LINE_MAX);
}

static struct span without_end(const char *s, size_t n)
{
    while (n && (s[n - 1] == '\r' || s[n - 1] == '\n'))
        n--;
    return (struct span){s, n};
}

/* The next line that is not blank, without its end: 1, 0 at the end of the file, -1. */
static int next_line(struct table *table, struct span *line, struct llmx_error *err)
{
    size_t searched = 0;
    for (;;) {
        size_t left = (size_t)(table->end - table->at);
        if (table->offset - left >= table->stop)
            return 0;
        const char *found = left > searched
                                ? memchr(table->at + searched, table->by.line_end, left - searched)
                                : NULL;
        size_t n = found ? (size_t)(found - table->at) : left;
        if (n > TABLE_LINE_MAX)
            return too_long(table, table->lines + 1, err);
        if (!found && !table->is_at_end) {
            searched = left;
            if (refill(table, err) != 0)
                return -1;
            continue;
        }
        if (!found && n == 0)
            return 0;
        *line = without_end(table->at, n);
        table->at += n + (found != NULL);
        table->line = ++table->lines;
        searched = 0;
        if (line->n)
            return 1;
    }
}

static int never_closes(struct table *table, int column, struct llmx_error *err)
{
    table->is_broken = true;
    return err_set(err, LLMX_BAD_INPUT,
                   "%s:%ld: a quote (\") opens column %d and never closes\n  (--quotes no takes "
                   "quotes as part of the fields)",
                   table->path, table->line, column + 1);
}

/* Makes a line whose quotes do not close the record that it begins, which goes over more of them. */
static int widen(struct table *table, struct span *record, int column, struct llmx_error *err)
{
    const char *stop;
    int got;
    if (table->is_share) {
        table->is_broken = true;
        return err_set(err, LLMX_UNSUPPORTED, "%s cannot be read in parts", table->path);
    }
    table->at = record->s;
    while ((got = delimited_end(table->by, table->at, table->end, &stop)) <= 0 &&
           !table->is_at_end) {
        if ((size_t)(table->end - table->at) > TABLE_LINE_MAX)
            return got < 0 ? never_closes(table, column, err) : too_long(table, table->line, err);
        if (refill(table, err) != 0)
            return -1;
    }
    if (got < 0)
        return never_closes(table, column, err);
    const size_t n = (size_t)(stop - table->at);
    if (n > TABLE_LINE_MAX)
        return too_long(table, table->line, err);
    *record = without_end(table->at, n);
    table->at = stop + got;
    for (const char *p = record->s, *end = p + n;
         (p = memchr(p, table->by.line_end, (size_t)(end - p))); p++)
        table->lines++;
    return 0;
}

/* Text behind a closing quote. Where quotes are odd in number, what follows the line may be within them. */
static int text_follows(struct table *table, struct span record, int column, struct llmx_error *err)
{
    size_t quotes = 0;
    for (size_t i = 0; i < record.n; i++)
        quotes += record.s[i] == '"';
    table->is_broken = quotes % 2 == 1 || table->lines > table->line;
    return err_set(
        err, LLMX_BAD_INPUT,
        "%s:%ld: text follows the closing quote (\") of column %d\n  (a quote within a "
        "field in quotes is written twice; --quotes no takes quotes as part of the fields)",
        table->path, table->line, column + 1);
}

const char *table_hint(const struct table *table)
{
    return table->records > 1 ? "use --skip-bad to drop such lines and count them"
                              : "is it the right column, and the right file?";
}

static int too_many(const struct table *table, int n, struct llmx_error *err)
{
    return err_set(
        err, LLMX_BAD_INPUT,
        "%s:%ld: the line has %d columns, the first line has %d\n  (separated by %s%s%s)",
        table->path, table->line, n, table->n_columns, delimited_name(table->by.separator),
        table->records > 1 ? "; " : "", table->records > 1 ? table_hint(table) : "");
}

static inline int split(const struct table *table, struct span record, int max, int *bad)
{
    return delimited_split(table->by, record, table->end, table->fields, max, table->unquoted, bad);
}

/* Splits the record that begins with that line; how many fields it has, at most `max` of them stored, or -1. */
static inline int split_record(struct table *table, struct span *record, int max,
                               struct llmx_error *err)
{
    int column;
    int n = split(table, *record, max, &column);
    if (n == DELIMITED_OPEN) {
        if (widen(table, record, column, err) != 0)
            return -1;
        n = split(table, *record, max, &column);
    }
    return n == DELIMITED_TEXT   ? text_follows(table, *record, column, err)
           : n == DELIMITED_OPEN ? never_closes(table, column, err)
                                 : n;
}

static int json_take(struct table *table, struct span line, struct llmx_error *err)
{
    struct json_scan scan = {.keys = table->keys,
                             .n_keys = table->n_columns,
                             .values = table->fields,
                             .text = table->unquoted,
                             .is_nested = table->is_nested};
    if (!json_scan(&scan, line.s, line.n))
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: not valid JSON at byte %zu: %s\n  (%s)",
                       table->path, table->line, scan.at + 1, scan.wrong,
                       table->records > 1 ? table_hint(table) : TABLE_JSON_HINT);
    table->n_fields = table->n_columns;
    return 0;
}

static inline int take_record(struct table *table, struct span record, struct llmx_error *err)
{
    const int n = split_record(table, &record, table->n_columns, err);
    if (n < 0)
        return -1;
    if (n > table->n_columns)
        return too_many(table, n, err);
    table->n_fields = n;
    for (int i = n; i < table->n_columns; i++)
        table->fields[i] = (struct span){"", 0};
    return 0;
}

static bool is_spaces(struct span line)
{
    size_t n = 0;
    while (n < line.n && line.s[n] == ' ')
        n++;
    return n == line.n;
}

/* Are there only blanks on a line, which is then passed over? Fields may be empty where spaces do not separate them. */
static bool is_blank(const struct table *table, struct span line)
{
    return (table->by.separator == ' ' || table->is_json) && is_spaces(line);
}

int table_next(struct table *table, struct llmx_error *err)
{
    struct span line = table->first;
    int got = 1;
    if (table->first_is_pending && !table->is_json) {
        table->first_is_pending = false;
        table->records++;
        return 1;
    }
    if (!table->first_is_pending)
        do
            got = next_line(table, &line, err);
        while (got > 0 && is_blank(table, line));
    table->first_is_pending = false;
    if (got <= 0)
        return got;
    table->records++;
    return (table->is_json ? json_take(table, line, err) : take_record(table, line, err)) == 0 ? 1
                                                                                               : -1;
}

static int check_first_line(const struct table *table, struct span line, struct llmx_error *err)
{
    if (line.n >= 2 && (memcmp(line.s, "\xff\xfe", 2) == 0 || memcmp(line.s, "\xfe\xff", 2) == 0))
        return err_set(err, LLMX_BAD_INPUT, "%s:1: this is UTF-16; say so: --encoding utf-16",
                       table->path);
    if (memchr(line.s, '\0', line.n))
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: this is a binary file (the first line holds NUL bytes)",
                       table->path, table->line);
    return 0;
}

static int json_begin(struct table *table, struct span line, struct llmx_error *err)
{
    if (line.s[strspn(line.s, " \t")] == '[') /* it has a bracket: it was taken for JSON */
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: this is a JSON array; one object a line is read (jq -c '.[]' FILE "
                       "makes such lines)",
                       table->path, table->line);
    table->is_json = true;
    table->first = line;
    table->first_is_pending = true;
    return 0;
}

static int make_columns(struct table *table, int n, struct llmx_error *err)
{
    if (n > TABLE_COLUMNS_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s:%ld: %d columns; at most %d are read", table->path,
                       table->line, n, TABLE_COLUMNS_MAX);
    table->n_columns = n;
    table->columns = mem_array((size_t)n, sizeof *table->columns, err);
    table->fields = table->columns ? mem_array((size_t)n, sizeof *table->fields, err) : NULL;
    return table->fields ? 0 : -1;
}

/* Counts the columns of the first record, and splits it. The record may grow, and then move. */
static int begin_delimited(struct table *table, struct span line, struct table_form form,
                           struct llmx_error *err)
{
    const bool is_tabs = table->by.separator == '\t';
    table->by.has_quotes =
        form.quotes == TABLE_QUOTES_DEFAULT ? !is_tabs : form.quotes == TABLE_QUOTES_YES;
    const int n = split_record(table, &line, 0, err);
    table->first_is_pending = true;
    return n < 0 || make_columns(table, n, err) != 0 ? -1 : take_record(table, line, err);
}

/* Reads the first record and makes room for as many columns as it has. */
static int begin(struct table *table, struct table_form form, struct llmx_error *err)
{
    struct span line;
    if (table->at == table->end && !table->is_at_end && refill(table, err) != 0)
        return -1;
    table->at +=
        utf8_mark(table->at, (size_t)(table->end - table->at)); /* no part of the first name */
    table->by.line_end = delimited_line_end(table->at, table->end);
    int got;
    while ((got = next_line(table, &line, err)) > 0 && is_spaces(line))
        ;
    if (got == 0)
        err_set(err, LLMX_BAD_INPUT, "%s: the file is empty", table->path);
    if (got <= 0 || check_first_line(table, line, err) != 0)
        return -1;
    table->unquoted = mem_array(TABLE_LINE_MAX, 1, err);
    if (!table->unquoted)
        return -1;
    if (!form.separator && json_begins(line))
        return json_begin(table, line, err);
    table->by.separator = form.separator ? form.separator
                                         : delimited_separator(line.s, line.s + line.n, table->end,
                                                               table->by.line_end);
    return begin_delimited(table, line, form, err);
}

int table_peek(struct table *table, struct llmx_error *err)
{
    return table->is_json ? json_take(table, table->first, err) : 0;
}

int table_open(struct table *table, const char *path, struct table_form form,
               struct llmx_error *err)
{
    *table = (struct table){.path = mem_text(path, strlen(path), err),
                            .buffer = mem_array(BUFFER_BYTES, 1, err)};
    if (!table->path || !table->buffer ||
        (form.encoding && !(table->decoder = decoder_create(form.encoding, err))))
        goto failed;
    table->at = table->end = table->buffer;
    table->stop = SIZE_MAX;
    table->gz = strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "r") : gzopen(path, "r");
    if (!table->gz) {
        err_system(err, "cannot open %s", path);
        goto failed;
    }
    gzbuffer(table->gz,
             BLOCK_BYTES / 4); /* less than half a block: plain files go straight into ours */
    if (begin(table, form, err) == 0)
        return 0;
failed:
    table_release(table);
    return -1;
}

int table_parse(struct table *table, const char *name, const char *bytes, size_t n,
                struct table_form form, struct llmx_error *err)
{
    *table = (struct table){.path = mem_text(name, strlen(name), err),
                            .at = bytes,
                            .end = bytes + n,
                            .offset = n,
                            .stop = SIZE_MAX,
                            .is_at_end = true};
    if (table->path && begin(table, form, err) == 0)
        return 0;
    table_release(table);
    return -1;
}

void table_release(struct table *table)
{
    for (int i = 0; table->columns && i < table->n_columns; i++)
        free(table->columns[i].name);
    free(table->columns);
    free(table->fields);
    free(table->is_nested);
    free(table->keys);
    free(table->unquoted);
    free(table->buffer);
    free(table->path);
    decoder_destroy(table->decoder);
    if (table->gz)
        gzclose(table->gz);
    *table = (struct table){0};
}

int table_narrow(struct table *table, size_t begin, size_t end, struct llmx_error *err)
{
    if (!table->gz || table->decoder || !gzdirect(table->gz))
        return err_set(err, LLMX_UNSUPPORTED, "%s cannot be read in parts", table->path);
    table->stop = end;
    table->is_share = true;
    if (begin == 0)
        return 0;
    /* The line that byte begin-1 belongs to, were it only its end, is the share before's. */
    if (gzseek(table->gz, (z_off_t)begin - 1, SEEK_SET) < 0)
        return err_system(err, "cannot read %s", table->path);
    table->at = table->end = table->buffer;
    table->offset = begin - 1;
    table->first_is_pending = false;
    table->is_at_end = false;
    for (;;) {
        size_t left = (size_t)(table->end - table->at);
        const char *found = left ? memchr(table->at, table->by.line_end, left) : NULL;
        table->at = found ? found + 1 : table->end;
        if (found || table->is_at_end)
            return 0;
        if (refill(table, err) != 0)
            return -1;
    }
}
