#include "format/table.h"

#include "base/memory.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define BLOCK_BYTES  ((size_t)256 << 10) /* read at once: stays in the second-level cache */
#define BUFFER_BYTES (TABLE_LINE_MAX + BLOCK_BYTES)
#define EXCERPT_MAX  40 /* bytes of a field that a message shows */

static const char separators[] =
    "\t:;,| "; /* least likely to be part of a field first; ':' is "::" */
static const char *const type_names[] = {"", "token", "token_seq", "float", "float_seq"};

const char *table_type_name(enum table_type type)
{
    return type_names[type];
}

const char *table_separator_name(const struct table *table)
{
    static const char *const names[] = {"tab", "'::'", "';'", "','", "'|'", "space"};
    const char *place = strchr(separators, table->separator);
    return place ? names[place - separators] : "the separator given";
}

/* A field as a message shows it: cut, and with nothing a terminal would act on. */
static const char *excerpt(char *out, size_t size, struct span field)
{
    size_t n = field.n > EXCERPT_MAX ? EXCERPT_MAX : field.n, used = 0;
    while (n < field.n && n > EXCERPT_MAX - 4 && ((unsigned char)field.s[n] & 0xc0) == 0x80)
        n--; /* not in mid-character */
    bool is_utf8 = utf8_check_text(field.s, n) == n;
    out[0] = '\0';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)field.s[i];
        bool is_odd = c < ' ' || c == 0x7f || (c >= 0x80 && !is_utf8);
        used += (size_t)snprintf(out + used, size - used, is_odd ? "\\x%02x" : "%c", c);
    }
    if (n < field.n)
        snprintf(out + used, size - used, "...");
    return out;
}

int table_fail(const struct table *table, int column, const char *claim, const char *hint,
               struct llmx_error *err)
{
    char shown[EXCERPT_MAX * 4 + 8], number[32], declared[128] = "";
    const struct table_column *c = &table->columns[column];
    snprintf(number, sizeof number, "column %d", column + 1);
    if (c->type != TABLE_UNTYPED)
        snprintf(declared, sizeof declared, ", declared %.80s:%s", c->name, type_names[c->type]);
    return err_set(err, LLMX_BAD_INPUT, "%s:%ld: '%s' %s: \"%s\"\n  (%s%s; %s)", table->path,
                   table->line, c->name ? c->name : number, claim,
                   excerpt(shown, sizeof shown, table->fields[column]), number, declared, hint);
}

/* Moves what is left to the front of the buffer and reads more behind it. */
static int refill(struct table *table, struct llmx_error *err)
{
    size_t left = (size_t)(table->end - table->at);
    if (left)
        memmove(table->buffer, table->at, left);
    table->at = table->buffer;
    int got =
        gzread(table->gz, table->buffer + left,
               (unsigned)(BUFFER_BYTES - left < BLOCK_BYTES ? BUFFER_BYTES - left : BLOCK_BYTES));
    int code = Z_OK;
    const char *what = gzerror(table->gz, &code);
    table->end = table->buffer + left + (got > 0 ? got : 0);
    table->offset += (size_t)(got > 0 ? got : 0);
    if (got < 0 || code == Z_BUF_ERROR) {
        table->is_at_end = table->is_broken = true;
        if (code == Z_ERRNO)
            return err_system(err, "cannot read %s", table->path);
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: the gzip data is %s after line %ld (%s); fetch the file again",
                       table->path, code == Z_BUF_ERROR ? "cut off" : "damaged", table->line, what);
    }
    table->is_at_end = got == 0;
    return 0;
}

/* The next line that is not blank, without its end: 1, 0 at the end of the file, -1. */
static int next_line(struct table *table, struct span *line, struct llmx_error *err)
{
    size_t searched = 0;
    for (;;) {
        size_t left = (size_t)(table->end - table->at);
        if (table->offset - left >= table->stop)
            return 0;
        const char *lf =
            left > searched ? memchr(table->at + searched, '\n', left - searched) : NULL;
        size_t n = lf ? (size_t)(lf - table->at) : left;
        if (n > TABLE_LINE_MAX) {
            table->is_broken = true;
            return err_set(err, LLMX_TOO_LARGE,
                           "%s:%ld: the line is longer than %zu bytes; is this a text table?",
                           table->path, table->line + 1, TABLE_LINE_MAX);
        }
        if (!lf && !table->is_at_end) {
            searched = left;
            if (refill(table, err) != 0)
                return -1;
            continue;
        }
        if (!lf && n == 0)
            return 0;
        *line = (struct span){table->at, n};
        table->at += n + (lf != NULL);
        table->line++;
        searched = 0;
        if (n && line->s[n - 1] == '\r')
            line->n--;
        if (line->n)
            return 1;
    }
}

