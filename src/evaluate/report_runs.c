/* report_runs.c - what was run, how well it ranks, and how it learnt. */
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/plain_json.h"
#include "evaluate/report.h"
#include "evaluate/report_grid.h"
#include "format/html.h"
#include "format/json_file.h"
#include "format/jsonl.h"
#include "format/yaml_map.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_MANY 40 /* from which on a line needs no dots */

/* ---- reading ---- */

static json_t *read_config(const char *path, struct llmx_error *err)
{
    struct yaml_map map;
    if (yaml_map_open(&map, path, LLMX_BAD_INPUT, err) != 0)
        return NULL;
    json_t *config = json_object();
    for (int i = 0; i < map.root.n; i++)
        if (map.root.items[i].kind == YAML_WORD)
            json_object_set_new(config, map.root.items[i].key, json_string(map.root.items[i].word));
    yaml_map_release(&map);
    if (!config)
        err_set(err, LLMX_NO_MEMORY, "out of memory");
    return config;
}

/* A file of JSON that may be missing. A final run ranks nothing, and says so under one key several times. */
static int read_json(json_t **value, const char *path, struct llmx_error *err)
{
    struct mapping file;
    struct llmx_error missing;
    json_error_t json_err;
    *value = NULL;
    if (mapping_open(&file, path, &missing) != 0)
        return 0;
    *value = plain_json_loadb((const char *)file.data, file.size, 0, &json_err);
    mapping_release(&file);
    return *value ? 0
                  : err_set(err, LLMX_BAD_INPUT, "%s:%d: %s", path, json_err.line, json_err.text);
}

static int read_log(json_t *log, const char *path, struct llmx_error *err)
{
    struct jsonl file;
    struct llmx_error missing;
    json_t *line;
    int got;
    if (!log)
        return err_set(err, LLMX_NO_MEMORY, "out of memory");
    if (jsonl_open(&file, path, &missing) != 0)
        return 0;
    while ((got = jsonl_read(&file, &line, err)) > 0)
        json_array_append_new(log, line);
    jsonl_close(&file);
    return got;
}

static int read_run(struct report_run *run, struct llmx_error *err)
{
    char path[PATH_MAX];
    if (path_join(path, sizeof path, run->path, "config.yaml", err) != 0 ||
        !(run->config = read_config(path, err)))
        return err_prefix(err, "%s is no run directory", run->path);
    run->log = json_array();
    return path_join(path, sizeof path, run->path, "data.json", err) != 0 ||
                   read_json(&run->data, path, err) != 0 ||
                   path_join(path, sizeof path, run->path, "metrics.json", err) != 0 ||
                   read_json(&run->metrics, path, err) != 0 ||
                   path_join(path, sizeof path, run->path, "log.jsonl", err) != 0 ||
                   read_log(run->log, path, err) != 0
               ? -1
               : 0;
}

int report_read_runs(struct report *report, struct llmx_error *err)
{
    const struct llmx_report_options *o = report->options;
    const char **names = arena_array(&report->arena, (size_t)o->n_runs + 1, sizeof *names, err);
    report->run = arena_array(&report->arena, (size_t)o->n_runs + 1, sizeof *report->run, err);
    if (!names || !report->run ||
        report_names(o->runs, o->n_runs, "", names, &report->arena, err) != 0)
        return -1;
    for (int i = 0; i < o->n_runs; i++) {
        struct report_run *run = &report->run[report->n_runs++];
        *run = (struct report_run){.name = o->run_names ? o->run_names[i] : names[i],
                                   .path = o->runs[i]};
        if (read_run(run, err) != 0)
            return -1;
    }
    return 0;
}

void report_release_runs(struct report *report)
{
    for (int i = 0; i < report->n_runs; i++) {
        json_decref(report->run[i].config);
        json_decref(report->run[i].data);
        json_decref(report->run[i].metrics);
        json_decref(report->run[i].log);
    }
}

/* ---- what was run ---- */

