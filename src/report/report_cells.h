/* report_cells.h - the rows, columns and cells that a JSON value of figures holds, whatever it holds.
 *
 * An object with a number, a text or an interval in it is a row, its keys are columns; an object of objects gives a row for
 * each of them, under its key, however deep they lie; so does a list. {"mean","low","high"} is an interval, with "n" and
 * "p" if any; so are "low" and "high", or "interval":[low, high], with the number before them. An object of objects in a row
 * has rows of its own, of which all holds that the row says. */
#ifndef REPORT_REPORT_CELLS_H
#define REPORT_REPORT_CELLS_H

#include "base/names.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define GRID_DEPTH 4 /* of objects in one another, as heads of a row */

struct grid_table {
    const char *caption; /* in words, or a key of JSON */
    const char
        *rows;       /* what a row is, for the head of the first column: "system"; NULL: not told */
    bool is_matrix;  /* of each against each, shaded by shares */
    bool is_in_fold; /* it is not folded, however long: what it stands in is */
    const char *const *omit; /* keys that are left out, NULL behind the last; may be NULL */
};

enum cell_kind { CELL_NONE, CELL_TEXT, CELL_LIST, CELL_COUNT, CELL_NUMBER };

struct cell {
    enum cell_kind kind;
    uint32_t row, column;
    const char *text;
    const json_t *list;      /* of texts and numbers */
    double value, low, high; /* low NAN: no interval */
    double n, p;             /* rows that it is of, how likely it is chance; NAN: not told */
};

struct scale {
    double from, to;
};

struct grid_row {
    const char *head[GRID_DEPTH];
};

struct grid {
    const struct grid_table *table;
    const char *head_name[GRID_DEPTH]; /* of what lists say in words; NULL */
    int depth;                         /* heads of the deepest row */
    struct grid_row *row;
    size_t n_rows, rows_capacity, n_left_out;
    struct names columns;
    struct cell *list; /* as they were read */
    size_t n_cells, cells_capacity;
    struct cell *cell;   /* (n_rows, columns) */
    bool *is_used;       /* (columns) some row has it */
    struct scale *scale; /* (columns) of the bars; the drawer's */
    uint32_t n_used;
};

/* Reads the value into a grid that has its table, and else is all zero. Release it also after a failure. */
int grid_read(struct grid *grid, const json_t *value, struct llmx_error *err);
void grid_release(struct grid *grid);

/* Is it a number, a text, true or false, null, or an interval? */
bool grid_is_leaf(const json_t *value);
bool grid_is_interval(const json_t *value);

/* The figure in a leaf; low and high are NAN where it has no interval. false: it has none. */
bool grid_figure(const json_t *leaf, double *value, double *low, double *high);

#endif
