/* cmd_train.c - from interactions to a run directory. */
#include "base/err.h"
#include "base/number.h"
#include "base/plain.h"
#include "cli/data_options.h"
#include "llmxrec/recommend.h"
#include "llmxrec/train.h"

#include <string.h>

static struct {
    const char *data, *model, *out, *metric, *search, *budget, *final, *split;
    const char *settings[21]; /* of the model, as written; NULL: its own default */
    double checkpoint_seconds;
    bool resume, force;
} o;
static struct data_flags flags;

#define SETTING(NUMBER, NAME, HELP) OPT_TEXT(NAME, &o.settings[NUMBER], NULL, HELP)

static const struct option_spec options[] = {
    OPT_PATH("data", &o.data, NULL, DATA_HELP " (required without --final or --resume)"),
    OPT_TEXT("model", &o.model, NULL,
             "one of: pop, itemknn, ease, ials, bpr, lightgcn, sasrec, gru4rec (bpr)"),
    OPT_PATH("out", &o.out, REQUIRED, "run directory to write"),
    SETTING(0, "dim", "numbers in each user's and item's embedding"),
    SETTING(1, "epochs", "passes over the data, at most"),
    SETTING(2, "batch", "examples a step of the optimiser (Adam)"),
    SETTING(3, "learning-rate", "step size"),
    SETTING(4, "l2", "weight of the squared norm of what is learnt"),
    SETTING(5, "patience", "epochs without a better metric before stopping; 0: never"),
    SETTING(6, "min-epochs", "before which nothing stops: past the popularity plateau"),
    SETTING(7, "layers", "of propagation (lightgcn), attention (sasrec) or recurrence (gru4rec)"),
    SETTING(8, "heads", "of attention"),
    SETTING(9, "inner", "width inside a block"),
    SETTING(10, "max-length", "latest history items that a sequence model sees"),
    SETTING(11, "dropout", "share of activations dropped while learning"),
    SETTING(12, "loss", "one of: ce, sampled, gbce, bpr"),
    SETTING(13, "negatives", "sampled for each target, where the loss samples"),
    SETTING(14, "calibration", "t of gBCE, 0 to 1"),
    SETTING(15, "norm", "normalise a block's input or its sum, one of: pre, post"),
    SETTING(16, "neighbours", "items kept for each item (itemknn)"),
    SETTING(17, "shrink", "added to the divisor of similarities (itemknn)"),
    SETTING(18, "unobserved",
            "weight of all pairs together, in times that of the taken ones (ials)"),
    SETTING(20, "steps", "an epoch at most: batches grow with the data instead (bpr, lightgcn)"),
    SETTING(19, "frequency", "exponent of frequency-scaled l2 (ials)"),
    OPT_TEXT("metric", &o.metric, NULL,
             "watched on the validation part: recall, ndcg, hit, mrr, precision or map @K; gauc "
             "(ndcg@10)"),
    OPT_REAL("checkpoint-seconds", &o.checkpoint_seconds, "5", "between checkpoints"),
    OPT_PATH("search", &o.search, NULL,
             "YAML of settings to search: dim: [32, 64], learning_rate: {log: [1e-4, 1e-1]}"),
    OPT_TEXT("budget", &o.budget, "20m", "of a search: 90s, 20m, 2h"),
    OPT_PATH("final", &o.final, NULL,
             "an evaluated run: learn again from everything, with its settings and the epochs that "
             "its validation chose"),
    OPT_TEXT("split", &o.split, NULL,
             "one of: none (hold nothing out, learn from everything: as --split-by none)"),
    OPT_FLAG("resume", &o.resume,
             "go on with an interrupted run, to the same bytes as an undisturbed one; or take up a "
             "finished one with new --data; what is not given is the run's"),
    OPT_FLAG("force", &o.force, "replace the run that is in --out already"),
    DATA_OPTIONS(flags),
    OPT_END,
};

/* The options whose values went into o.settings, by the names they have in the table. */
static int set_settings(struct llmx_train_options *train, struct llmx_error *err)
{
    const size_t n = sizeof o.settings / sizeof *o.settings;
    for (const struct option_spec *s = options; s->kind != OPTION_END; s++)
        for (size_t i = 0; i < n; i++)
            if (s->value.text == &o.settings[i] && o.settings[i] &&
                llmx_train_set(train, s->name, o.settings[i], err) != 0)
                return -1;
    return 0;
}

