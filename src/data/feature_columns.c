#include "data/feature_columns.h"

#include "base/err.h"
#include "base/number.h"
#include "format/table.h"

#include <limits.h>
#include <string.h>

const char *feature_id_name(enum llmx_side side)
{
    return side == LLMX_ITEMS ? "item" : "user";
}

static int bad(enum llmx_side side, const char *part, size_t n, const char *what,
               struct llmx_error *err)
{
    const char *id = feature_id_name(side);
    return err_set(
        err, LLMX_BAD_OPTION,
        "--%s-columns: '%.*s' %s (as in %s=1,%s: on the left what it is to be called, on "
        "the right a name, key or number of the table)",
        id, (int)n, part, what, id,
        side == LLMX_ITEMS ? "title=2,genres=genres" : "age=age,work=occupation");
}

static int parse_number(struct feature_column *column, enum llmx_side side, const char *part,
                        size_t n, struct llmx_error *err)
{
    const char *source = column->source;
    double number;
    if (source[strspn(source, "0123456789")] || !number_read(source, &number) ||
        number_whole(number, 1, TABLE_COLUMNS_MAX, &column->number))
        return 0;
    return bad(side, part, n, "is no column: they count from 1", err);
}

static bool is_taken(const struct feature_columns *columns, const char *name)
{
    for (int i = 0; i < columns->n; i++)
        if (strcmp(columns->column[i].name, name) == 0)
            return true;
    return columns->id.name && strcmp(columns->id.name, name) == 0;
}

static int parse_part(struct feature_columns *columns, enum llmx_side side, const char *part,
                      size_t n, struct llmx_error *err)
{
    const char *equals = memchr(part, '=', n);
    const size_t left = equals ? (size_t)(equals - part) : 0, right = equals ? n - left - 1 : 0;
    struct feature_column column = {0};
    if (left == 0 || right == 0)
        return bad(side, part, n, "is not NAME=COLUMN", err);
    if (!(column.name = arena_text(&columns->texts, part, left, err)) ||
        !(column.source = arena_text(&columns->texts, equals + 1, right, err)))
        return -1;
    if (is_taken(columns, column.name))
        return bad(side, part, n, "gives a name twice", err);
    if (parse_number(&column, side, part, n, err) != 0)
        return -1;
    columns->is_by_name |= column.number == 0;
    if (strcmp(column.name, feature_id_name(side)) == 0)
        columns->id = column;
    else
        columns->column[columns->n++] = column;
    return 0;
}

static int parse_all(struct feature_columns *columns, enum llmx_side side, const char *text,
                     struct llmx_error *err)
{
    size_t parts = 1;
    for (const char *s = text; *s; s++)
        parts += *s == ',';
    columns->column = arena_array(&columns->texts, parts, sizeof *columns->column, err);
    if (!columns->column)
        return -1;
    for (const char *part = text;; part++) {
        const size_t n = strcspn(part, ",");
        if (n > INT_MAX)
            return err_set(err, LLMX_TOO_LARGE, "--%s-columns is too long", feature_id_name(side));
        if (parse_part(columns, side, part, n, err) != 0)
            return -1;
        part += n;
        if (*part == '\0')
            break;
    }
    if (columns->id.name)
        return 0;
    return bad(side, text, strlen(text) < INT_MAX ? strlen(text) : 0,
               side == LLMX_ITEMS ? "does not say which column is the item"
                                  : "does not say which column is the user",
               err);
}

int feature_columns_parse(struct feature_columns *columns, enum llmx_side side, const char *text,
                          struct llmx_error *err)
{
    *columns = (struct feature_columns){0};
    if (parse_all(columns, side, text, err) == 0)
        return 0;
    feature_columns_release(columns);
    return -1;
}

void feature_columns_release(struct feature_columns *columns)
{
    arena_release(&columns->texts);
    *columns = (struct feature_columns){0};
}
