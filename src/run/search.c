/* search.c - random search by successive halving: many trials for a little while, the better ones for longer.
 *
 * A trial is a run directory of its own that is stopped at a rung and resumed to the next one, so that a search which
 * was interrupted anywhere goes on to the same result. */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/plain.h"
#include "format/jsonl.h"
#include "rank/metrics.h"
#include "recommend/settings.h"
#include "run/data_record.h"
#include "run/run_config.h"
#include "run/run_dir.h"
#include "run/space.h"
#include "run/trials.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HALVING 3 /* of HALVING trials one goes on, for HALVING times as long */
#define RUNGS   3
#define BRACKET 9 /* HALVING ^ (RUNGS - 1) trials compete */

struct trial {
    int rungs; /* climbed */
    double value
        [RUNGS]; /* of the watched metric, best so far, at each; -INFINITY: it could not learn */
    double seconds;
};

struct search {
    const struct llmx_data *data;
    const struct llmx_train_options *base;
    const char *run_dir;
    struct metric_name metric;
    struct space space;
    struct arena texts;
    struct trial *trials;
    size_t n, capacity;
    double budget_s;
    struct llmx_error failure; /* of the last trial that could not learn */
};

/* A trial's training, watched so that it stops at its rung. */
struct climb {
    const struct llmx_progress *progress;
    int trial;
    double epochs; /* where it stops */
    int is_there;
};

static int watch(void *context, const char *stage, double done, double total, const char *note)
{
    struct climb *climb = context;
    char name[64];
    snprintf(name, sizeof name, "trial %d, %s", climb->trial, stage);
    if (climb->progress->report &&
        climb->progress->report(climb->progress->context, name, done, total, note))
        return 1;
    climb->is_there = done >= climb->epochs;
    return climb->is_there;
}

/* The best value of the watched metric in a run's log. */
static int best_value(const struct search *s, const char *run_dir, double *best,
                      struct llmx_error *err)
{
    char path[PATH_MAX];
    struct jsonl log;
    json_t *line;
    if (path_join(path, sizeof path, run_dir, RUN_LOG, err) != 0 ||
        jsonl_open(&log, path, err) != 0)
        return -1;
    int status;
    *best = -INFINITY;
    while ((status = jsonl_read(&log, &line, err)) == 1) {
        const json_t *value = json_object_get(line, s->metric.text);
        if (json_is_number(value))
            *best = fmax(*best, json_number_value(value));
        json_decref(line);
    }
    jsonl_close(&log);
    return status;
}

static int trial_options(struct search *s, int number, struct llmx_train_options *options,
                         struct llmx_error *err)
{
    *options = *s->base;
    options->resume = 1;
    options->force = 0;
    return space_sample(&s->space, s->base->seed, number, options, &s->texts, err);
}

/* ---- the table of trials ---- */

static json_t *table_line(struct search *s, int number, struct llmx_error *err)
{
    const struct trial *trial = &s->trials[number - 1];
    struct llmx_train_options options;
    char data[20];
    if (trial_options(s, number, &options, err) != 0)
        return NULL;
    snprintf(data, sizeof data, "%016" PRIx64, llmx_data_fingerprint(s->data));
    json_t *line = json_pack("{s:i, s:i, s:f, s:s}", "trial", number, "rungs", trial->rungs,
                             "seconds", trial->seconds, "data", data);
    json_t *values = json_array(), *settings = json_object();
    for (int r = 0; r < trial->rungs; r++)
        json_array_append_new(values,
                              isfinite(trial->value[r]) ? json_real(trial->value[r]) : json_null());
    for (int i = 0; i < s->space.n; i++) {
        struct text text = {0};
        settings_put(&text, &options, s->space.ranges[i].name);
        json_object_set_new(settings, s->space.ranges[i].name, json_string(text.s ? text.s : ""));
        text_release(&text);
    }
    int failed = json_object_set_new(line, s->metric.text, values);
    failed |= json_object_set_new(line, "settings", settings);
    if (!failed)
        return line;
    json_decref(line);
    err_set(err, LLMX_NO_MEMORY, "out of memory");
    return NULL;
}

static int write_table(struct search *s, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct output output = {0};
    if (path_join(path, sizeof path, s->run_dir, TRIALS_TABLE, err) != 0 ||
        output_open(&output, path, err) != 0)
        return -1;
    int status = 0;
    for (int i = 1; status == 0 && i <= (int)s->n; i++) {
        json_t *line = table_line(s, i, err);
        status = line ? jsonl_write(output.stream, line, err) : -1;
        json_decref(line);
    }
    if (status == 0)
        status = output_commit(&output, err);
    output_discard(&output);
    return status;
}