/* "none" is the one split that has no shares to name. */
static int take_split(struct llmx_data_options *how, struct llmx_error *err)
{
    static const char *const words[] = {"none", NULL};
    if (!o.split)
        return 0;
    if (opt_choose("split", o.split, words, err) < 0)
        return -1;
    how->split_by = o.split;
    return 0;
}

/* Begins with the options of the run that is to go on, where there is one, else with the defaults; those of the model where
 * another is asked for, which llmx_train then refuses. */
static int first_options(struct llmx_train_options *train, struct llmx_run_source *run,
                         struct llmx_error *err)
{
    struct llmx_error why = {0};
    if (o.resume && !o.search && llmx_run_source(run, o.out, &why) != 0 &&
        why.code != LLMX_NOT_FOUND)
        return err_set(err, why.code, "%s", why.message);
    const bool is_of_model = run->run_dir && (!o.model || strcmp(o.model, run->train.model) == 0);
    *train = is_of_model ? run->train : llmx_train_defaults(o.model ? o.model : "bpr");
    train->data_path = o.data ? o.data : run->path;
    return train->data_path
               ? 0
               : err_set(err, LLMX_BAD_OPTION,
                         "train needs --data: " DATA_HELP " (llmxrec train --help has an example)");
}

static int train_options(struct llmx_train_options *train, struct llmx_run_source *run,
                         const struct common *common, struct llmx_error *err)
{
    if (first_options(train, run, err) != 0 || data_options_more(&flags, &run->options, err) != 0 ||
        take_split(&run->options, err) != 0)
        return -1;
    if (o.metric)
        train->metric = o.metric;
    if (common->has_seed || !run->run_dir)
        train->seed = common->seed;
    run->options.threads = common->threads;
    train->checkpoint_seconds = o.checkpoint_seconds;
    train->threads = common->threads;
    train->resume = o.resume;
    train->force = o.force;
    train->data_options = &run->options;
    train->progress = common->progress;
    return set_settings(train, err);
}

static void print_part(const char *name, const struct llmx_metrics *metrics)
{
    const struct llmx_metrics_at *at = &metrics->at[1];
    if (metrics->users > 0)
        plain_fprintf(stderr, "  %-11s recall@%d %.4f   ndcg@%d %.4f   (%d users)\n", name, at->k,
                      at->recall, at->k, at->ndcg, metrics->users);
}

static void print_repeats(const struct llmx_train_report *report)
{
    const struct llmx_metrics *valid = &report->valid, *test = &report->test;
    if (valid->repeats + test->repeats > 0)
        fprintf(stderr,
                "%zu of %zu validation and %zu of %zu test interactions are with what the user had "
                "taken before: they are not\nranked here and cannot be found (evaluate --repeat "
                "ranks them; --duplicates first leaves none)\n",
                valid->repeats, valid->held_out, test->repeats, test->held_out);
}

static void print_summary(const struct llmx_train_report *report)
{
    if (report->was_finished) {
        fprintf(stderr, "%s holds the finished run already\n", o.out);
        return;
    }
    plain_fprintf(stderr, "kept epoch %d of %d (%.3g million examples a second)\n",
                  report->best_epoch, report->epochs, 1e-6 * report->examples_per_s);
    print_part("validation", &report->valid);
    print_part("test", &report->test);
    print_repeats(report);
    fprintf(stderr, "the run lies in %s\n", o.out);
}

static int search(const struct llmx_data *data, const struct llmx_train_options *train, bool quiet,
                  struct llmx_error *err)
{
    struct llmx_search_options how = {.space_path = o.search};
    struct llmx_search_report report;
    if (opt_seconds("budget", o.budget, &how.budget_s, err) != 0 ||
        llmx_search(data, train, &how, o.out, &report, err) != 0)
        return -1;
    if (quiet)
        return 0;
    fprintf(stderr, "%d trials; the best, number %d, is the run in %s\n", report.trials,
            report.best_trial, o.out);
    return llmx_search_print(o.out, 10, stderr, err);
}

