/* report_runs.c - what was run. */
#include "base/file.h"
#include "base/memory.h"
#include "base/plain_json.h"
#include "format/html.h"
#include "format/json_file.h"
#include "format/jsonl.h"
#include "format/yaml_map.h"
#include "report/report.h"
#include "report/report_grid.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

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

/* Copies what is there. */
static void copy(json_t *to, const json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);
    if (value)
        json_object_set(to, key, value);
}

static json_t *table_of_runs(const struct report *report)
{
    json_t *runs = json_object();
    for (int i = 0; i < report->n_runs; i++) {
        const struct report_run *run = &report->run[i];
        json_t *row = json_object();
        json_object_set_new(row, "model", json_string(report_setting(run, "model")));
        json_object_set_new(row, "data", json_string(report_data_name(run)));
        copy(row, run->data, "users");
        copy(row, run->data, "items");
        copy(row, run->data, "interactions");
        json_object_set_new(row, "seed", json_string(report_setting(run, "seed")));
        copy(row, run->metrics, "epochs");
        copy(row, run->metrics, "best_epoch");
        json_object_set_new(runs, run->name, row);
    }
    return runs;
}

/* A word of a command line, in quotes where a shell would read more into it. */
static void put_word(FILE *f, const char *word)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
    if (*word && strspn(word, plain) == strlen(word)) {
        html_put(f, " %s", word);
        return;
    }
    fputs(" '", f);
    for (size_t n; *word; word += n) {
        n = strcspn(word, "'");
        html_text(f, word, n);
        if (word[n]) {
            html_put(f, "%s", "'\\''");
            n++;
        }
    }
    fputs("'", f);
}

static void put_option(FILE *f, const char *before, const char *word)
{
    fputs(before, f);
    put_word(f, word);
}

static int put_settings(const struct report_run *run, FILE *f, struct llmx_error *err)
{
    char path[PATH_MAX];
    const char *key, *data = json_string_value(json_object_get(run->data, "fingerprint"));
    json_t *value;
    if (path_join(path, sizeof path, run->path, "config.yaml", err) != 0)
        return -1;
    html_put(f, "<details class=\"settings\"><summary>Settings of <bdi>%s</bdi></summary>\n<pre>",
             run->name);
    json_object_foreach(run->config, key, value)
    {
        html_put(f, "%s: %s\n", key, json_string_value(value));
    }
    if (data)
        html_put(f, "fingerprint of the data: %s\n", data);
    fputs("</pre>\n<p>Made again by <code>llmxrec train --config", f);
    put_word(f, path);
    fputs(" --out FOLDER</code></p>\n</details>\n", f);
    return 0;
}

/* The command that makes the page again. */
static void put_command(const struct report *report)
{
    const struct llmx_report_options *o = report->options;
    FILE *f = report->f;
    fputs("<details class=\"settings\"><summary>This page</summary>\n<pre>llmxrec report", f);
    for (int i = 0; i < o->n_runs; i++)
        put_word(f, o->runs[i]);
    for (int i = 0; i < o->n_texts; i++) {
        put_option(f, " \\\n    --explanations", o->texts[i].explanations);
        put_option(f, " --recs", o->texts[i].recs);
        if (o->texts[i].run)
            put_option(f, " --run", o->texts[i].run);
    }
    for (int i = 0; i < o->n_views; i++)
        put_option(f, " \\\n    --with", o->views[i]);
    if (o->title)
        put_option(f, " \\\n    --title", o->title);
    html_put(
        f, " \\\n    --examples %d --resamples %d --seed %zu --out report.html</pre>\n</details>\n",
        o->examples, o->resampling.resamples, (size_t)o->resampling.seed);
}

int report_put_runs(struct report *report, struct llmx_error *err)
{
    FILE *f = report->f;
    json_t *runs = table_of_runs(report);
    fputs("<section id=\"runs\">\n<h2>What was run</h2>\n", f);
    int status = grid_put(f, &(struct grid_table){.caption = "Runs", .rows = "run"}, runs, err);
    for (int i = 0; i < report->n_runs && status == 0; i++)
        status = put_settings(&report->run[i], f, err);
    put_command(report);
    fputs("</section>\n", f);
    json_decref(runs);
    return status;
}