static double value_of(const json_t *value)
{
    return json_is_number(value) ? json_number_value(value) : -INFINITY;
}

static int add_trial(struct search *s, const json_t *line, struct llmx_error *err)
{
    if (mem_grow(&s->trials, &s->capacity, s->n + 1, sizeof *s->trials, err) != 0)
        return -1;
    struct trial *trial = &s->trials[s->n++];
    *trial = (struct trial){0};
    const json_t *values = json_object_get(line, s->metric.text);
    trial->seconds = json_number_value(json_object_get(line, "seconds"));
    for (size_t r = 0; r < json_array_size(values) && r < RUNGS; r++)
        trial->value[trial->rungs++] = value_of(json_array_get(values, r));
    return 0;
}

/* May a search of these data and options go on with the trial that a line of its table tells of? */
static int check_trial(struct search *s, int number, const json_t *line, struct llmx_error *err)
{
    const char *data = json_string_value(json_object_get(line, "data"));
    struct llmx_train_options options;
    struct run_config was, is = {0};
    char path[PATH_MAX];
    if (!data || strtoull(data, NULL, 16) != llmx_data_fingerprint(s->data))
        return err_set(err, LLMX_MISMATCH,
                       "the search in %s learnt from other interactions; give the same data, "
                       "filters and split, or begin again with --force",
                       s->run_dir);
    if (trial_options(s, number, &options, err) != 0 ||
        trials_path(s->run_dir, number, path, err) != 0)
        return -1;
    if (run_dir_state(path) == RUN_EMPTY) /* it could not even begin */
        return 0;
    if (run_config_read(&was, path, err) != 0)
        return -1;
    int status = run_config_of(&is, &options, err);
    if (status == 0)
        status = run_config_compare(&was, &is, path, err);
    run_config_release(&was);
    run_config_release(&is);
    return status == 0 ? 0 : err_prefix(err, "trial %d", number);
}

static int read_table(struct search *s, struct llmx_error *err)
{
    char path[PATH_MAX];
    struct jsonl table;
    json_t *line;
    if (path_join(path, sizeof path, s->run_dir, TRIALS_TABLE, err) != 0)
        return -1;
    if (!folder_has(s->run_dir, TRIALS_TABLE))
        return 0;
    if (jsonl_open(&table, path, err) != 0)
        return -1;
    int status;
    while ((status = jsonl_read(&table, &line, err)) == 1) {
        status = add_trial(s, line, err);
        if (status == 0)
            status = check_trial(s, (int)s->n, line, err);
        json_decref(line);
        if (status != 0)
            break;
    }
    jsonl_close(&table);
    return status;
}

/* ---- climbing ---- */

static double spent_s(const struct search *s)
{
    double sum = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += s->trials[i].seconds;
    return sum;
}

/* Trains trial `number` up to the end of a rung (from 0) and notes what came of it: settings with which nothing can be
 * learnt (a rate at which the loss is no number any more) lose, and the search goes on. */
static int climb(struct search *s, int number, int rung, struct llmx_error *err)
{
    struct climb climb = {.progress = &s->base->progress, .trial = number};
    struct llmx_train_options options;
    struct llmx_train_report report;
    struct llmx_error why = {0};
    char path[PATH_MAX];
    if (trial_options(s, number, &options, err) != 0 ||
        trials_path(s->run_dir, number, path, err) != 0)
        return -1;
    climb.epochs =
        rung < RUNGS - 1 ? ceil(options.epochs * pow(HALVING, rung - (RUNGS - 1))) : INFINITY;
    options.report = &report;
    options.progress = (struct llmx_progress){watch, &climb};
    const double start = clock_now_s();
    const bool is_stopped = llmx_train(s->data, &options, path, &why) != 0;
    const bool has_failed = is_stopped && why.code == LLMX_BAD_OPTION;
    if (is_stopped && why.code == LLMX_INTERRUPTED && !climb.is_there)
        return err_set(err, LLMX_INTERRUPTED,
                       "stopped in trial %d; the same command with --resume goes on from there",
                       number);
    if (is_stopped && why.code != LLMX_INTERRUPTED && !has_failed)
        return err_set(err, why.code, "trial %d: %s", number, why.message);
    if (has_failed)
        s->failure = why;
    struct trial *trial = &s->trials[number - 1];
    trial->seconds += clock_now_s() - start;
    for (; trial->rungs <= rung; trial->rungs++) {
        trial->value[trial->rungs] = -INFINITY;
        if (!has_failed && best_value(s, path, &trial->value[trial->rungs], err) != 0)
            return -1;
    }
    return write_table(s, err);
}

