#include "data/features.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/utf8.h"
#include "format/table.h"

#include <stdlib.h>
#include <string.h>

#define SKIP_HINT "use --skip-bad to drop such lines and count them"

static int put_value(struct features *features, struct span text, size_t *place,
                     struct llmx_error *err)
{
    *place = 0;
    if (text.n == 0)
        return 0;
    size_t size = features->pool_size;
    if (mem_grow(&features->pool, &features->pool_capacity, size + text.n + 1, 1, err) != 0)
        return -1;
    memcpy(features->pool + size, text.s, text.n);
    features->pool[size + text.n] = '\0';
    features->pool_size = size + text.n + 1;
    *place = size;
    return 0;
}

static int check_field(const struct table *table, int column, struct llmx_error *err)
{
    struct span field = table->fields[column];
    double value;
    if (table->columns[column].type == TABLE_FLOAT && field.n &&
        !number_parse(field.s, field.n, &value))
        return table_fail(table, column, "is not a finite number", SKIP_HINT, err);
    if (utf8_check_text(field.s, field.n) < field.n)
        return table_fail(table, column, "is not UTF-8 text",
                          "convert the file: iconv -f LATIN1 -t UTF-8 FILE", err);
    return 0;
}

/* Stores one line under its id: every column but the id, in order. */
static int add_line(struct features *features, const struct table *table, int id,
                    const struct names *ids, struct llmx_error *err)
{
    for (int i = 0; i < table->n_columns; i++)
        if (check_field(table, i, err) != 0)
            return -1;
    int64_t row = names_find(ids, table->fields[id].s, table->fields[id].n);
    if (row < 0) {
        const struct span other = table->fields[id];
        features->unknown++;
        return names_add(&features->others, other.s, other.n, err) < 0 ? -1 : 0;
    }
    if (features->has_line[row]) {
        features->repeated++;
        return 0;
    }
    features->has_line[row] = true;
    size_t *value = features->value + (size_t)row * (size_t)features->n_columns;
    for (int i = 0; i < table->n_columns; i++)
        if (i != id && put_value(features, table->fields[i], value++, err) != 0)
            return -1;
    return 0;
}

static int read_lines(struct features *features, struct table *table, int id,
                      const struct names *ids, bool skip_bad, struct llmx_error *err)
{
    for (;;) {
        struct llmx_error why;
        int got = table_next(table, &why);
        if (got == 0)
            return 0;
        if (got > 0 && add_line(features, table, id, ids, &why) == 0)
            continue;
        if (!skip_bad || why.code != LLMX_BAD_INPUT || table->is_broken)
            return err_set(err, why.code, "%s", why.message);
        features->bad_lines++;
    }
}

static int prepare(struct features *features, const struct table *table, int id, uint32_t rows,
                   struct llmx_error *err)
{
    int n = table->n_columns - 1;
    features->path = mem_text(table->path, strlen(table->path), err);
    features->names = mem_array((size_t)n, sizeof *features->names, err);
    features->value = mem_array((size_t)rows, (size_t)n * sizeof *features->value, err);
    features->has_line = mem_array(rows, sizeof *features->has_line, err);
    if (!features->path || !features->names || !features->value || !features->has_line ||
        mem_grow(&features->pool, &features->pool_capacity, 1, 1, err) != 0)
        return -1;
    features->pool[0] = '\0';
    features->pool_size = 1;
    features->n_rows = rows;
    for (int i = 0; i < table->n_columns; i++) {
        const char *name = table->columns[i].name;
        if (i != id &&
            !(features->names[features->n_columns++] = mem_text(name, strlen(name), err)))
            return -1;
    }
    return 0;
}

int features_open(struct features *features, const char *path, const char *id_column,
                  const struct names *ids, bool skip_bad, struct llmx_error *err)
{
    struct table table;
    int result = -1;
    *features = (struct features){0};
    if (table_open(&table, path, '\t', err) != 0)
        return -1;
    if (table_typed_header(&table, err) != 0)
        goto done;
    int id = table_column(&table, id_column);
    if (id < 0) {
        err_set(err, LLMX_BAD_INPUT,
                "%s:1: there is no column '%s', which the interactions name the rows by", path,
                id_column);
        goto done;
    }
    if (prepare(features, &table, id, ids->count, err) == 0)
        result = read_lines(features, &table, id, ids, skip_bad, err);
done:
    table_release(&table);
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
