/* train.c - epoch after epoch, watching the validation part, keeping the best; and what a run directory gets. */
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/plain.h"
#include "product/blas.h"
#include "rank/metric_ranges.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "recommend/settings.h"
#include "run/checkpoint.h"
#include "run/curve.h"
#include "run/data_record.h"
#include "run/run_config.h"
#include "run/run_dir.h"
#include "run/warm.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALID_USERS_MAX 10000 /* watched at each epoch: more take longer than learning */

/* Intervals of the test part's metrics: of one cut-off, and few resamples, so that a model that learns in a blink is not held up. */
#define RANGES_AT 10
#define RESAMPLES 1000

static const int reported_cutoffs[] = {5, 10, 20};
#define REPORTED (int)(sizeof reported_cutoffs / sizeof *reported_cutoffs)

/* Everything at hand while training. */
struct training {
    const struct llmx_data *data;
    const struct llmx_train_options *options;
    const char *path;
    const struct recommender *row;
    void *model;
    struct threads *pool;
    struct metric_name metric;
    int *popularity; /* (items) */
    struct training_state state;
    bool is_warm; /* goes on from a finished run of other data */
    FILE *log;
    double learned_s, examples; /* since this process began */
};

static int check_options(const struct llmx_train_options *o, const struct recommender *row,
                         struct llmx_error *err)
{
    if (!(o->checkpoint_seconds >= 0 && o->checkpoint_seconds <= 1e9))
        return err_set(err, LLMX_BAD_OPTION, "checkpoint_seconds %g: choose 0 to 1e9",
                       o->checkpoint_seconds);
    return settings_check(o, row, err);
}

double llmx_train_bytes(const struct llmx_data *data, const struct llmx_train_options *options)
{
    const struct recommender *row = recommender_find(options->model, NULL);
    return row && row->bytes ? row->bytes(data, options) : 0;
}

/* Before hours are spent: does it fit into this machine? */
static int check_memory(const struct llmx_data *data, const struct llmx_train_options *options,
                        struct llmx_error *err)
{
    const double needed = llmx_train_bytes(data, options),
                 has = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (needed <= has)
        return 0;
    return err_set(err, LLMX_TOO_LARGE,
                   "%s on %d items and %d users needs about %.1f GB, this machine has %.1f; use a "
                   "model whose memory grows with the interactions (itemknn, ials, bpr), or drop "
                   "rare items (--min-item)",
                   options->model, llmx_data_items(data), llmx_data_users(data), 1e-9 * needed,
                   1e-9 * has);
}

/* ranges  of RANGES_AT, which n then hold; NULL: none */
static int measure(struct training *t, enum llmx_part part, const int *cutoffs, int n,
                   int users_max, struct llmx_metrics *metrics, struct metric_ranges *ranges,
                   struct llmx_error *err)
{
    const struct llmx_resampling how = {RESAMPLES, t->options->seed, t->options->threads};
    struct rankings rankings;
    const struct scorer scorer = scorer_of(t->row, t->model);
    int result =
        rank_users(&rankings, scorer, t->data, part, cutoffs[n - 1], users_max, t->pool, err);
    if (result == 0)
        result = metrics_compute(metrics, &rankings, t->popularity, llmx_data_items(t->data),
                                 cutoffs, n, err);
    if (result == 0 && ranges)
        result = metric_ranges_measure(ranges, &rankings, RANGES_AT, &how, err);
    rankings_release(&rankings);
    return result;
}

static void put_log_line(struct training *t, double loss, double value)
{
    struct text *log = &t->state.log;
    const size_t before = log->n;
    text_printf(log, "{\"epoch\":%d,\"loss\":%.9g,\"%s\":", t->state.epoch, loss, t->metric.text);
    text_printf(log, isnan(value) ? "null" : "%.9g", value);
    text_printf(log, ",\"best_epoch\":%d}\n", t->state.best_epoch);
    if (t->log && !log->failed) {
        fwrite(log->s + before, 1, log->n - before, t->log);
        fflush(t->log);
    }
}

static int report(struct training *t, double loss, double value, int is_last)
{
    const struct llmx_progress *progress = &t->options->progress;
    char note[160], watched[96] = "";
    if (!isnan(value)) /* else there is no validation part */
        plain_snprintf(watched, sizeof watched, "%s %.4f (best %.4f, epoch %d)  ", t->metric.text,
                       value, t->state.best_value, t->state.best_epoch);
    plain_snprintf(note, sizeof note, "loss %.4f  %s%.1f M/s", loss, watched,
                   1e-6 * t->examples / t->learned_s);
    return progress->report &&
           progress->report(progress->context, "training", t->state.epoch,
                            is_last ? t->state.epoch : t->options->epochs, note);
}

static int is_done(const struct training *t)
{
    const struct llmx_train_options *o = t->options;
    const int epoch = t->state.epoch;
    if (epoch >= o->epochs)
        return 1;
    return o->patience > 0 && epoch >= o->min_epochs && epoch - t->state.best_epoch >= o->patience;
}

