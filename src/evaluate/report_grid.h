/* report_grid.h - figures as a table of a page, whatever they are. */
#ifndef EVALUATE_REPORT_GRID_H
#define EVALUATE_REPORT_GRID_H

#include "evaluate/report_cells.h"

#include <stdio.h>

/* Nothing is written where the value holds no figures. -1 when memory is out. */
int grid_put(FILE *f, const struct grid_table *table, const json_t *value, struct llmx_error *err);

/* A key in words: "win_ratio" is "win ratio". */
void grid_put_label(FILE *f, const char *key);

/* As many digits as mean something. */
void grid_put_number(FILE *f, double value);

/* A bar from low to high with a mark at the value, all of it within from .. to. */
void grid_put_strip(FILE *f, double value, double low, double high, double from, double to);

#endif