static const char *setting(const struct report_run *run, const char *key)
{
    const char *value = json_string_value(json_object_get(run->config, key));
    return value ? value : "";
}

/* Copies what is there. */
static void copy(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value)
        json_object_set(to, key, value);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static json_t *table_of_runs(const struct report *report)
{
    json_t *runs = json_object();
    for (int i = 0; i < report->n_runs; i++) {
        const struct report_run *run = &report->run[i];
        json_t *row = json_object();
        json_object_set_new(row, "model", json_string(setting(run, "model")));
        json_object_set_new(row, "data", json_string(last_part(setting(run, "data"))));
        copy(row, run->data, "users");
        copy(row, run->data, "items");
        copy(row, run->data, "interactions");
        json_object_set_new(row, "seed", json_string(setting(run, "seed")));
        copy(row, run->metrics, "epochs");
        copy(row, run->metrics, "best_epoch");
        json_object_set_new(runs, run->name, row);
    }
    return runs;
}

static void put_settings(const struct report_run *run, FILE *f)
{
    const char *key;
    json_t *value;
    html_put(f, "<details class=\"settings\"><summary>Settings of <bdi>%s</bdi></summary>\n<pre>",
             run->name);
    json_object_foreach(run->config, key, value)
    {
        html_put(f, "%s: %s\n", key, json_string_value(value));
    }
    const char *data = json_string_value(json_object_get(run->data, "fingerprint"));
    if (data)
        html_put(f, "fingerprint of the data: %s\n", data);
    html_put(f,
             "</pre>\n<p>Made again by <code>llmxrec train --config %s/config.yaml --out "
             "FOLDER</code></p>\n</details>\n",
             run->path);
}

static void put_inputs(const struct report *report)
{
    const struct llmx_report_options *o = report->options;
    FILE *f = report->f;
    fputs("<details class=\"settings\"><summary>This page</summary>\n<pre>llmxrec report", f);
    for (int i = 0; i < o->n_runs; i++)
        html_put(f, " %s", o->runs[i]);
    for (int i = 0; i < o->n_texts; i++)
        html_put(f, " \\\n    --explanations %s --recs %s", o->texts[i].explanations,
                 o->texts[i].recs);
    for (int i = 0; i < o->n_views; i++)
        html_put(f, " \\\n    --with %s", o->views[i]);
    html_put(f, " \\\n    --resamples %d --seed %zu</pre>\n</details>\n", o->resampling.resamples,
             (size_t)o->resampling.seed);
}

int report_put_runs(struct report *report, struct llmx_error *err)
{
    FILE *f = report->f;
    json_t *runs = table_of_runs(report);
    fputs("<section id=\"runs\">\n<h2>What was run</h2>\n", f);
    const int status =
        grid_put(f, &(struct grid_table){.caption = "Runs", .rows = "run"}, runs, err);
    for (int i = 0; i < report->n_runs; i++)
        put_settings(&report->run[i], f);
    put_inputs(report);
    fputs("</section>\n", f);
    json_decref(runs);
    return status;
}

/* ---- ranking ---- */

static const json_t *ranked(const struct report_run *run)
{
    const json_t *test = json_object_get(run->metrics, "test");
    return json_integer_value(json_object_get(test, "users")) > 0 ? test : NULL;
}

static json_t *table_of_metrics(const struct report *report)
{
    json_t *runs = json_object();
    for (int i = 0; i < report->n_runs; i++) {
        const json_t *test = ranked(&report->run[i]), *at = json_object_get(test, "at"),
                     *ten = json_object_get(at, "10");
        const json_t *chosen = ten ? ten : json_object_iter_value(json_object_iter((json_t *)at));
        json_t *row = json_object(), *gauc = json_object_get(test, "gauc");
        if (chosen)
            json_object_update(row, (json_t *)chosen);
        if (gauc)
            json_object_set(row, "gauc", gauc);
        if (test)
            json_object_set(runs, report->run[i].name, row);
        json_decref(row);
    }
    return runs;
}

