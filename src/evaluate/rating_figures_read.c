/* rating_figures_read.c - automatic figures out of a table, for what was rated. */
#include "base/memory.h"
#include "base/number.h"
#include "evaluate/rating_figures.h"
#include "format/table_names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOT_NAMED                                                                                  \
    UINT32_MAX /* the figures' table has no such column: one line is for all of them */

enum key { ITEM, SYSTEM, USER, KEYS };

struct reading {
    struct llmx_ratings *r;
    struct table table;
    int key[KEYS];         /* columns, -1: there is none */
    struct names known;    /* what was rated, as far as the table tells it apart */
    long *line;            /* (known) of its figures, 0: none yet */
    double *values;        /* (known, columns) */
    bool *is_figure;       /* (columns) nothing but numbers so far */
    bool *is_there;        /* (columns) some number */
    bool has_system_alone; /* the blind figure stands beside those of the table */
};

/* Columns that name things, whatever they are called by: no figures. */
static bool names_things(const char *column)
{
    static const char *const names[] = {"user", "rater", "aspect"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(column, names[i]) == 0)
            return true;
    return false;
}

static int choose_columns(struct reading *f, struct llmx_error *err)
{
    if (table_plain_header(&f->table, err) != 0 ||
        table_choose(&f->table, "item", &f->key[ITEM], LLMX_BAD_INPUT, err) != 0 ||
        table_check_keys(&f->table, &f->key[ITEM], 1, LLMX_BAD_INPUT, err) != 0)
        return -1;
    f->key[SYSTEM] = table_column(&f->table, "system");
    f->key[USER] = f->r->user_column ? table_column(&f->table, f->r->user_column) : -1;
    const size_t columns = (size_t)f->table.n_columns;
    if (!(f->is_figure = mem_array(columns, sizeof *f->is_figure, err)) ||
        !(f->is_there = mem_array(columns, sizeof *f->is_there, err)))
        return -1;
    for (int c = 0; c < f->table.n_columns; c++)
        f->is_figure[c] = f->table.columns[c].name && c != f->key[ITEM] && c != f->key[SYSTEM] &&
                          c != f->key[USER] && !names_things(f->table.columns[c].name);
    return 0;
}

static int64_t find(const struct reading *f, const uint32_t number[KEYS], bool is_new,
                    struct names *known, struct llmx_error *err)
{
    uint32_t key[KEYS];
    for (int k = 0; k < KEYS; k++)
        key[k] = f->key[k] < 0 ? NOT_NAMED : number[k];
    return is_new ? names_add(known, (const char *)key, sizeof key, err)
                  : names_find(known, (const char *)key, sizeof key);
}

static int64_t find_row(struct reading *f, const struct rating *row, bool is_new,
                        struct llmx_error *err)
{
    return find(f, (const uint32_t[]){row->item, row->system, row->user}, is_new, &f->known, err);
}

static int know_what_was_rated(struct reading *f, struct llmx_error *err)
{
    for (size_t i = 0; i < f->r->n; i++)
        if (find_row(f, &f->r->rows[i], true, err) < 0)
            return -1;
    const size_t columns = (size_t)f->table.n_columns;
    if (!(f->line = mem_array(f->known.count, sizeof *f->line, err)) ||
        !(f->values = mem_array(f->known.count, columns * sizeof *f->values, err)))
        return -1;
    for (size_t i = 0; i < f->known.count * columns; i++)
        f->values[i] = NAN;
    return 0;
}

/* What was rated that the record is of, or -1. */
static int64_t rated_of(struct reading *f)
{
    const struct names *const names[] = {&f->r->items, &f->r->systems, &f->r->users};
    uint32_t number[KEYS] = {0};
    for (int k = 0; k < KEYS; k++) {
        if (f->key[k] < 0)
            continue;
        const struct span field = f->table.fields[f->key[k]];
        const int64_t found = names_find(names[k], field.s, field.n);
        if (found < 0)
            return -1;
        number[k] = (uint32_t)found;
    }
    return find(f, number, false, &f->known, NULL);
}

static int take_record(struct reading *f, struct llmx_error *err)
{
    const size_t columns = (size_t)f->table.n_columns;
    const int64_t rated = rated_of(f);
    if (rated < 0) {
        f->r->unrated++;
        return 0;
    }
    if (f->line[rated] > 0)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s:%ld: line %ld is of the same thing; a column 'system', or the one that "
                       "--user names, tells them apart",
                       f->table.path, f->table.line, f->line[rated]);
    f->line[rated] = f->table.line;
    for (size_t c = 0; c < columns; c++) {
        const struct span field = f->table.fields[c];
        double *value = &f->values[(size_t)rated * columns + c];
        if (field.n == 0 || !f->is_figure[c])
            continue;
        f->is_figure[c] = number_parse(field.s, field.n, value);
        f->is_there[c] |= f->is_figure[c];
    }
    return 0;
}

