/* title_years.c - "Hill, The (1991)" is the title "Hill, The" and the year 1991. */
#include "base/memory.h"
#include "data/feature_values.h"
#include "data/features.h"

#include <stdlib.h>
#include <string.h>

#define YEAR_BYTES 4

static size_t *value_at(const struct features *features, uint32_t row, int column)
{
    return &features->value[(size_t)row * (size_t)features->n_columns + (size_t)column];
}

/* Where in the pool the year begins that a row's title ends with, 0: none; *end is where the title ends without it. */
static size_t find_year(const struct features *features, uint32_t row, int title, size_t *end)
{
    const size_t begin = *value_at(features, row, title);
    const char *s = features->pool + begin;
    size_t length;
    const char *year = value_title_year(s, strlen(s), &length);
    *end = year ? begin + length : 0;
    return year ? (size_t)(year - features->pool) : 0;
}

static bool has_any(const struct features *features, int title)
{
    size_t end;
    for (uint32_t row = 0; row < features->n_rows; row++)
        if (find_year(features, row, title, &end))
            return true;
    return false;
}

static int add_column(struct features *features, const char *name, struct llmx_error *err)
{
    const size_t n = (size_t)features->n_columns, rows = features->n_rows;
    size_t *value = mem_array(rows, (n + 1) * sizeof *value, err);
    char **names = mem_array(n + 1, sizeof *names, err);
    char *text = mem_text(name, strlen(name), err);
    if (!value || !names || !text) {
        free(value);
        free(names);
        free(text);
        return -1;
    }
    for (size_t row = 0; row < rows; row++)
        memcpy(value + row * (n + 1), features->value + row * n, n * sizeof *value);
    memcpy(names, features->names, n * sizeof *names);
    names[n] = text;
    free(features->value);
    free(features->names);
    features->value = value;
    features->names = names;
    features->n_columns++;
    return 0;
}

/* The year's digits become a value where they stand: the parenthesis behind them is overwritten. A title whose year is
 * not that of the column, a film shown anew, stays as it is. */
static void move_year(struct features *features, uint32_t row, int title, int column)
{
    size_t end;
    const size_t year = find_year(features, row, title, &end);
    size_t *value = value_at(features, row, column);
    const char *known = features->pool + *value, *own = value_find_year(known, strlen(known));
    if (!year || (*known && (!own || memcmp(own, features->pool + year, YEAR_BYTES) != 0)))
        return;
    features->pool[end] = features->pool[year + YEAR_BYTES] = '\0';
    if (!*value)
        *value = year;
}

int features_split_years(struct features *features, struct llmx_error *err)
{
    const int title = features_role(features, LLMX_ROLE_TITLE);
    int column = features_role(features, LLMX_ROLE_YEAR);
    if (title < 0 || !has_any(features, title))
        return 0;
    if (column < 0) {
        column = features->n_columns;
        if (add_column(features, llmx_role_name(LLMX_ROLE_YEAR), err) != 0)
            return -1;
        features->role[LLMX_ROLE_YEAR] = column;
    }
    for (uint32_t row = 0; row < features->n_rows; row++)
        move_year(features, row, title, column);
    return 0;
}
