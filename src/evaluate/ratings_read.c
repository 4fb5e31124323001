/* ratings_read.c - people's ratings out of a table. */
#include "base/memory.h"
#include "base/number.h"
#include "evaluate/ratings.h"
#include "format/table_names.h"

#include <stdlib.h>
#include <string.h>

enum column { RATER, ITEM, SYSTEM, ASPECT, VALUE, USER, COLUMNS };

struct reading {
    struct llmx_ratings *ratings;
    struct table table;
    int column[COLUMNS];
    struct names seen; /* one name a rating, in their order */
};

static int choose_columns(struct reading *r, struct llmx_error *err)
{
    static const char *const names[] = {"rater", "item", "system", "aspect", "value"};
    if (table_plain_header(&r->table, err) != 0)
        return -1;
    r->column[USER] = -1;
    for (int c = 0; c < USER; c++)
        if (table_choose(&r->table, names[c], &r->column[c], LLMX_BAD_INPUT, err) != 0)
            return -1;
    if (r->ratings->user_column && table_choose(&r->table, r->ratings->user_column,
                                                &r->column[USER], LLMX_BAD_OPTION, err) != 0)
        return -1;
    return table_check_keys(&r->table, r->column, USER, LLMX_BAD_INPUT, err) != 0
               ? -1
               : table_check_keys(&r->table, &r->column[USER], 1, LLMX_BAD_OPTION, err);
}

/* The number of a field's name. */
static int number_of(struct reading *r, enum column column, struct names *names, size_t most,
                     uint32_t *number, struct llmx_error *err)
{
    const struct span field = r->table.fields[r->column[column]];
    if (field.n == 0)
        return table_fail(&r->table, r->column[column], "is empty", "name it", err);
    const int64_t found = names_add(names, field.s, field.n, err);
    if (found < 0)
        return -1;
    if ((size_t)found >= most)
        return err_set(err, LLMX_TOO_LARGE, "%s:%ld: more than %zu names in '%s'", r->table.path,
                       r->table.line, most, r->table.columns[r->column[column]].name);
    *number = (uint32_t)found;
    return 0;
}

/* The number of a thing that is known by several others' numbers. */
static int number_of_all(struct names *names, const uint32_t *numbers, size_t n, uint32_t *number,
                         struct llmx_error *err)
{
    const int64_t found = names_add(names, (const char *)numbers, n * sizeof *numbers, err);
    *number = (uint32_t)found;
    return found < 0 ? -1 : 0;
}

/* 1: it is there, 0: it is missing. */
static int read_value(struct reading *r, double *value, struct llmx_error *err)
{
    const struct llmx_ratings_options *o = &r->ratings->options;
    const struct span field = r->table.fields[r->column[VALUE]];
    if (field.n == 0 || (field.n == 2 && memcmp(field.s, "NA", 2) == 0))
        return 0;
    if (!number_parse(field.s, field.n, value))
        return table_fail(&r->table, r->column[VALUE], "is not a number",
                          "leave it empty where nothing was answered", err);
    if (o->has_scale && (*value < o->least || *value > o->most))
        return table_fail(&r->table, r->column[VALUE], "is out of scale",
                          "--scale says what ratings there can be", err);
    return 1;
}

/* A rating counts once: who rated a thing twice meant one of the two. */
static int check_once(struct reading *r, const struct rating *row, struct llmx_error *err)
{
    const struct llmx_ratings *ratings = r->ratings;
    const uint32_t key[] = {row->rater, row->unit, row->aspect};
    const int64_t place = names_add(&r->seen, (const char *)key, sizeof key, err);
    if (place < 0)
        return -1;
    if ((size_t)place == ratings->n)
        return 0;
    return err_set(
        err, LLMX_BAD_INPUT,
        "%s:%ld: rater '%s' rated item '%s' of system '%s' for '%s' in line %ld already; "
        "keep one of the two",
        r->table.path, row->line, names_get(&ratings->raters, row->rater, NULL),
        names_get(&ratings->items, row->item, NULL),
        names_get(&ratings->systems, row->system, NULL),
        names_get(&ratings->aspects, row->aspect, NULL), ratings->rows[place].line);
}

static int take_row(struct reading *r, struct llmx_error *err)
{
    struct llmx_ratings *all = r->ratings;
    struct rating row = {.line = r->table.line};
    const int has_value = read_value(r, &row.value, err);
    if (has_value <= 0) {
        all->missing += has_value == 0; /* whoever and whatever it names is not there by that */
        return has_value;
    }
    if (number_of(r, RATER, &all->raters, NAMES_MAX, &row.rater, err) != 0 ||
        number_of(r, ITEM, &all->items, NAMES_MAX, &row.item, err) != 0 ||
        number_of(r, SYSTEM, &all->systems, SYSTEMS_MAX, &row.system, err) != 0 ||
        number_of(r, ASPECT, &all->aspects, ASPECTS_MAX, &row.aspect, err) != 0 ||
        (all->user_column && number_of(r, USER, &all->users, NAMES_MAX, &row.user, err) != 0))
        return -1;
    const uint32_t unit[] = {row.user, row.item, row.system},
                   sheet[] = {row.rater, row.user, row.item};
    if (number_of_all(&all->units, unit, 3, &row.unit, err) != 0 ||
        number_of_all(&all->sheets, sheet, 3, &row.sheet, err) != 0 ||
        number_of_all(&all->persons, sheet, 2, &row.person, err) != 0 ||
        check_once(r, &row, err) != 0 ||
        mem_grow(&all->rows, &all->capacity, all->n + 1, sizeof *all->rows, err) != 0)
        return -1;
    all->rows[all->n++] = row;
    return 0;
}

int ratings_read(struct llmx_ratings *ratings, const char *path, struct llmx_error *err)
{
    struct reading r = {.ratings = ratings};
    int got = -1;
    if (table_open(&r.table, path, (struct table_form){0}, err) != 0)
        return -1;
    if (choose_columns(&r, err) == 0)
        while ((got = table_next(&r.table, err)) > 0)
            if (take_row(&r, err) != 0) {
                got = -1;
                break;
            }
    table_release(&r.table);
    names_release(&r.seen);
    if (got == 0 && ratings->n == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no ratings", path);
    return got;
}