/* The trial of a bracket that stands at place `place` (from 0) after rung `rung`. */
static int ranked(const struct search *s, int first, int rung, int place)
{
    int order[BRACKET];
    for (int i = 0; i < BRACKET; i++) {
        int at = i;
        for (; at > 0 && s->trials[first + i].value[rung] > s->trials[order[at - 1]].value[rung];
             at--)
            order[at] = order[at - 1];
        order[at] = first + i;
    }
    return order[place] + 1;
}

/* One bracket; 1 when the budget ran out, or when none of so many trials could learn: nor would more. */
static int run_bracket(struct search *s, int first, struct llmx_error *err)
{
    int running = BRACKET;
    for (int rung = 0; rung < RUNGS; rung++, running /= HALVING) {
        if (rung == 1 && s->trials[ranked(s, first, 0, 0) - 1].value[0] == -INFINITY)
            return 1;
        for (int place = 0; place < running; place++) {
            const int number = rung == 0 ? first + place + 1 : ranked(s, first, rung - 1, place);
            if ((int)s->n >= number && s->trials[number - 1].rungs > rung)
                continue;
            if (s->n > 0 && s->trials[0].rungs > 0 && spent_s(s) >= s->budget_s)
                return 1;
            if ((int)s->n < number && add_trial(s, NULL, err) != 0)
                return -1;
            if (climb(s, number, rung, err) != 0)
                return -1;
        }
    }
    return 0;
}

static double last_value(const struct trial *trial)
{
    return trial->rungs ? trial->value[trial->rungs - 1] : -INFINITY;
}

static int best_trial(const struct search *s)
{
    size_t best = 0;
    for (size_t i = 1; i < s->n; i++)
        if (last_value(&s->trials[i]) > last_value(&s->trials[best]))
            best = i;
    return (int)best + 1;
}

/* The best trial's files become the run's; RUN_METRICS, which marks a finished run, last. */
static int keep_best(struct search *s, int number, struct llmx_error *err)
{
    static const char *const files[] = {"config.yaml", "users.tsv", "items.tsv", RUN_LOG,
                                        RUN_CURVE,     RUN_MODEL,   RUN_METRICS};
    char directory[PATH_MAX], from[PATH_MAX], to[PATH_MAX];
    if (trials_path(s->run_dir, number, directory, err) != 0)
        return -1;
    folder_remove(s->run_dir, RUN_METRICS);
    folder_remove(s->run_dir, RUN_CHECKPOINT);
    if (data_record_write(s->data, s->run_dir, err) != 0)
        return -1;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (path_join(from, sizeof from, directory, files[i], err) != 0 ||
            path_join(to, sizeof to, s->run_dir, files[i], err) != 0)
            return -1;
        if (file_copy(from, to, true, err) != 0)
            return -1;
    }
    return 0;
}

static int search(struct search *s, struct llmx_search_report *report, struct llmx_error *err)
{
    if (!s->base->resume)
        trials_clear(s->run_dir);
    else if (read_table(s, err) != 0)
        return -1;
    int status = 0;
    if (s->n == 0 && (add_trial(s, NULL, err) != 0 || write_table(s, err) != 0))
        return -1; /* the table stands before the first trial: it says whose the trials are */
    for (int first = 0; status == 0; first += BRACKET)
        status = run_bracket(s, first, err);
    if (status < 0)
        return -1;
    int best;
    while (best = best_trial(s), s->trials[best - 1].rungs < RUNGS)
        if (climb(s, best, RUNGS - 1, err) != 0)
            return -1;
    if (last_value(&s->trials[best - 1]) == -INFINITY)
        return err_set(err, LLMX_BAD_OPTION, "none of %zu trials could learn%s%s", s->n,
                       s->failure.message[0] ? "; the last: " : "", s->failure.message);
    *report = (struct llmx_search_report){.trials = (int)s->n, .best_trial = best};
    return keep_best(s, best, err);
}

static bool has_validation(const struct llmx_data *data)
{
    int n = 0;
    for (llmx_id u = 0; n == 0 && u < llmx_data_users(data); u++)
        llmx_data_history(data, u, LLMX_VALID, &n);
    return n > 0;
}