/* Takes a field in double quotes from *p on, writing it to *out when quotes are doubled in it. */
static int quoted_field(const char **p, const char *end, char **out, struct span *field)
{
    const char *s = *p + 1, *q = s;
    bool has_doubled = false;
    for (;; q += 2) {
        q = memchr(q, '"', (size_t)(end - q));
        if (!q)
            return -1;
        if (q + 1 == end || q[1] != '"')
            break;
        has_doubled = true;
        if (q + 2 == end)
            return -1;
    }
    *p = q + 1;
    *field = (struct span){s, (size_t)(q - s)};
    if (has_doubled) {
        char *w = *out;
        for (const char *r = s; r < q; r += 1 + (*r == '"'))
            *w++ = *r;
        *field = (struct span){*out, (size_t)(w - *out)};
        *out = w;
    }
    return 0;
}

/* The first byte c in p .. end-1, or end. Fields are short and of many lengths: eight bytes are looked at together,
 * since the end of a loop over them would be mispredicted (Mycroft's test for a zero byte; the lowest hit is exact).
 * It may look at bytes behind `end`, before `readable`. */
static const char *find_byte(const char *p, const char *end, const char *readable, char c)
{
    const uint64_t ones = 0x0101010101010101u, pattern = ones * (unsigned char)c;
    while (p < end && readable - p >= 8) {
        uint64_t v;
        memcpy(&v, p, sizeof v);
        v ^= pattern;
        uint64_t hits = (v - ones) & ~v & ones << 7;
        if (hits) {
            p += __builtin_ctzll(hits) >> 3;
            break;
        }
        p += 8;
    }
    if (readable - p < 8)
        while (p < end && *p != c)
            p++;
    return p < end ? p : end;
}

/* The next separator of a line, or its end. */
static const char *find_separator_from(const struct table *table, const char *p, const char *end)
{
    p = find_byte(p, end, table->end, table->separator);
    while (table->separator == ':' && p < end && (p + 1 == end || p[1] != ':'))
        p = find_byte(p + 1, end, table->end, ':');
    return p;
}

/* Splits a line into at most `max` fields; how many it has, or -1 for a quote that does not close. */
static int split_line(const struct table *table, struct span line, struct span *fields, int max)
{
    const char *p = line.s, *end = line.s + line.n;
    char *out = table->unquoted;
    size_t width = table->separator == ':' ? 2 : 1;
    for (int n = 0;; n++) {
        struct span field = {p, 0};
        bool is_quoted = table->has_quotes && p < end && *p == '"';
        if (is_quoted && quoted_field(&p, end, &out, &field) != 0)
            return -1;
        p = find_separator_from(table, p, end);
        if (!is_quoted)
            field.n = (size_t)(p - field.s);
        if (n < max)
            fields[n] = field;
        if (p == end)
            return n + 1;
        p += width;
    }
}

static int table_split(struct table *table, struct span line, struct llmx_error *err)
{
    int n = split_line(table, line, table->fields, table->n_columns);
    if (n < 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: a field begins with a quote (\") that does not close on its line\n"
                       "  (use --skip-bad to drop such lines and count them)",
                       table->path, table->line);
    if (n > table->n_columns)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: the line has %d columns, the first line has %d\n"
                       "  (use --skip-bad to drop such lines and count them)",
                       table->path, table->line, n, table->n_columns);
    table->n_fields = n;
    for (int i = n; i < table->n_columns; i++)
        table->fields[i] = (struct span){"", 0};
    return 0;
}

int table_next(struct table *table, struct llmx_error *err)
{
    if (table->first_is_pending) {
        table->first_is_pending = false;
        return 1;
    }
    struct span line;
    int got = next_line(table, &line, err);
    if (got > 0 && table_split(table, line, err) != 0)
        return -1;
    return got;
}

/* Of the separators that a line holds, the one least likely to be part of a field. */
static char find_separator(struct span line)
{
    for (const char *c = separators; *c; c++) {
        const char *p = memchr(line.s, *c, line.n);
        while (*c == ':' && p && (p + 1 == line.s + line.n || p[1] != ':'))
            p = memchr(p + 1, ':', (size_t)(line.s + line.n - p - 1));
        if (p)
            return *c;
    }
    return '\t';
}

static int check_first_line(const struct table *table, struct span line, struct llmx_error *err)
{
    if (line.n >= 2 && (memcmp(line.s, "\xff\xfe", 2) == 0 || memcmp(line.s, "\xfe\xff", 2) == 0))
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:1: this is UTF-16; convert it: iconv -f UTF-16 -t UTF-8 FILE",
                       table->path);
    if (memchr(line.s, '\0', line.n))
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: this is a binary file (the first line holds NUL bytes)",
                       table->path, table->line);
    return 0;
}

