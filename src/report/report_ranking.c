/* report_ranking.c - how well the runs rank, and how they learnt: a table of all, charts of each data set. */
#include "base/memory.h"
#include "base/number.h"
#include "format/html.h"
#include "report/report.h"
#include "report/report_grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MANY 15       /* from which on a line needs no dots */
#define DEVIATIONS  1.959964 /* of a normal distribution, that hold 95 % of it */

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* Wilson's (1927), of a share of n that are either in or out. */
static void interval_of_share(double share, double n, double *low, double *high)
{
    const double z = DEVIATIONS * DEVIATIONS / n,
                 half = sqrt(z * share * (1 - share) + z * z / 4) / (1 + z),
                 middle = (share + z / 2) / (1 + z);
    *low = fmax(0, middle - half);
    *high = fmin(1, middle + half);
}

bool report_hits(const json_t *test, const json_t *at, double *hit, double *low, double *high)
{
    const double users = number_of(test, "users");
    *hit = number_of(at, "hit");
    *low = *high = NAN;
    if (!(*hit >= 0 && *hit <= 1))
        return false;
    if (users > 0)
        interval_of_share(*hit, users, low, high);
    return true;
}

const json_t *report_first_places(const json_t *test, const char **length)
{
    json_t *at = json_object_get(test, "at"), *ten = json_object_get(at, "10");
    void *first = json_object_iter(at);
    *length = ten ? "10" : json_object_iter_key(first);
    return ten ? ten : json_object_iter_value(first);
}

/* ---- the table ---- */

/* The intervals of all but the hits, which have a better one. */
static json_t *intervals_of(const json_t *places)
{
    json_t *own = json_copy(json_object_get(places, "intervals"));
    json_object_del(own, "hit");
    return own;
}

static json_t *row_of(const struct report_run *run, bool has_lengths)
{
    const char *length;
    const json_t *test = report_test_part(run), *places = report_first_places(test, &length);
    json_t *row = json_object(), *gauc = json_object_get(test, "gauc");
    double hit, low, high;
    if (has_lengths)
        json_object_set_new(row, "length_of_list", json_string(length ? length : ""));
    if (report_hits(test, places, &hit, &low, &high))
        json_object_set_new(row, "hit",
                            json_pack("{s:f, s:f, s:f}", "mean", hit, "low", low, "high", high));
    if (gauc)
        json_object_set(row, "gauc", gauc);
    if (places)
        json_object_update_missing(row, (json_t *)places);
    if (json_object_get(row, "intervals"))
        json_object_set_new(row, "intervals", intervals_of(places));
    return row;
}

/* *length: of the lists, where it is the same for all runs, else NULL. */
static json_t *table_of_metrics(const struct report *report, const char **length)
{
    json_t *runs = json_object();
    bool has_lengths = false;
    *length = NULL;
    for (int i = 0; i < report->n_runs; i++) {
        const char *its;
        const json_t *test = report_test_part(&report->run[i]);
        if (!report_first_places(test, &its))
            continue;
        has_lengths |= *length && strcmp(*length, its) != 0;
        *length = its;
    }
    for (int i = 0; i < report->n_runs; i++)
        if (report_test_part(&report->run[i]))
            json_object_set_new(runs, report->run[i].name, row_of(&report->run[i], has_lengths));
    *length = has_lengths ? NULL : *length;
    return runs;
}

/* ---- the charts ---- */

/* What a chart is of: a line for each run of one data set, of hits or of one metric as it was learnt. */
struct lines {
    const char *data;   /* a setting: the path */
    const char *metric; /* of validation; NULL: hits */
};

static bool is_of(const struct lines *lines, const struct report_run *run)
{
    return strcmp(report_setting(run, "data"), lines->data) == 0 &&
           (!lines->metric || strcmp(report_setting(run, "metric"), lines->metric) == 0);
}

enum { X, Y, LOW, HIGH, ORDINATES };

/* Points of all lines, one after the other. */
struct points {
    double *at[ORDINATES]; /* (n) */
    size_t n, capacity[ORDINATES];
};

static int add_point(struct points *points, const double point[ORDINATES], struct llmx_error *err)
{
    for (int o = 0; o < ORDINATES; o++) {
        if (mem_grow(&points->at[o], &points->capacity[o], points->n + 1, sizeof *points->at[o],
                     err) != 0)
            return -1;
        points->at[o][points->n] = point[o];
    }
    points->n++;
    return 0;
}

static void release_points(struct points *points)
{
    for (int o = 0; o < ORDINATES; o++)
        free(points->at[o]);
}

/* Hits by the length of the list. */
static int add_hits(struct points *points, const struct report_run *run, struct llmx_error *err)
{
    const json_t *test = report_test_part(run);
    const char *k;
    json_t *at;
    json_object_foreach(json_object_get(test, "at"), k, at)
    {
        double p[ORDINATES];
        if (number_parse(k, strlen(k), &p[X]) && report_hits(test, at, &p[Y], &p[LOW], &p[HIGH]) &&
            add_point(points, p, err) != 0)
            return -1;
    }
    return 0;
}