static int one_epoch(struct training *t, double *loss, double *value, struct llmx_error *err)
{
    struct training_state *state = &t->state;
    struct epoch_result learned;
    struct llmx_metrics metrics;
    const double start = clock_now_s();
    if (t->row->epoch(t->model, state->epoch + 1, t->pool, &learned, err) != 0)
        return -1;
    t->learned_s += clock_now_s() - start;
    t->examples += (double)learned.examples;
    if (!isfinite(learned.loss))
        return err_set(
            err, LLMX_BAD_OPTION,
            "the loss is no number any more in epoch %d; lower --learning-rate (now %g)%s",
            state->epoch + 1, t->options->learning_rate,
            run_dir_state(t->path) == RUN_INTERRUPTED ? "; the last checkpoint stands" : "");
    if (measure(t, LLMX_VALID, &t->metric.k, 1, VALID_USERS_MAX, &metrics, NULL, err) != 0)
        return -1;
    state->epoch++;
    *loss = learned.loss;
    *value = metric_value(&metrics, &t->metric);
    if (state->best_epoch == 0 || isnan(*value) ||
        *value > state->best_value) { /* nothing to watch: the latest */
        state->best_epoch = state->epoch;
        state->best_value = *value;
        state_keep_best(state, t->row, t->model);
    }
    put_log_line(t, *loss, *value);
    return text_check(&state->log, err);
}

static int keep_checkpoint(struct training *t, struct llmx_error *err)
{
    return checkpoint_write(&t->state, t->row, t->model, llmx_data_fingerprint(t->data), t->path,
                            err);
}

static int learn(struct training *t, struct llmx_error *err)
{
    double saved_s = clock_now_s(), loss = 0, value = 0;
    while (!is_done(t)) {
        if (one_epoch(t, &loss, &value, err) != 0)
            return -1;
        const int is_last = is_done(t), is_stopped = report(t, loss, value, is_last);
        if (is_last)
            break;
        if (is_stopped || clock_now_s() - saved_s >= t->options->checkpoint_seconds) {
            if (keep_checkpoint(t, err) != 0)
                return -1;
            saved_s = clock_now_s();
        }
        if (is_stopped)
            return err_set(
                err, LLMX_INTERRUPTED,
                "stopped after epoch %d; the same command with --resume goes on from there",
                t->state.epoch);
    }
    state_restore_best(&t->state, t->row, t->model);
    return t->row->ready ? t->row->ready(t->model, err) : 0;
}

static int report_part(struct training *t, enum llmx_part part, struct llmx_metrics *metrics,
                       struct metric_ranges *ranges, struct llmx_error *err)
{
    if (measure(t, part, reported_cutoffs, REPORTED, 0, metrics, ranges, err) != 0)
        return -1;
    return llmx_data_repeats(t->data, part, &metrics->repeats, &metrics->held_out, err);
}

/* What the finished run holds; the checkpoint goes last, so that a kill in between can be resumed. */
static int finish(struct training *t, struct llmx_train_report *result, struct llmx_error *err)
{
    struct text json = {0};
    struct metric_ranges ranges;
    int status = -1;
    *result = (struct llmx_train_report){.epochs = t->state.epoch,
                                         .best_epoch = t->state.best_epoch,
                                         .examples_per_s =
                                             t->learned_s > 0 ? t->examples / t->learned_s : 0};
    if (report_part(t, LLMX_VALID, &result->valid, NULL, err) != 0 ||
        report_part(t, LLMX_TEST, &result->test, &ranges, err) != 0)
        return -1;
    text_printf(
        &json, "{\"model\":\"%s\",\"epochs\":%d,\"best_epoch\":%d,\"seed\":%llu,\n \"valid\":",
        t->row->name, result->epochs, result->best_epoch, (unsigned long long)t->options->seed);
    metrics_json(&result->valid, NULL, &json);
    text_puts(&json, ",\n \"test\":");
    metrics_json(&result->test, &ranges, &json);
    text_puts(&json, "}\n");
    if (text_check(&json, err) == 0 && run_dir_write_tokens(t->path, t->data, err) == 0 &&
        folder_write(t->path, RUN_LOG, t->state.log.s, t->state.log.n, err) == 0 &&
        curve_write(t->path, &t->state.log, t->metric.text, err) == 0 &&
        model_write(&t->state, t->row, t->model, llmx_data_fingerprint(t->data), t->path, err) ==
            0 &&
        folder_write(t->path, RUN_METRICS, json.s, json.n, err) == 0) {
        folder_remove(t->path, RUN_CHECKPOINT);
        status = 0;
    }
    text_release(&json);
    return status;
}

/* Takes up the model of the finished run that goes on. */
static int take_up(struct training *t, struct llmx_error *err)
{
    if (!t->is_warm || !settings_has(t->row, "epochs"))
        return 0;
    return warm_read(t->row, t->model, t->data, t->path, err) == 0
               ? model_epochs(t->path, &t->state.epochs_before, err)
               : -1;
}

