/* report_grid.h - a JSON value of figures as a table of a page, whatever it holds.
 *
 * An object with a number, a text or an interval in it is a row, its keys are columns; an object of objects gives a row for
 * each of them, under its key, however deep they lie; so does a list. {"mean","low","high"} is an interval, with "n" and
 * "p" if any; so are "low" and "high", or "interval":[low, high], with the number before them. An object of objects in a row
 * has rows of its own, of which all holds that the row says. */
#ifndef EVALUATE_REPORT_GRID_H
#define EVALUATE_REPORT_GRID_H

#include "base/err.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct grid_table {
    const char *caption; /* in words, or a key of JSON */
    const char
        *rows;      /* what a row is, for the head of the first column: "system"; NULL: not told */
    bool is_matrix; /* of each against each, shaded by shares */
    const char *const *omit; /* keys that are left out, NULL behind the last; may be NULL */
};

/* Nothing is written where the value holds no figures. -1 when memory is out. */
int grid_put(FILE *f, const struct grid_table *table, const json_t *value, struct llmx_error *err);

/* Is it a number, a text, true or false, null, or an interval? */
bool grid_is_leaf(const json_t *value);
bool grid_is_interval(const json_t *value);

/* The figure in a leaf; low and high are NAN where it has no interval. false: it has none. */
bool grid_figure(const json_t *leaf, double *value, double *low, double *high);

/* A key in words: "win_ratio" is "win ratio". */
void grid_put_label(FILE *f, const char *key);

/* As many digits as mean something. */
void grid_put_number(FILE *f, double value);

/* A bar from low to high with a mark at the value, all of it within from .. to. */
void grid_put_strip(FILE *f, double value, double low, double high, double from, double to);

#endif