static void print_memory(const struct llmx_data *data, const struct llmx_train_options *train)
{
    const double bytes = llmx_train_bytes(data, train);
    if (bytes >= 1e9)
        plain_fprintf(stderr, "%s takes about %.1f GB here\n", train->model, 1e-9 * bytes);
}

/* What a final training takes from the evaluated run cannot be said again. */
static int check_final(const struct common *common, struct llmx_error *err)
{
    const char *also = o.search           ? "search"
                       : o.split          ? "split"
                       : o.model          ? "model"
                       : o.metric         ? "metric"
                       : common->has_seed ? "seed"
                                          : data_options_given(&flags);
    for (const struct option_spec *s = options; s->kind != OPTION_END; s++)
        for (size_t i = 0; i < sizeof o.settings / sizeof *o.settings; i++)
            if (s->value.text == &o.settings[i] && o.settings[i])
                also = s->name;
    if (!also)
        return 0;
    return err_set(err, LLMX_BAD_OPTION,
                   "--%s cannot be given with --final, which takes everything from the run", also);
}

static int train_final(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_train_report report;
    struct llmx_final_report final;
    const struct llmx_train_options train = {.checkpoint_seconds = o.checkpoint_seconds,
                                             .threads = common->threads,
                                             .resume = o.resume,
                                             .force = o.force,
                                             .report = &report,
                                             .progress = common->progress};
    if (check_final(common, &err) != 0 ||
        llmx_train_final(o.final, o.data, &train, o.out, &final, &err) != 0)
        return opt_fail(&err);
    if (!common->quiet && report.was_finished)
        print_summary(&report);
    else if (!common->quiet)
        fprintf(stderr,
                "learnt from all %zu interactions, with the settings of %s and the epochs that its "
                "validation chose: %d.\nNothing is held out to measure this run by: the figures of "
                "%s are what is known of it\nthe run lies in %s\n",
                final.interactions, o.final, final.epochs, o.final, o.out);
    return 0;
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_run_source going_on = {0};
    struct llmx_train_options train;
    struct llmx_train_report report;
    struct llmx_data *data = NULL;
    int status = 0;
    if (o.final)
        return train_final(common);
    if (train_options(&train, &going_on, common, &err) != 0 ||
        llmx_data_open(&data, train.data_path, train.data_options, &err) != 0)
        status = opt_fail(&err);
    train.report = &report;
    if (status == 0 && !common->quiet) {
        llmx_data_left_out(data, stderr);
        print_memory(data, &train);
    }
    if (status == 0 && (o.search ? search(data, &train, common->quiet, &err)
                                 : llmx_train(data, &train, o.out, &err)) != 0)
        status = opt_fail(&err);
    else if (status == 0 && !common->quiet && !o.search)
        print_summary(&report);
    llmx_data_destroy(data);
    llmx_run_source_release(&going_on);
    return status;
}

const struct command cmd_train = {
    "train",
    "learn a recommender from interactions",
    "Learns from all but each user's last two interactions, watches how well the one before the "
    "last is ranked,\n"
    "keeps the best epoch, and writes a run directory: model.safetensors, config.yaml (every "
    "option, readable with\n"
    "--config), metrics.json (validation and test), log.jsonl (one line an epoch), curve.svg. "
    "Ctrl-C or a "
    "crash loses little:\n"
    "the same command with --resume goes on to the same bytes. When the log has grown, --resume "
    "--data NEW --out RUN takes\n"
    "the run up, with the options that it had and those that are given.\n"
    "Once a run is evaluated, --final RUN --out FINAL learns again from everything, the newest "
    "interactions too, with RUN's\n"
    "settings and the epochs that its validation chose: what `recommend` serves best from.",
    "  llmxrec train --data build/assets/ml-100k --model bpr --out runs/bpr\n"
    "  llmxrec train --data build/assets/ml-100k --timestamps normalised-float32 --out "
    "runs/as-recbole --seed 7\n"
    "  llmxrec train --final runs/bpr --out runs/bpr-final\n"
    "  llmxrec train --data build/assets/ml-100k --search space.yaml --budget 5m --out runs/found",
    options,
    run,
};
