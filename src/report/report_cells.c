#include "report/report_cells.h"

#include "base/memory.h"
#include "base/plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 500 /* of a table; what comes after is counted */

/* ---- leaves ---- */

static double number_or_nan(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static const json_t *middle_of(const json_t *value)
{
    const json_t *mean = json_object_get(value, "mean");
    return mean ? mean : json_object_get(value, "value");
}

/* Of how many rows it is, and how likely it is chance, may stand with it. */
bool grid_is_interval(const json_t *value)
{
    static const char *const parts[] = {"mean", "value", "low", "high", "n", "p", "p_holm"};
    size_t n = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        n += json_object_get(value, parts[i]) != NULL;
    return n > 0 && json_object_size(value) == n && middle_of(value) &&
           json_object_get(value, "low") && json_object_get(value, "high");
}

bool grid_is_leaf(const json_t *value)
{
    return (!json_is_object(value) && !json_is_array(value)) || grid_is_interval(value);
}

bool grid_figure(const json_t *leaf, double *value, double *low, double *high)
{
    const bool is_wide = grid_is_interval(leaf);
    *value = number_or_nan(is_wide ? middle_of(leaf) : leaf);
    *low = is_wide ? number_or_nan(json_object_get(leaf, "low")) : NAN;
    *high = is_wide ? number_or_nan(json_object_get(leaf, "high")) : NAN;
    return isfinite(*value);
}

/* A list of texts or numbers. */
static bool is_plain_list(const json_t *value)
{
    const json_t *first = json_array_get(value, 0);
    return json_is_string(first) || json_is_number(first);
}

static struct cell cell_of(const json_t *leaf)
{
    const json_t *holm = json_object_get(leaf, "p_holm");
    struct cell cell = {.kind = CELL_NONE, .low = NAN, .high = NAN};
    if (json_is_string(leaf)) {
        cell.kind = CELL_TEXT;
        cell.text = json_string_value(leaf);
    } else if (json_is_boolean(leaf)) {
        cell.kind = CELL_TEXT;
        cell.text = json_is_true(leaf) ? "yes" : "no";
    } else if (is_plain_list(leaf)) {
        cell.kind = CELL_LIST;
        cell.list = leaf;
    } else if (grid_figure(leaf, &cell.value, &cell.low, &cell.high)) {
        cell.kind = json_is_integer(leaf) ? CELL_COUNT : CELL_NUMBER;
        cell.n = number_or_nan(json_object_get(leaf, "n"));
        cell.p = number_or_nan(holm ? holm : json_object_get(leaf, "p"));
    }
    return cell;
}

/* ---- from JSON to cells ---- */

static int add_cell(struct grid *g, const char *column, struct cell cell, struct llmx_error *err)
{
    const int64_t number = names_add(&g->columns, column, strlen(column), err);
    if (number < 0 ||
        mem_grow(&g->list, &g->cells_capacity, g->n_cells + 1, sizeof *g->list, err) != 0)
        return -1;
    cell.row = (uint32_t)g->n_rows - 1;
    cell.column = (uint32_t)number;
    g->list[g->n_cells++] = cell;
    return 0;
}

/* The cell that was read last, where it is a number of this row that has no interval yet. */
static struct cell *open_cell(struct grid *g, size_t first)
{
    struct cell *last = g->n_cells > first ? &g->list[g->n_cells - 1] : NULL;
    return last && last->kind >= CELL_COUNT ? last : NULL;
}

/* "low", "high" and "interval" belong to the number before them. */
static bool take_bound(struct grid *g, size_t first, const char *key, const json_t *value)
{
    struct cell *last = open_cell(g, first);
    if (!last)
        return false;
    if (strcmp(key, "interval") == 0 && json_array_size(value) == 2) {
        last->low = number_or_nan(json_array_get(value, 0));
        last->high = number_or_nan(json_array_get(value, 1));
        return true;
    }
    if (!json_is_number(value))
        return false;
    if (strcmp(key, "low") == 0) {
        last->low = json_number_value(value);
        return true;
    }
    if (strcmp(key, "high") == 0 && !isnan(last->low)) {
        last->high = json_number_value(value);
        return true;
    }
    return false;
}

/* "intervals": {"bleu_1": [low, high]} belong to the numbers of those names. */
static bool take_bounds(struct grid *g, size_t first, const char *key, const json_t *value)
{
    if (strcmp(key, "intervals") != 0)
        return false;
    for (size_t i = first; i < g->n_cells; i++) {
        const json_t *pair =
            json_object_get(value, names_get(&g->columns, g->list[i].column, NULL));
        if (json_array_size(pair) != 2)
            continue;
        g->list[i].low = number_or_nan(json_array_get(pair, 0));
        g->list[i].high = number_or_nan(json_array_get(pair, 1));
    }
    return true;
}

/* "win_ratio_interval": {"mean","low","high"} belongs to "win_ratio". */
static bool take_other(struct grid *g, size_t first, const char *key, const json_t *value)
{
    static const char ending[] = "_interval";
    const size_t n = strlen(key), m = sizeof ending - 1;
    if (n <= m || strcmp(key + n - m, ending) != 0 || !grid_is_interval(value))
        return false;
    for (size_t i = first; i < g->n_cells; i++) {
        size_t length;
        const char *name = names_get(&g->columns, g->list[i].column, &length);
        if (length != n - m || memcmp(name, key, length) != 0)
            continue;
        g->list[i].low = number_or_nan(json_object_get(value, "low"));
        g->list[i].high = number_or_nan(json_object_get(value, "high"));
        return true;
    }
    return false;
}

static bool is_omitted(const struct grid *g, const char *key)
{
    for (const char *const *omit = g->table->omit; omit && *omit; omit++)
        if (strcmp(*omit, key) == 0)
            return true;
    return false;
}

/* Objects in an object, each of them a row or more. */
static bool is_level(const json_t *value)
{
    const char *key;
    json_t *child;
    json_object_foreach((json_t *)value, key, child)
    {
        if (!json_is_null(child) && (!json_is_object(child) || grid_is_interval(child)))
            return false;
    }
    return json_object_size(value) > 0;
}

/* The leaves of an object, and of those in it, into the latest row: "strict texts" are the texts of "strict", but "figures" says
 * nothing. */
static int add_leaves(struct grid *g, const json_t *object, const char *prefix, int depth,
                      struct llmx_error *err)
{
    const size_t first = g->n_cells;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        char column[200];
        int status = 0;
        plain_snprintf(column, sizeof column, "%s%s%s", prefix, *prefix ? " " : "", key);
        if (is_omitted(g, key) || take_bound(g, first, key, value) ||
            take_bounds(g, first, key, value) || take_other(g, first, key, value))
            continue;
        if (grid_is_leaf(value) || is_plain_list(value))
            status = add_cell(g, column, cell_of(value), err);
        else if (json_is_object(value) && !is_level(value) && depth < GRID_DEPTH)
            status =
                add_leaves(g, value, strcmp(key, "figures") == 0 ? prefix : column, depth + 1, err);
        if (status != 0)
            return -1;
    }
    return 0;
}