/* The directory's options, tokens and log as they must stand before the first epoch, new or resumed. */
static int prepare_directory(struct training *t, enum run_dir_state state, struct llmx_error *err)
{
    struct run_config is, was = {0};
    char log[PATH_MAX];
    int result = run_config_of(&is, t->options, err);
    if (result == 0 && t->is_warm) { /* from here on an interrupted run, that of before no more */
        result = keep_checkpoint(t, err);
        if (result == 0)
            result = run_config_write(&is, t->path, err);
    } else if (result == 0 && t->options->resume && state != RUN_EMPTY) {
        result = run_config_read(&was, t->path, err);
        if (result == 0)
            result = run_config_compare(&was, &is, t->path, err);
    } else if (result == 0) {
        const char *const stale[] = {RUN_CHECKPOINT, RUN_METRICS, RUN_MODEL,
                                     RUN_LOG,        RUN_CURVE,   RUN_DATA};
        for (size_t i = 0; i < sizeof stale / sizeof *stale; i++)
            folder_remove(t->path, stale[i]);
        result = run_config_write(&is, t->path, err);
    }
    run_config_release(&was);
    run_config_release(&is);
    if (result != 0)
        return -1;
    if (t->options->resume && state == RUN_INTERRUPTED &&
        checkpoint_read(&t->state, t->row, t->model, llmx_data_fingerprint(t->data), t->path,
                        err) != 0)
        return -1;
    if (data_record_write(t->data, t->path, err) != 0 ||
        folder_write(t->path, RUN_LOG, t->state.log.s, t->state.log.n, err) != 0 ||
        path_join(log, sizeof log, t->path, RUN_LOG, err) != 0)
        return -1;
    t->log = fopen(log, "a");
    return t->log ? 0 : err_system(err, "cannot write %s", log);
}

static int train(struct training *t, enum run_dir_state state, struct llmx_train_report *result,
                 struct llmx_error *err)
{
    const struct llmx_data *data = t->data;
    t->popularity = metrics_popularity(data, err);
    t->pool = threads_create(t->options->threads, err);
    if (!t->popularity || !t->pool)
        return -1;
    blas_one_thread();
    if (t->row->create(&t->model, llmx_data_users(data), llmx_data_items(data), t->options, err) !=
            0 ||
        t->row->begin(t->model, data, t->options, t->pool, err) != 0 || take_up(t, err) != 0 ||
        training_state_create(&t->state, t->row, t->model, err) != 0 ||
        prepare_directory(t, state, err) != 0 || learn(t, err) != 0)
        return -1;
    return finish(t, result, err);
}

/* Is the finished run the one that is asked for; or, where it is to take up other data, at least of the same model? */
static int check_finished(const struct training *t, struct llmx_error *err)
{
    struct run_config is, was;
    if (run_config_read(&was, t->path, err) != 0)
        return -1;
    int status = run_config_of(&is, t->options, err);
    if (status == 0 && !t->is_warm)
        status = run_config_compare(&was, &is, t->path, err);
    else if (status == 0 && strcmp(was.train.model, t->row->name) != 0)
        status = err_set(err, LLMX_MISMATCH,
                         "%s holds the model '%s', not '%s'; --force trains the other one there",
                         t->path, was.train.model, t->row->name);
    run_config_release(&was);
    run_config_release(&is);
    return status;
}

int llmx_train(const struct llmx_data *data, const struct llmx_train_options *options,
               const char *run_dir, struct llmx_error *err)
{
    struct training t = {.data = data, .options = options, .path = run_dir};
    struct llmx_train_report result = {0};
    struct folder dir;
    t.row = recommender_find(options->model, err);
    if (!t.row || check_options(options, t.row, err) != 0 ||
        metric_parse(&t.metric, options->metric, err) != 0 ||
        check_memory(data, options, err) != 0 || run_dir_open(&dir, run_dir, err) != 0)
        return -1;
    const enum run_dir_state state = run_dir_state(run_dir);
    uint64_t learnt_of = 0;
    int status = run_dir_check(run_dir, options, err);
    if (status == 0 && options->resume && state == RUN_FINISHED) {
        status = warm_fingerprint(run_dir, &learnt_of, err);
        t.is_warm = status == 0 && learnt_of != llmx_data_fingerprint(data);
        result.was_finished = status == 0 && !t.is_warm; /* not made again without force */
        if (status == 0)
            status = check_finished(&t, err);
    }
    if (status == 0 && !result.was_finished)
        status = train(&t, state, &result, err);
    if (t.log)
        fclose(t.log);
    if (t.row && t.model)
        t.row->destroy(t.model);
    training_state_release(&t.state);
    threads_destroy(t.pool);
    free(t.popularity);
    folder_close(&dir);
    if (status == 0 && options->report)
        *options->report = result;
    return status;
}
