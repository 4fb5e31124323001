#include "evaluate/report_grid.h"

#include "base/memory.h"
#include "base/names.h"
#include "base/plain.h"
#include "base/text.h"
#include "format/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH    4   /* of objects in one another, as heads of a row */
#define ROWS_MAX 500 /* of a table; what comes after is counted */
#define MANY     8   /* columns, from which on a table of fewer rows is turned */
#define LONG     25  /* rows, from which on it is folded */

enum cell_kind { CELL_NONE, CELL_TEXT, CELL_COUNT, CELL_NUMBER };

struct cell {
    enum cell_kind kind;
    uint32_t row, column;
    const char *text;
    double value, low, high; /* low NAN: no interval */
    int n;                   /* rows that it is of; 0: not told */
};

struct grid_row {
    const char *head[DEPTH];
};

struct grid {
    const struct grid_table *table;
    const char *head_name[DEPTH]; /* of what lists say in words; NULL */
    int depth;                    /* heads of the deepest row */
    struct grid_row *row;
    size_t n_rows, rows_capacity, n_left_out;
    struct names columns;
    struct cell *list; /* as they were read */
    size_t n_cells, cells_capacity;
    struct cell *cell; /* (n_rows, columns) */
};

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

/* Of how many rows it is may stand with it. */
bool grid_is_interval(const json_t *value)
{
    const size_t n = json_object_get(value, "n") ? 4 : 3;
    return json_object_size(value) == n && middle_of(value) && json_object_get(value, "low") &&
           json_object_get(value, "high");
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

static struct cell cell_of(const json_t *leaf)
{
    struct cell cell = {.kind = CELL_NONE, .low = NAN, .high = NAN};
    if (json_is_string(leaf)) {
        cell.kind = CELL_TEXT;
        cell.text = json_string_value(leaf);
    } else if (json_is_boolean(leaf)) {
        cell.kind = CELL_TEXT;
        cell.text = json_is_true(leaf) ? "yes" : "no";
    } else if (grid_figure(leaf, &cell.value, &cell.low, &cell.high)) {
        cell.kind = json_is_integer(leaf) ? CELL_COUNT : CELL_NUMBER;
        cell.n = (int)json_integer_value(json_object_get(leaf, "n"));
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

/* The leaves of an object, and of those in it, into the latest row. */
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
        if (take_bound(g, first, key, value) || take_bounds(g, first, key, value))
            continue;
        if (grid_is_leaf(value) && !json_is_null(value))
            status = add_cell(g, column, cell_of(value), err);
        else if (json_is_object(value) && depth < DEPTH)
            status = add_leaves(g, value, column, depth + 1, err);
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
    for (int i = 0; i < DEPTH; i++)
        if (path->head[i] && g->depth <= i)
            g->depth = i + 1;
    return 0;
}

static bool is_record(const json_t *object)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value) if (grid_is_leaf(value)) return true;
    return false;
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
    if (is_record(value) || depth == DEPTH)
        return begin_row(g, &path, err) != 0 ? -1 : add_leaves(g, value, "", depth, err);
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
    if (!g->cell)
        return -1;
    for (size_t i = 0; i < g->n_cells; i++)
        g->cell[g->list[i].row * g->columns.count + g->list[i].column] = g->list[i];
    return 0;
}

/* ---- from cells to HTML ---- */

void grid_put_label(FILE *f, const char *key)
{
    for (; *key; key++) {
        const size_t n = strcspn(key, "_");
        html_text(f, key, n);
        key += n;
        if (!*key)
            return;
        fputc(' ', f);
    }
}

void grid_put_number(FILE *f, double value)
{
    const double size = fabs(value);
    const int digits = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 0.1 ? 3 : 4;
    if (value < 0)
        fputs("−", f);
    if (size > 0 && (size < 0.0005 || size >= 1e9))
        plain_fprintf(f, "%.2g", size);
    else
        plain_fprintf(f, "%.*f", size > 0 ? digits : 0, size);
}