static int begin_row(struct grid *g, const struct grid_row *path, struct llmx_error *err)
{
    if (mem_grow(&g->row, &g->rows_capacity, g->n_rows + 1, sizeof *g->row, err) != 0)
        return -1;
    g->row[g->n_rows++] = *path;
    for (int i = 0; i < GRID_DEPTH; i++)
        if (path->head[i] && g->depth <= i)
            g->depth = i + 1;
    return 0;
}

static bool is_record(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (grid_is_leaf(value) && !json_is_null(value))
            return true;
    }
    return false;
}

/* The rows within a row, for each of which what the row says holds: {"kind", "guesses": {NAME: {...}}}. */
static const json_t *inner_of(const json_t *record)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)record, key, value)
    {
        if (is_level(value))
            return value;
    }
    return NULL;
}

static int add_record(struct grid *g, const json_t *record, struct grid_row path, int depth,
                      struct llmx_error *err)
{
    const json_t *inner = depth < GRID_DEPTH ? inner_of(record) : NULL;
    const char *key;
    json_t *child;
    if (!inner)
        return begin_row(g, &path, err) != 0 ? -1 : add_leaves(g, record, "", depth, err);
    json_object_foreach((json_t *)inner, key, child)
    {
        path.head[depth] = key;
        if (json_is_object(child) &&
            (begin_row(g, &path, err) != 0 || add_leaves(g, record, "", depth, err) != 0 ||
             add_leaves(g, child, "", depth, err) != 0))
            return -1;
    }
    return 0;
}

/* Of a row of a list the first texts are its heads. */
static int add_listed(struct grid *g, json_t *object, struct grid_row path, int depth,
                      struct llmx_error *err)
{
    json_t *rest = json_copy(object);
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        if (!json_is_string(value) || depth >= 3)
            break;
        g->head_name[depth] = key;
        path.head[depth++] = json_string_value(value);
        json_object_del(rest, key);
    }
    int status = rest ? begin_row(g, &path, err) : err_set(err, LLMX_NO_MEMORY, "out of memory");
    if (status == 0)
        status = add_leaves(g, rest, "", 0, err);
    json_decref(rest);
    return status;
}

static int add_rows(struct grid *g, json_t *value, struct grid_row path, int depth,
                    struct llmx_error *err)
{
    if (g->n_rows >= ROWS_MAX) {
        g->n_left_out++;
        return 0;
    }
    for (size_t i = 0; i < json_array_size(value); i++) {
        json_t *object = json_array_get(value, i);
        if (g->n_rows >= ROWS_MAX)
            g->n_left_out++;
        else if (json_is_object(object) && add_listed(g, object, path, depth, err) != 0)
            return -1;
    }
    if (!json_is_object(value))
        return 0;
    if (is_record(value) || depth == GRID_DEPTH)
        return add_record(g, value, path, depth, err);
    const char *key;
    json_t *child;
    json_object_foreach(value, key, child)
    {
        path.head[depth] = key;
        if (add_rows(g, child, path, depth + 1, err) != 0)
            return -1;
    }
    return 0;
}

static int arrange(struct grid *g, struct llmx_error *err)
{
    g->cell = mem_array(g->n_rows * g->columns.count, sizeof *g->cell, err);
    g->is_used = g->cell ? mem_array(g->columns.count, sizeof *g->is_used, err) : NULL;
    if (!g->is_used)
        return -1;
    for (size_t i = 0; i < g->n_cells; i++) {
        const struct cell *cell = &g->list[i];
        g->cell[cell->row * g->columns.count + cell->column] = *cell;
        g->n_used += cell->kind != CELL_NONE && !g->is_used[cell->column];
        g->is_used[cell->column] |= cell->kind != CELL_NONE;
    }
    return 0;
}

int grid_read(struct grid *grid, const json_t *value, struct llmx_error *err)
{
    const struct grid_row path = {{NULL}};
    return add_rows(grid, (json_t *)value, path, 0, err) != 0 ? -1 : arrange(grid, err);
}

void grid_release(struct grid *grid)
{
    free(grid->row);
    free(grid->list);
    free(grid->cell);
    free(grid->is_used);
    free(grid->scale);
    names_release(&grid->columns);
}
