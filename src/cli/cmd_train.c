/* cmd_train.c - from interactions to a run directory. */
#include "cli/data_options.h"
#include "llmxrec/recommend.h"

static struct {
    const char *data, *model, *out, *metric;
    int dim, epochs, batch, patience, min_epochs;
    double learning_rate, l2, checkpoint_seconds;
    bool resume, force;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_PATH("data", &o.data, REQUIRED, DATA_HELP),
    OPT_TEXT("model", &o.model, "bpr", "one of: bpr"),
    OPT_PATH("out", &o.out, REQUIRED, "run directory to write"),
    OPT_INT("dim", &o.dim, "64", "numbers in each user's and item's embedding"),
    OPT_INT("epochs", &o.epochs, "300", "passes over the data, at most"),
    OPT_INT("batch", &o.batch, "4096", "examples a step of the optimiser (Adam)"),
    OPT_REAL("learning-rate", &o.learning_rate, "0.004", "step size"),
    OPT_REAL("l2", &o.l2, "0.006", "weight decay on the rows of each example"),
    OPT_TEXT("metric", &o.metric, "ndcg@10",
             "watched on the validation part: recall, ndcg, hit, mrr, precision or map @K; gauc"),
    OPT_INT("patience", &o.patience, "50",
            "epochs without a better metric before stopping; 0: never"),
    OPT_INT("min-epochs", &o.min_epochs, "100",
            "before which nothing stops: past the popularity plateau"),
    OPT_REAL("checkpoint-seconds", &o.checkpoint_seconds, "5", "between checkpoints"),
    OPT_FLAG("resume", &o.resume,
             "go on with an interrupted run, to the same bytes as an undisturbed one"),
    OPT_FLAG("force", &o.force, "replace the run that is in --out already"),
    DATA_OPTIONS(flags),
    OPT_END,
};

static struct llmx_train_options train_options(const struct common *common,
                                               const struct llmx_data_options *how,
                                               struct llmx_train_report *report)
{
    return (struct llmx_train_options){.model = o.model,
                                       .dim = o.dim,
                                       .epochs = o.epochs,
                                       .batch = o.batch,
                                       .learning_rate = o.learning_rate,
                                       .l2 = o.l2,
                                       .metric = o.metric,
                                       .patience = o.patience,
                                       .min_epochs = o.min_epochs,
                                       .checkpoint_seconds = o.checkpoint_seconds,
                                       .seed = common->seed,
                                       .threads = common->threads,
                                       .resume = o.resume,
                                       .force = o.force,
                                       .data_path = o.data,
                                       .data_options = how,
                                       .report = report,
                                       .progress = common->progress};
}

static void print_part(const char *name, const struct llmx_metrics *metrics)
{
    const struct llmx_metrics_at *at = &metrics->at[1];
    if (metrics->users > 0)
        fprintf(stderr, "  %-11s recall@%d %.4f   ndcg@%d %.4f   (%d users)\n", name, at->k,
                at->recall, at->k, at->ndcg, metrics->users);
}

static void print_summary(const struct llmx_train_report *report)
{
    if (report->was_finished) {
        fprintf(stderr, "%s holds the finished run already\n", o.out);
        return;
    }
    fprintf(stderr, "kept epoch %d of %d (%.1f million examples a second)\n", report->best_epoch,
            report->epochs, 1e-6 * report->examples_per_s);
    print_part("validation", &report->valid);
    print_part("test", &report->test);
    fprintf(stderr, "the run lies in %s\n", o.out);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_data_options how;
    struct llmx_data *data = NULL;
    struct llmx_train_report report;
    int status = 0;
    const struct llmx_train_options train = train_options(common, &how, &report);
    if (data_options(&flags, &how, &err) != 0 || llmx_data_open(&data, o.data, &how, &err) != 0 ||
        llmx_train(data, &train, o.out, &err) != 0)
        status = opt_fail(&err);
    else if (!common->quiet)
        print_summary(&report);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_train = {
    "train",
    "learn a recommender from interactions",
    "Learns from all but each user's last two interactions, watches how well the one before the "
    "last is ranked,\n"
    "keeps the best epoch, and writes a run directory: model.safetensors, config.yaml (every "
    "option, readable with\n"
    "--config), metrics.json (validation and test), log.jsonl (one line an epoch). Ctrl-C or a "
    "crash loses little:\n"
    "the same command with --resume goes on to the same bytes.",
    "  llmxrec train --data build/assets/ml-100k --model bpr --out runs/bpr\n"
    "  llmxrec train --data build/assets/ml-100k --timestamps normalised-float32 --out "
    "runs/as-recbole --seed 7",
    options,
    run,
};