void grid_put_strip(FILE *f, double value, double low, double high, double from, double to)
{
    const double scale = 100 / (to - from);
    plain_fprintf(f, "<svg class=\"strip\" viewBox=\"0 0 104 12\" aria-hidden=\"true\"><line "
                     "class=\"rail\" x1=\"2\" x2=\"102\" y1=\"6\" y2=\"6\"/>");
    if (from < 0 && to > 0)
        plain_fprintf(f, "<line class=\"zero\" x1=\"%.1f\" x2=\"%.1f\" y1=\"0\" y2=\"12\"/>",
                      2 - from * scale, 2 - from * scale);
    plain_fprintf(f,
                  "<line class=\"range\" x1=\"%.1f\" x2=\"%.1f\" y1=\"6\" y2=\"6\"/><circle "
                  "class=\"mean\" cx=\"%.1f\" cy=\"6\" r=\"3\"/></svg>",
                  2 + (low - from) * scale, 2 + (high - from) * scale, 2 + (value - from) * scale);
}

static bool has_interval(const struct cell *cell)
{
    return cell->kind >= CELL_COUNT && isfinite(cell->low) && isfinite(cell->high);
}

/* What a column's strips go from and to: all of its intervals and 0; shares from 0 to 1; what lies far from 0 on its own. */
static void find_scale(const struct grid *g, uint32_t column, double *from, double *to)
{
    double least = INFINITY, most = -INFINITY;
    int n = 0;
    for (size_t r = 0; r < g->n_rows; r++) {
        const struct cell *cell = &g->cell[r * g->columns.count + column];
        if (!has_interval(cell))
            continue;
        least = fmin(least, fmin(cell->value, cell->low));
        most = fmax(most, fmax(cell->value, cell->high));
        n++;
    }
    *from = n > 1 && least > 0.5 * most && most > 1 ? least : fmin(0, least);
    *to = *from == 0 && most > 0.25 && most <= 1 ? 1 : fmax(0, most);
    if (!(*from < *to))
        *to = *from + 1;
}

static void put_cell(FILE *f, const struct grid *g, const struct cell *cell, double from, double to)
{
    const bool is_shaded = g->table->is_matrix && cell->value >= 0 && cell->value <= 1;
    if (cell->kind == CELL_NONE) {
        fputs("<td class=\"n none\">–</td>", f);
        return;
    }
    if (cell->kind == CELL_TEXT) {
        html_put(f, "<td dir=\"auto\">%s</td>", cell->text);
        return;
    }
    plain_fprintf(f, "<td class=\"n\" data-v=\"%.9g\"", cell->value);
    if (is_shaded)
        plain_fprintf(f, " style=\"--share:%.3f\"", cell->value);
    fputs("><span class=\"value\">", f);
    if (cell->kind == CELL_COUNT)
        plain_fprintf(f, "%.0f", cell->value);
    else
        grid_put_number(f, cell->value);
    fputs("</span>", f);
    if (has_interval(cell)) {
        fputs(" <span class=\"interval\">", f);
        grid_put_number(f, cell->low);
        fputs(" to ", f);
        grid_put_number(f, cell->high);
        html_put(f, cell->n > 0 ? " <small>of %d</small></span>" : "</span>", cell->n);
        grid_put_strip(f, cell->value, cell->low, cell->high, from, to);
    }
    fputs("</td>", f);
}

static void put_row_heads(FILE *f, const struct grid *g, const struct grid_row *row)
{
    for (int i = 0; i < g->depth; i++) {
        html_put(f, "<th scope=\"row\"><bdi>%s</bdi></th>", row->head[i] ? row->head[i] : "");
    }
}

static void put_head(FILE *f, const char *name, const char *css)
{
    html_put(f, "<th scope=\"col\" class=\"%s\">", css);
    grid_put_label(f, name);
    fputs("</th>", f);
}