/* What was watched, epoch by epoch. */
static int add_epochs(struct points *points, const struct report_run *run, const char *metric,
                      struct llmx_error *err)
{
    json_t *line;
    size_t i;
    json_array_foreach(run->log, i, line)
    {
        const double p[] = {number_of(line, "epoch"), number_of(line, metric), NAN, NAN};
        if (isfinite(p[Y]) && add_point(points, p, err) != 0)
            return -1;
    }
    return 0;
}

/* Lines of a chart while they are gathered; its points move as they grow. */
struct drawing {
    struct points points;
    struct chart_series series[CHART_SERIES_MAX];
    size_t begin[CHART_SERIES_MAX];
    int n;
};

static int add_line(struct drawing *d, const struct lines *lines, const struct report_run *run,
                    struct llmx_error *err)
{
    const size_t begin = d->points.n;
    if (lines->metric ? add_epochs(&d->points, run, lines->metric, err) != 0
                      : add_hits(&d->points, run, err) != 0)
        return -1;
    const int n = (int)(d->points.n - begin);
    d->begin[d->n] = begin;
    d->series[d->n] =
        (struct chart_series){.name = run->name, .n = n, .is_marked = n < POINTS_MANY};
    d->n += n > 1;
    return 0;
}

static int put_drawing(struct report *report, const struct lines *lines, struct drawing *d,
                       struct llmx_error *err)
{
    const char *title =
        arena_printf(&report->arena, err, lines->metric ? "Learning on %s" : "Hit rate on %s",
                     report_last_part(lines->data));
    if (!title)
        return -1;
    for (int s = 0; s < d->n; s++) {
        d->series[s].x = d->points.at[X] + d->begin[s];
        d->series[s].y = d->points.at[Y] + d->begin[s];
        d->series[s].low = lines->metric ? NULL : d->points.at[LOW] + d->begin[s];
        d->series[s].high = lines->metric ? NULL : d->points.at[HIGH] + d->begin[s];
    }
    report_put_chart(report, &(struct chart){title, lines->metric ? "epoch" : "length of the list",
                                             lines->metric ? lines->metric : "share of people",
                                             d->series, d->n});
    return 0;
}

/* Charts of all runs of one data set, as many lines in each as it holds. */
static int put_lines(struct report *report, const struct lines *lines, struct llmx_error *err)
{
    int i = 0, status = 0;
    while (i < report->n_runs && status == 0) {
        struct drawing d = {.n = 0};
        for (; i < report->n_runs && d.n < CHART_SERIES_MAX && status == 0; i++)
            if (is_of(lines, &report->run[i]))
                status = add_line(&d, lines, &report->run[i], err);
        if (status == 0 && d.n > 0)
            status = put_drawing(report, lines, &d, err);
        release_points(&d.points);
    }
    return status;
}

/* The charts of each data set. */
static int put_charts(struct report *report, bool is_learning, struct llmx_error *err)
{
    for (int i = 0; i < report->n_runs; i++) {
        const struct report_run *run = &report->run[i];
        const struct lines lines = {report_setting(run, "data"),
                                    is_learning ? report_setting(run, "metric") : NULL};
        int first = 0;
        while (!is_of(&lines, &report->run[first]))
            first++;
        if (first == i && put_lines(report, &lines, err) != 0)
            return -1;
    }
    return 0;
}

int report_put_ranking(struct report *report, struct llmx_error *err)
{
    FILE *f = report->f;
    const char *length;
    json_t *metrics = table_of_metrics(report, &length);
    const char *caption = arena_printf(&report->arena, err, "Test part%s%s",
                                       length ? ", first " : "", length ? length : "");
    int status = caption ? 0 : -1;
    if (status == 0 && json_object_size(metrics) > 0) {
        fputs("<section id=\"ranking\">\n<h2>Ranking</h2>\n<p class=\"lead\">How well each run "
              "finds what was held out of each person's history, among all items. Hit rate: the "
              "share of people for whom it finds some of it; its interval is Wilson's. Those of "
              "recall to MAP are drawn over people when a run ends; runs of earlier programs have "
              "none. Higher is better down to <em>MAP</em>; the others say what is recommended at "
              "all. Runs on "
              "different data are not to be compared.</p>\n<div class=\"figures\">\n",
              f);
        status = grid_put(f, &(struct grid_table){.caption = caption, .rows = "run"}, metrics, err);
        if (status == 0)
            status = put_charts(report, false, err);
        if (status == 0)
            status = put_charts(report, true, err);
        fputs("</div>\n</section>\n", f);
    }
    json_decref(metrics);
    return status;
}