struct points {
    double *x, *y; /* (capacity) of all lines, one after the other */
    size_t n, capacity_x, capacity_y;
};

static int add_point(struct points *points, double x, double y, struct llmx_error *err)
{
    if (mem_grow(&points->x, &points->capacity_x, points->n + 1, sizeof *points->x, err) != 0 ||
        mem_grow(&points->y, &points->capacity_y, points->n + 1, sizeof *points->y, err) != 0)
        return -1;
    points->x[points->n] = x;
    points->y[points->n++] = y;
    return 0;
}

static double number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

/* One run's line: NDCG by the length of the list, or what was watched by epoch. */
static int add_line(struct points *points, const struct report_run *run, bool is_learning,
                    struct llmx_error *err)
{
    const char *k;
    json_t *at, *line;
    double length;
    size_t i;
    if (!is_learning) {
        json_object_foreach(json_object_get(ranked(run), "at"), k, at)
        {
            if (number_parse(k, strlen(k), &length) &&
                add_point(points, length, number_of(at, "ndcg"), err) != 0)
                return -1;
        }
        return 0;
    }
    json_array_foreach(run->log, i, line)
    {
        const double y = number_of(line, setting(run, "metric"));
        if (isfinite(y) && add_point(points, number_of(line, "epoch"), y, err) != 0)
            return -1;
    }
    return 0;
}

/* Runs from `first` on, as many as a chart holds; returns how many were looked at, or -1. */
static int put_lines(struct report *report, int first, bool is_learning, struct llmx_error *err)
{
    struct points points = {0};
    struct chart_series series[CHART_SERIES_MAX];
    size_t begin[CHART_SERIES_MAX];
    int n = 0, i = first, status = 0;
    for (; i < report->n_runs && n < CHART_SERIES_MAX && status == 0; i++) {
        begin[n] = points.n;
        status = add_line(&points, &report->run[i], is_learning, err);
        series[n] = (struct chart_series){.name = report->run[i].name,
                                          .n = (int)(points.n - begin[n]),
                                          .is_marked = points.n - begin[n] < POINTS_MANY};
        n += series[n].n > 1;
    }
    for (int s = 0; s < n; s++) {
        series[s].x = points.x + begin[s];
        series[s].y = points.y + begin[s];
    }
    const struct chart chart = {is_learning ? "Learning, on the validation part"
                                            : "NDCG on the test part, by the length of the list",
                                is_learning ? "epoch" : "length of the list",
                                is_learning ? setting(&report->run[first], "metric") : "NDCG",
                                series, n};
    if (status == 0 && n > 0)
        report_put_chart(report, &chart);
    free(points.x);
    free(points.y);
    return status == 0 ? i - first : -1;
}

static int put_all_lines(struct report *report, bool is_learning, struct llmx_error *err)
{
    for (int first = 0, n; first < report->n_runs; first += n)
        if ((n = put_lines(report, first, is_learning, err)) < 0)
            return -1;
    return 0;
}

int report_put_ranking(struct report *report, struct llmx_error *err)
{
    FILE *f = report->f;
    json_t *metrics = table_of_metrics(report);
    int status = 0;
    if (json_object_size(metrics) > 0) {
        fputs("<section id=\"ranking\">\n<h2>Ranking</h2>\n<p class=\"lead\">How well each run "
              "finds what was held out of each person's history, among all items. Higher is better "
              "down to <em>map</em>; the others say what is recommended at all.</p>\n",
              f);
        fputs("<div class=\"figures\">\n", f);
        status = grid_put(f, &(struct grid_table){.caption = "Test part, first 10", .rows = "run"},
                          metrics, err);
        if (put_all_lines(report, false, err) != 0 || put_all_lines(report, true, err) != 0)
            status = -1;
        fputs("</div>\n</section>\n", f);
    }
    json_decref(metrics);
    return status;
}