static int check_search(const struct llmx_data *data, const struct llmx_train_options *options,
                        const struct llmx_search_options *how, const char *run_dir,
                        struct llmx_error *err)
{
    if (!(how->budget_s > 0))
        return err_set(err, LLMX_BAD_OPTION, "a search needs a budget above 0 seconds");
    if (!has_validation(data))
        return err_set(err, LLMX_BAD_OPTION,
                       "a search chooses by the validation part, and these data hold out none; "
                       "give --valid, or a share for it in --split-by");
    if (!options->resume && !options->force && folder_has(run_dir, TRIALS_TABLE) &&
        run_dir_state(run_dir) == RUN_EMPTY)
        return err_set(err, LLMX_BAD_OPTION,
                       "%s holds an interrupted search; --resume goes on with it, --force starts "
                       "again",
                       run_dir);
    return trials_check(run_dir, err) != 0 ? -1 : run_dir_check(run_dir, options, err);
}

int llmx_search(const struct llmx_data *data, const struct llmx_train_options *options,
                const struct llmx_search_options *how, const char *run_dir,
                struct llmx_search_report *report, struct llmx_error *err)
{
    struct search s = {
        .data = data, .base = options, .run_dir = run_dir, .budget_s = how->budget_s};
    struct llmx_search_report unused;
    struct folder dir;
    if (metric_parse(&s.metric, options->metric, err) != 0 ||
        check_search(data, options, how, run_dir, err) != 0)
        return -1;
    int status = space_read(&s.space, how->space_path, options, err);
    if (status == 0 && (status = run_dir_open(&dir, run_dir, err)) == 0) {
        status = search(&s, report ? report : &unused, err);
        folder_close(&dir);
    }
    space_release(&s.space);
    arena_release(&s.texts);
    free(s.trials);
    return status;
}

/* ---- for a person ---- */

struct shown {
    int trial, rungs;
    double value, seconds;
    char *settings;
};

static int by_value(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    return x->value != y->value ? (x->value < y->value ? 1 : -1)
                                : (x->trial > y->trial) - (x->trial < y->trial);
}

static void print_rows(const struct shown *rows, size_t n, const char *metric, FILE *stream)
{
    fprintf(stream, "trial  rungs  %-10s  seconds  settings\n", metric);
    for (size_t i = 0; i < n; i++) {
        char value[32] = "failed";
        if (isfinite(rows[i].value))
            plain_snprintf(value, sizeof value, "%.4f", rows[i].value);
        plain_fprintf(stream, "%5d  %5d  %-10s  %7.1f  %s\n", rows[i].trial, rows[i].rungs, value,
                      rows[i].seconds, rows[i].settings);
    }
}

/* "dim=64 l2=0.01" */
static char *settings_text(const json_t *settings, struct llmx_error *err)
{
    struct text text = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)settings, key, value)
        text_printf(&text, "%s%s=%s", text.n ? " " : "", key, json_string_value(value));
    text_puts(&text, "");
    if (text_check(&text, err) == 0)
        return text.s;
    text_release(&text);
    return NULL;
}

static int show_line(struct shown *row, const json_t *line, const char **metric,
                     struct llmx_error *err)
{
    const char *key;
    json_t *value;
    *row = (struct shown){
        .seconds = json_number_value(json_object_get(line, "seconds")),
        .settings = settings_text(json_object_get(line, "settings"), err),
    };
    number_whole(json_number_value(json_object_get(line, "trial")), 0, INT_MAX, &row->trial);
    number_whole(json_number_value(json_object_get(line, "rungs")), 0, INT_MAX, &row->rungs);
    json_object_foreach((json_t *)(uintptr_t)line, key,
                        value) if (json_is_array(value) && json_array_size(value))
    {
        *metric = key;
        row->value = value_of(json_array_get(value, json_array_size(value) - 1));
    }
    return row->settings ? 0 : -1;
}

int llmx_search_print(const char *run_dir, int top, FILE *stream, struct llmx_error *err)
{
    char path[PATH_MAX], name[64] = "metric";
    struct shown *rows = NULL;
    size_t n = 0, capacity = 0;
    struct jsonl table;
    json_t *line;
    if (path_join(path, sizeof path, run_dir, TRIALS_TABLE, err) != 0 ||
        jsonl_open(&table, path, err) != 0)
        return -1;
    int status;
    while ((status = jsonl_read(&table, &line, err)) == 1) {
        const char *metric = name;
        status = mem_grow(&rows, &capacity, n + 1, sizeof *rows, err);
        if (status == 0)
            status = show_line(&rows[n++], line, &metric, err);
        if (metric != name)
            snprintf(name, sizeof name, "%s", metric);
        json_decref(line);
        if (status != 0)
            break;
    }
    jsonl_close(&table);
    if (n)
        qsort(rows, n, sizeof *rows, by_value);
    if (status == 0)
        print_rows(rows, top > 0 && (size_t)top < n ? (size_t)top : n, name, stream);
    for (size_t i = 0; i < n; i++)
        free(rows[i].settings);
    free(rows);
    return status;
}