static int read_records(struct reading *f, struct llmx_error *err)
{
    int got;
    bool is_any = false;
    f->r->unrated = 0;
    while ((got = table_next(&f->table, err)) > 0)
        if (take_record(f, err) != 0)
            return -1;
    if (got < 0)
        return -1;
    for (size_t i = 0; i < f->known.count; i++)
        is_any |= f->line[i] > 0;
    return is_any ? 0
                  : err_set(err, LLMX_MISMATCH,
                            "%s: none of its lines is of what was rated: 'item' and 'system' must "
                            "be called as in the ratings",
                            f->table.path);
}

static void forget_figures(struct llmx_ratings *r)
{
    names_release(&r->figures);
    free(r->by_figure);
    r->by_figure = NULL;
}

/* Room for the agreement of so many figures. */
static int make_room(struct reading *f, struct llmx_error *err)
{
    struct llmx_ratings *r = f->r;
    for (int c = 0; c < f->table.n_columns; c++) {
        const char *name = f->table.columns[c].name;
        if (f->is_figure[c] && f->is_there[c] &&
            names_add(&r->figures, name, strlen(name), err) < 0)
            return -1;
    }
    if (r->figures.count == 0)
        return err_set(err, LLMX_BAD_INPUT, "%s holds no figures: no column of nothing but numbers",
                       f->table.path);
    f->has_system_alone = r->systems.count > 1 &&
                          names_find(&r->figures, FIGURE_OF_SYSTEM, strlen(FIGURE_OF_SYSTEM)) < 0;
    if (f->has_system_alone &&
        names_add(&r->figures, FIGURE_OF_SYSTEM, strlen(FIGURE_OF_SYSTEM), err) < 0)
        return -1;
    r->by_figure =
        mem_array((size_t)r->figures.count * r->aspects.count, sizeof *r->by_figure, err);
    return r->by_figure ? 0 : -1;
}

/* One figure with every aspect. */
static int agree(struct llmx_ratings *r, const char *name, const double *of_row,
                 struct threads *pool, struct llmx_error *err)
{
    const uint32_t figure = (uint32_t)names_find(&r->figures, name, strlen(name));
    for (uint32_t a = 0; a < r->aspects.count; a++) {
        struct figure_agreement *result = &r->by_figure[figure * r->aspects.count + a];
        *result = (struct figure_agreement){.figure = figure, .aspect = a};
        if (figure_agree(result, r, of_row, a, pool, err) != 0)
            return -1;
    }
    return 0;
}

static int agree_all(struct reading *f, struct llmx_error *err)
{
    struct llmx_ratings *r = f->r;
    const size_t columns = (size_t)f->table.n_columns;
    double *of_row = mem_array(r->n, sizeof *of_row, err);
    struct threads *pool = of_row ? threads_create(r->options.resampling.threads, err) : NULL;
    int status = pool ? 0 : -1;
    for (size_t c = 0; c < columns && status == 0; c++) {
        if (!f->is_figure[c] || !f->is_there[c])
            continue;
        for (size_t i = 0; i < r->n; i++)
            of_row[i] = f->values[(size_t)find_row(f, &r->rows[i], false, NULL) * columns + c];
        status = agree(r, f->table.columns[c].name, of_row, pool, err);
    }
    if (status == 0 && f->has_system_alone) {
        status = figure_of_system(r, of_row, err);
        if (status == 0)
            status = agree(r, FIGURE_OF_SYSTEM, of_row, pool, err);
    }
    threads_destroy(pool);
    free(of_row);
    return status;
}

int llmx_ratings_figures(struct llmx_ratings *ratings, const char *path, struct llmx_error *err)
{
    struct reading f = {.r = ratings};
    int status = -1;
    forget_figures(ratings);
    if (table_open(&f.table, path, (struct table_form){0}, err) != 0)
        return -1;
    if (choose_columns(&f, err) == 0 && know_what_was_rated(&f, err) == 0 &&
        read_records(&f, err) == 0 && make_room(&f, err) == 0)
        status = agree_all(&f, err);
    if (status != 0)
        forget_figures(ratings);
    table_release(&f.table);
    names_release(&f.known);
    free(f.line);
    free(f.values);
    free(f.is_figure);
    free(f.is_there);
    return status;
}
