#include "data/features.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/utf8.h"
#include "data/feature_columns.h"
#include "data/feature_values.h"
#include "data/header.h"
#include "format/json_scan.h"
#include "format/table_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SKIP_HINT "use --skip-bad to drop such lines and count them"

/* A table that is being read. */
struct feature_reader {
    struct features *features;
    const struct feature_source *source;
    const struct names *ids;
    struct table table;
    int id;       /* its column */
    int *column;  /* (features->n_columns) where each feature stands in the table */
    bool *is_met; /* the same: has any line that column? Of JSON Lines a key may be nowhere */
    int year; /* the feature that was asked for as `year`, of which the year alone is kept; -1: none */
    struct text list;  /* room for a list's members */
    char first_id[48]; /* of the first line, for a message */
    size_t lines;
};

/* A value in one line: what breaks lines becomes a space. */
static int put_text(struct features *features, const char *s, size_t n, size_t *place,
                    struct llmx_error *err)
{
    *place = 0;
    if (n == 0)
        return 0;
    const size_t size = features->pool_size;
    if (mem_grow(&features->pool, &features->pool_capacity, size + n + 1, 1, err) != 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        features->pool[size + i] = s[i] == '\n' || s[i] == '\r' || s[i] == '\t' ? ' ' : s[i];
    features->pool[size + n] = '\0';
    features->pool_size = size + n + 1;
    *place = size;
    return 0;
}

static int put_value(struct feature_reader *r, int feature, size_t *place, struct llmx_error *err)
{
    const struct span field = r->table.fields[r->column[feature]];
    if (feature == r->year) {
        const char *year = value_find_year(field.s, field.n);
        return put_text(r->features, year, year ? 4 : 0, place, err);
    }
    text_clear(&r->list);
    if (!value_put_list(&r->list, field.s, field.n))
        return put_text(r->features, field.s, field.n, place, err);
    return text_check(&r->list, err) != 0 ? -1
                                          : put_text(r->features, r->list.s, r->list.n, place, err);
}

static int check_field(const struct table *table, int column, struct llmx_error *err)
{
    struct span field = table->fields[column];
    double value;
    if (table->columns[column].type == TABLE_FLOAT && field.n &&
        !number_parse(field.s, field.n, &value))
        return table_fail(table, column, "is not a finite number", SKIP_HINT, err);
    if (utf8_check_text(field.s, field.n) < field.n)
        return table_fail(table, column, "is not UTF-8 text", "say what it is: --encoding latin1",
                          err);
    return 0;
}

/* Stores one line under its id. */
static int add_line(struct feature_reader *r, struct llmx_error *err)
{
    struct features *features = r->features;
    const struct span id = r->table.fields[r->id];
    if (check_field(&r->table, r->id, err) != 0)
        return -1;
    for (int i = 0; i < features->n_columns; i++) {
        if (check_field(&r->table, r->column[i], err) != 0)
            return -1;
        r->is_met[i] |= r->table.fields[r->column[i]].s != json_absent;
    }
    if (r->lines++ == 0)
        snprintf(r->first_id, sizeof r->first_id, "%.*s", (int)(id.n < 40 ? id.n : 40), id.s);
    const int64_t row = names_find(r->ids, id.s, id.n);
    if (row < 0) {
        features->unknown++;
        return names_add(&features->others, id.s, id.n, err) < 0 ? -1 : 0;
    }
    if (features->has_line[row]) {
        features->repeated++;
        return 0;
    }
    features->has_line[row] = true;
    size_t *value = features->value + (size_t)row * (size_t)features->n_columns;
    for (int i = 0; i < features->n_columns; i++)
        if (put_value(r, i, &value[i], err) != 0)
            return -1;
    return 0;
}

static int read_lines(struct feature_reader *r, struct llmx_error *err)
{
    for (;;) {
        struct llmx_error why;
        int got = table_next(&r->table, &why);
        if (got == 0)
            return 0;
        if (got > 0 && add_line(r, &why) == 0)
            continue;
        if (!r->source->skip_bad || why.code != LLMX_BAD_INPUT || r->table.is_broken)
            return err_set(err, why.code, "%s", why.message);
        r->features->bad_lines++;
    }
}

/* The column that a choice means, or -1. */
static int find_column(struct feature_reader *r, const struct feature_column *choice,
                       struct llmx_error *err)
{
    const char *option = feature_id_name(r->source->side);
    int column = choice->number - 1;
    if (!choice->number || r->table.is_json)
        return table_choose(&r->table, choice->source, &column, LLMX_BAD_OPTION, err) == 0
                   ? column
                   : err_prefix(err, "--%s-columns", option);
    if (column < r->table.n_columns)
        return column;
    return err_set(err, LLMX_BAD_OPTION,
                   "--%s-columns: %s=%d, but %s has %d columns (separated by %s)", option,
                   choice->name, choice->number, r->source->path, r->table.n_columns,
                   delimited_name(r->table.by.separator));
}

static int add_feature(struct feature_reader *r, const char *name, int column,
                       struct llmx_error *err)
{
    struct features *features = r->features;
    r->column[features->n_columns] = column;
    features->names[features->n_columns] = mem_text(name, strlen(name), err);
    return features->names[features->n_columns++] ? 0 : -1;
}

/* What --item-columns says. */
static int choose_columns(struct feature_reader *r, const struct feature_columns *columns,
                          struct llmx_error *err)
{
    if ((r->id = find_column(r, &columns->id, err)) < 0)
        return -1;
    for (int i = 0; i < columns->n; i++) {
        const int column = find_column(r, &columns->column[i], err);
        if (column < 0 || add_feature(r, columns->column[i].name, column, err) != 0)
            return -1;
        if (r->source->side == LLMX_ITEMS &&
            strcmp(columns->column[i].name, llmx_role_name(LLMX_ROLE_YEAR)) == 0)
            r->year = i;
    }
    return 0;
}

/* A first line that begins with an id, or a number, is no header. */
static int check_header(const struct feature_reader *r, struct llmx_error *err)
{
    const char *name = r->table.columns[r->id].name, *id = feature_id_name(r->source->side);
    double number;
    if (!name || r->table.is_json)
        return 0;
    const size_t n = strlen(name);
    if (names_find(r->ids, name, n) < 0 &&
        (r->source->is_atomic || !number_parse(name, n, &number)))
        return 0;
    return err_set(err, LLMX_BAD_INPUT,
                   "%s:1: the first line, which is to name the columns, begins with the %s '%s'\n  "
                   "(say what the columns of a file without names are: --%s-columns %s=1,%s=2)",
                   r->source->path, id, name, id, id,
                   r->source->side == LLMX_ITEMS ? "title" : "age");
}

/* All columns that have a name of their own; the id is the one that is called as in the interactions, else, but in atomic
 * files, the first. */
static int take_columns(struct feature_reader *r, struct llmx_error *err)
{
    const char *id = r->source->id_column;
    r->id = id ? table_column(&r->table, id) : -1;
    if (r->id < 0 && r->source->is_atomic)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:1: there is no column '%s', which the interactions name the rows by",
                       r->source->path, id);
    if (r->id < 0)
        r->id = 0;
    if (check_header(r, err) != 0)
        return -1;
    for (int i = 0; i < r->table.n_columns; i++) {
        const char *name = r->table.columns[i].name;
        if (i != r->id && name && table_column(&r->table, name) == i &&
            add_feature(r, name, i, err) != 0)
            return -1;
    }
    return 0;
}

