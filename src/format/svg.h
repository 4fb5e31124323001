/* svg.h - a chart of lines as an SVG file or in a page: what a learning curve needs and no more.
 *
 *     const struct chart_series series[] = {{.name = "learnt", .x = steps, .y = loss, .n = n},
 *                                           {.name = "held out", .x = epochs, .y = held, .n = m, .is_marked = true}};
 *     const struct chart chart = {"Loss", "epoch", "nats a token", series, 2};
 *     chart_write("curve.svg", &chart, &err);
 *
 * The same numbers give the same bytes. */
#ifndef FORMAT_SVG_H
#define FORMAT_SVG_H

#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

#define CHART_SERIES_MAX 6

/* A line through n points, left to right; points that are not finite are left out. */
struct chart_series {
    const char *name; /* in the legend */
    const double *x, *y;
    int n;
    bool is_marked;           /* a dot at every point: for few points */
    const double *low, *high; /* (n) an upright stroke from one to the other; NULL: none */
};

struct chart {
    const char *title, *x_label, *y_label;
    const struct chart_series *series;
    int n; /* 1 .. CHART_SERIES_MAX */
};

/* Writes the chart to a file (temporary name, then renamed). Texts are UTF-8 and may hold anything. */
int chart_write(const char *path, const struct chart *chart, struct llmx_error *err);

/* Writes it as a part of an HTML page, which says itself what it is called and what colours mean: its style sheet has classes
 * for plot, axis, grid, line, dot, range and series0 .. series5. What the lines do is told in words too. The upright axis
 * has 0 on it, so that heights can be compared.
 * number    no other chart of the page has it */
void chart_put(FILE *f, const struct chart *chart, int number);

#endif