static void put_hidden_head(FILE *f, const char *name)
{
    html_put(f, "<th scope=\"col\"><span class=\"unseen\">%s</span></th>", name);
}

static bool is_of_numbers(const struct grid *g, uint32_t column)
{
    for (size_t r = 0; r < g->n_rows; r++)
        if (g->cell[r * g->columns.count + column].kind == CELL_TEXT)
            return false;
    return true;
}

static void put_upright(FILE *f, const struct grid *g)
{
    fputs("<thead><tr>", f);
    for (int i = 0; i < g->depth; i++) {
        const char *name = g->head_name[i] ? g->head_name[i] : i == 0 ? g->table->rows : NULL;
        if (name)
            put_head(f, name, "t");
        else
            put_hidden_head(f, "name");
    }
    for (uint32_t c = 0; c < g->columns.count; c++)
        put_head(f, names_get(&g->columns, c, NULL), is_of_numbers(g, c) ? "n" : "t");
    fputs("</tr></thead>\n<tbody>\n", f);
    for (size_t r = 0; r < g->n_rows; r++) {
        fputs("<tr>", f);
        put_row_heads(f, g, &g->row[r]);
        for (uint32_t c = 0; c < g->columns.count; c++) {
            double from, to;
            find_scale(g, c, &from, &to);
            put_cell(f, g, &g->cell[r * g->columns.count + c], from, to);
        }
        fputs("</tr>\n", f);
    }
    fputs("</tbody>", f);
}

/* Figures down, rows across. */
static void put_turned(FILE *f, const struct grid *g)
{
    fputs("<thead><tr>", f);
    put_hidden_head(f, "figure");
    for (size_t r = 0; r < g->n_rows; r++)
        put_head(f, g->row[r].head[0] ? g->row[r].head[0] : "value", "n");
    fputs("</tr></thead>\n<tbody>\n", f);
    for (uint32_t c = 0; c < g->columns.count; c++) {
        double from, to;
        find_scale(g, c, &from, &to);
        fputs("<tr><th scope=\"row\"><bdi>", f);
        grid_put_label(f, names_get(&g->columns, c, NULL));
        fputs("</bdi></th>", f);
        for (size_t r = 0; r < g->n_rows; r++)
            put_cell(f, g, &g->cell[r * g->columns.count + c], from, to);
        fputs("</tr>\n", f);
    }
    fputs("</tbody>", f);
}

/* Long ones are folded. */
static void put_table(FILE *f, const struct grid *g)
{
    const bool is_long = g->n_rows > LONG, is_turned = g->depth <= 1 &&
                                                       g->n_rows < g->columns.count &&
                                                       (g->columns.count > MANY || g->n_rows == 1);
    if (is_long) {
        fputs("<details class=\"long\"><summary>", f);
        grid_put_label(f, g->table->caption);
        html_put(f, ", %zu rows</summary>\n", g->n_rows);
    }
    fputs("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"", f);
    grid_put_label(f, g->table->caption);
    html_put(f, "\">\n<table class=\"sortable%s\">\n<caption>",
             g->table->is_matrix ? " matrix" : "");
    grid_put_label(f, g->table->caption);
    fputs("</caption>\n", f);
    if (is_turned)
        put_turned(f, g);
    else
        put_upright(f, g);
    fputs("\n</table>\n</div>\n", f);
    if (g->n_left_out > 0)
        html_put(f, "<p class=\"note\">and %zu rows more</p>\n", g->n_left_out);
    if (is_long)
        fputs("</details>\n", f);
}

int grid_put(FILE *f, const struct grid_table *table, const json_t *value, struct llmx_error *err)
{
    struct grid g = {.table = table};
    const struct grid_row path = {{NULL}};
    int status = add_rows(&g, (json_t *)value, path, 0, err);
    if (status == 0 && g.n_cells > 0) {
        status = arrange(&g, err);
        if (status == 0)
            put_table(f, &g);
    }
    free(g.row);
    free(g.list);
    free(g.cell);
    names_release(&g.columns);
    return status;
}