static int note_key(struct feature_reader *r, struct llmx_error *err)
{
    char number[16];
    const char *name = r->table.columns[r->id].name;
    snprintf(number, sizeof number, "%d", r->id + 1);
    name = name ? name : number;
    return (r->features->key = mem_text(name, strlen(name), err)) ? 0 : -1;
}

static int prepare(struct feature_reader *r, const struct feature_columns *columns,
                   struct llmx_error *err)
{
    struct features *features = r->features;
    const uint32_t rows = r->ids->count;
    const size_t n = (size_t)(columns->n > r->table.n_columns ? columns->n : r->table.n_columns);
    features->path = mem_text(r->source->path, strlen(r->source->path), err);
    features->names = mem_array(n, sizeof *features->names, err);
    r->column = mem_array(n, sizeof *r->column, err);
    features->has_line = mem_array(rows, sizeof *features->has_line, err);
    r->is_met = mem_array(n, sizeof *r->is_met, err);
    if (!features->path || !features->names || !r->column || !r->is_met || !features->has_line ||
        mem_grow(&features->pool, &features->pool_capacity, 1, 1, err) != 0)
        return -1;
    features->pool[0] = '\0';
    features->pool_size = 1;
    features->n_rows = rows;
    if ((r->source->columns ? choose_columns(r, columns, err) : take_columns(r, err)) != 0)
        return -1;
    features->value = mem_array(rows, (size_t)features->n_columns * sizeof *features->value, err);
    return features->value ? note_key(r, err) : -1;
}

