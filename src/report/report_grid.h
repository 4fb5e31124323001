/* report_grid.h - figures as a table of a page, whatever they are. */
#ifndef REPORT_REPORT_GRID_H
#define REPORT_REPORT_GRID_H

#include "report/report_cells.h"

#include <stdio.h>

/* Nothing is written where the value holds no figures. -1 when memory is out. */
int grid_put(FILE *f, const struct grid_table *table, const json_t *value, struct llmx_error *err);

/* A key in words: "win_ratio" is "win ratio", "ndcg" is "NDCG". */
void grid_put_label(FILE *f, const char *key);

/* As many digits as mean something. */
void grid_put_number(FILE *f, double value);

/* "12", "943", "100,000" */
void grid_put_count(FILE *f, double value);

/* A line from .. to with a stroke at 0, to which circles may be added at the places of values; the caller closes the <svg>. */
void grid_put_rail(FILE *f, double from, double to);
double grid_place(double value, double from, double to);

/* Where a value lies from 0 (at `from`) to 1 (at `to`), no further. */
double grid_share(double value, double from, double to);

/* A bar from low to high with a mark at the value, all of it within from .. to, which are apart. */
void grid_put_strip(FILE *f, double value, double low, double high, double from, double to);

#endif