/* Reads the first line and makes room for as many columns as it has. */
static int begin(struct table *table, char separator, struct llmx_error *err)
{
    struct span line;
    int got = next_line(table, &line, err);
    if (got == 0)
        err_set(err, LLMX_BAD_INPUT, "%s: the file is empty", table->path);
    if (got <= 0 || check_first_line(table, line, err) != 0)
        return -1;
    const size_t mark = utf8_mark(line.s, line.n); /* no part of the first name */
    line = (struct span){line.s + mark, line.n - mark};
    table->separator = separator ? separator : find_separator(line);
    table->has_quotes = table->separator != '\t';
    table->unquoted = table->has_quotes ? mem_array(TABLE_LINE_MAX, 1, err) : NULL;
    if (table->has_quotes && !table->unquoted)
        return -1;
    table->n_columns = split_line(table, line, NULL, 0);
    if (table->n_columns > TABLE_COLUMNS_MAX)
        return err_set(err, LLMX_TOO_LARGE, "%s:%ld: %d columns; at most %d are read", table->path,
                       table->line, table->n_columns, TABLE_COLUMNS_MAX);
    size_t n = table->n_columns > 0 ? (size_t)table->n_columns : 0;
    table->columns = mem_array(n, sizeof *table->columns, err);
    table->fields = mem_array(n, sizeof *table->fields, err);
    if (!table->columns || !table->fields || table_split(table, line, err) != 0)
        return -1;
    table->first_is_pending = true;
    return 0;
}

int table_open(struct table *table, const char *path, char separator, struct llmx_error *err)
{
    *table = (struct table){.path = mem_text(path, strlen(path), err),
                            .buffer = mem_array(BUFFER_BYTES, 1, err)};
    if (!table->path || !table->buffer)
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
    if (begin(table, separator, err) == 0)
        return 0;
failed:
    table_release(table);
    return -1;
}

int table_parse(struct table *table, const char *name, const char *bytes, size_t n, char separator,
                struct llmx_error *err)
{
    *table = (struct table){.path = mem_text(name, strlen(name), err),
                            .at = bytes,
                            .end = bytes + n,
                            .offset = n,
                            .stop = SIZE_MAX,
                            .is_at_end = true};
    if (table->path && begin(table, separator, err) == 0)
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
    free(table->unquoted);
    free(table->buffer);
    free(table->path);
    if (table->gz)
        gzclose(table->gz);
    *table = (struct table){0};
}

int table_narrow(struct table *table, size_t begin, size_t end, struct llmx_error *err)
{
    if (!table->gz || !gzdirect(table->gz))
        return err_set(err, LLMX_UNSUPPORTED, "%s cannot be read in parts", table->path);
    table->stop = end;
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
        const char *lf = left ? memchr(table->at, '\n', left) : NULL;
        table->at = lf ? lf + 1 : table->end;
        if (lf || table->is_at_end)
            return 0;
        if (refill(table, err) != 0)
            return -1;
    }
}

int table_column(const struct table *table, const char *name)
{
    for (int i = 0; i < table->n_columns; i++)
        if (table->columns[i].name && strcmp(table->columns[i].name, name) == 0)
            return i;
    return -1;
}

static int set_name(struct table *table, int column, struct span name, struct llmx_error *err)
{
    if (name.n == 0 || utf8_check_text(name.s, name.n) < name.n)
        return err_set(err, LLMX_BAD_INPUT, "%s:%ld: the name of column %d is %s", table->path,
                       table->line, column + 1, name.n ? "not UTF-8" : "empty");
    char *text = mem_text(name.s, name.n, err);
    if (!text)
        return -1;
    if (table_column(table, text) >= 0) {
        err_set(err, LLMX_BAD_INPUT, "%s:%ld: two columns are called '%s'", table->path,
                table->line, text);
        free(text);
        return -1;
    }
    table->columns[column].name = text;
    return 0;
}

static int set_type(struct table *table, int column, struct span type, struct llmx_error *err)
{
    char shown[EXCERPT_MAX * 4 + 8];
    for (int t = TABLE_TOKEN; t <= TABLE_FLOAT_SEQ; t++)
        if (strlen(type_names[t]) == type.n && memcmp(type_names[t], type.s, type.n) == 0) {
            table->columns[column].type = (enum table_type)t;
            return 0;
        }
    return err_set(err, LLMX_BAD_INPUT,
                   "%s:%ld: column %d has the unknown type \"%s\"\n"
                   "  (token, token_seq, float or float_seq)",
                   table->path, table->line, column + 1, excerpt(shown, sizeof shown, type));
}

int table_typed_header(struct table *table, struct llmx_error *err)
{
    assert(table->first_is_pending);
    char shown[EXCERPT_MAX * 4 + 8];
    for (int i = 0; i < table->n_columns; i++) {
        struct span field = table->fields[i], name = field;
        while (name.n && name.s[name.n - 1] != ':')
            name.n--;
        if (name.n == 0)
            return err_set(err, LLMX_BAD_INPUT,
                           "%s:%ld: column %d of the header is not NAME:TYPE: \"%s\"\n  (as in "
                           "user_id:token; a file without such a header is read with --columns "
                           "user=1,item=2,time=4)",
                           table->path, table->line, i + 1, excerpt(shown, sizeof shown, field));
        struct span type = {name.s + name.n, field.n - name.n};
        name.n--;
        if (set_type(table, i, type, err) != 0 || set_name(table, i, name, err) != 0)
            return -1;
    }
    table->first_is_pending = false;
    return 0;
}

int table_plain_header(struct table *table, struct llmx_error *err)
{
    assert(table->first_is_pending);
    for (int i = 0; i < table->n_columns; i++)
        if (set_name(table, i, table->fields[i], err) != 0)
            return -1;
    table->first_is_pending = false;
    return 0;
}