/* Takes the first line where it is a header: one with types, or where columns are given by name, or all are taken, or
 * that looks like one (header.h). */
static int take_header(struct feature_reader *r, const struct feature_columns *columns,
                       struct llmx_error *err)
{
    if (r->source->is_atomic)
        return table_typed_header(&r->table, err) != 0 ? -1 : table_check_names(&r->table, err);
    const bool is_by_name = !r->source->columns || columns->is_by_name;
    const int role[ROLE_COUNT] = {[ROLE_USER] = -1, columns->id.number - 1, -1, -1};
    const enum header header = header_find(&r->table, role, is_by_name, LLMX_GUESS);
    if (header == HEADER_TYPED)
        return table_typed_header(&r->table, err);
    return header_is_taken(header) || (header == HEADER_KEYS && !r->source->columns)
               ? table_plain_header(&r->table, err)
               : 0;
}

/* A table that was asked for and has nothing to say of anything was misunderstood. */
static int check_ids(const struct feature_reader *r, struct llmx_error *err)
{
    const char *id = feature_id_name(r->source->side);
    if (!r->source->is_given || r->features->unknown < r->lines)
        return 0;
    if (r->lines == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no %ss", r->source->path, id);
    return err_set(err, LLMX_BAD_INPUT,
                   "%s: no %s of its %zu lines has interactions (column %d, \"%s\" in the first)\n"
                   "  (say which column holds the ids that the interactions use: --%s-columns "
                   "%s=COLUMN)",
                   r->source->path, id, r->lines, r->id + 1, r->first_id, id, id);
}

/* A key that was asked for and is nowhere was misspelt. */
static int check_keys(const struct feature_reader *r, struct llmx_error *err)
{
    for (int i = 0; r->lines > 0 && i < r->features->n_columns; i++)
        if (!r->is_met[i])
            return err_set(err, LLMX_BAD_OPTION, "--%s-columns: no line of %s has the key '%s'",
                           feature_id_name(r->source->side), r->source->path,
                           r->table.columns[r->column[i]].name);
    return 0;
}

static int read_table(struct feature_reader *r, const struct feature_columns *columns,
                      struct llmx_error *err)
{
    if (take_header(r, columns, err) != 0 || prepare(r, columns, err) != 0 ||
        read_lines(r, err) != 0 || check_ids(r, err) != 0 || check_keys(r, err) != 0)
        return -1;
    if (r->source->side != LLMX_ITEMS)
        return 0;
    return features_find_roles(r->features, r->source->roles, err) != 0
               ? -1
               : features_split_years(r->features, err);
}

int features_open(struct features *features, const struct feature_source *source,
                  const struct names *ids, struct llmx_error *err)
{
    struct feature_reader r = {.features = features, .source = source, .ids = ids, .year = -1};
    struct feature_columns columns = {0};
    int result = -1;
    *features = (struct features){0};
    if (source->columns && feature_columns_parse(&columns, source->side, source->columns, err) != 0)
        return -1;
    struct table_form form = source->form;
    form.separator = source->is_atomic ? '\t' : '\0';
    if (table_open(&r.table, source->path, form, err) == 0) {
        result = read_table(&r, &columns, err);
        table_release(&r.table);
    }
    feature_columns_release(&columns);
    text_release(&r.list);
    free(r.column);
    free(r.is_met);
    if (result != 0)
        features_release(features);
    return result;
}

void features_release(struct features *features)
{
    for (int i = 0; i < features->n_columns; i++)
        free(features->names[i]);
    free(features->names);
    free(features->path);
    free(features->key);
    free(features->pool);
    free(features->value);
    free(features->has_line);
    names_release(&features->others);
    *features = (struct features){0};
}

const char *features_get(const struct features *features, uint32_t row, int column)
{
    return features->pool +
           features->value[(size_t)row * (size_t)features->n_columns + (size_t)column];
}

int features_column(const struct features *features, const char *name)
{
    for (int i = 0; i < features->n_columns; i++)
        if (strcmp(features->names[i], name) == 0)
            return i;
    return -1;
}

int llmx_is_private(const char *column)
{
    static const char *const marks[] = {"zip",     "postal", "postcode", "email", "phone",
                                        "address", "name",   "birth",    "ip"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (plain_strncasecmp(column, marks[i], strlen(marks[i])) == 0)
            return 1;
    return 0;
}
