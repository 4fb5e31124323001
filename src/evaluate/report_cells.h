/* report_cells.h - the rows, columns and cells that a JSON value of figures holds (report_grid.h says by which rules). */
#ifndef EVALUATE_REPORT_CELLS_H
#define EVALUATE_REPORT_CELLS_H

#include "base/names.h"
#include "evaluate/report_grid.h"

#include <stdint.h>

#define GRID_DEPTH 4 /* of objects in one another, as heads of a row */

enum cell_kind { CELL_NONE, CELL_TEXT, CELL_LIST, CELL_COUNT, CELL_NUMBER };

struct cell {
    enum cell_kind kind;
    uint32_t row, column;
    const char *text;
    const json_t *list;      /* of texts and numbers */
    double value, low, high; /* low NAN: no interval */
    double n, p;             /* rows that it is of, how likely it is chance; NAN: not told */
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
    struct cell *cell; /* (n_rows, columns) */
    bool *is_used;     /* (columns) some row has it */
    uint32_t n_used;
};

/* Reads the value into a grid that has its table, and else is all zero. Release it also after a failure. */
int grid_read(struct grid *grid, const json_t *value, struct llmx_error *err);
void grid_release(struct grid *grid);

#endif
