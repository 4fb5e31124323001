/* cmd_reproduce.c - an experiment from end to end: train, recommend, tune, explain, every view. */
#include "base/progress.h"
#include "cli/opt.h"
#include "cli/shipped_adapter.h"
#include "llmxrec/reproduce.h"

static struct {
    const char *experiment, *out, *budget;
    int resamples;
    bool dry_run, json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("EXPERIMENT", &o.experiment, NULL,
            "YAML that says which data, recommenders and systems (unset: the paper's)"),
    OPT_PATH("out", &o.out, REQUIRED, "folder of the steps and results"),
    OPT_TEXT(
        "budget", &o.budget, NULL,
        "fit users and tuning to so much time: 90s, 20m, 2h (unset: all that EXPERIMENT says)"),
    OPT_FLAG("dry-run", &o.dry_run, "list the steps, and which are done"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_END,
};

static void tell(void *context, const char *line)
{
    const struct common *common = context;
    if (common->progress.context)
        progress_end(common->progress.context);
    if (!common->quiet)
        fprintf(stderr, "%s\n", line);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct common told = *common;
    struct llmx_reproduce_options how = {.experiment =
                                             o.experiment ? o.experiment : shipped_experiment(),
                                         .out = o.out,
                                         .dry_run = o.dry_run,
                                         .resamples = o.resamples,
                                         .threads = common->threads,
                                         .told = tell,
                                         .told_context = &told,
                                         .stop = common->stop,
                                         .progress = common->progress};
    if ((o.budget && opt_seconds("budget", o.budget, &how.budget_s, &err) != 0) ||
        llmx_reproduce(&how, NULL, &err) != 0 ||
        (!o.dry_run && llmx_reproduce_print(o.out, stdout, o.json, &err) != 0))
        return opt_fail(&err);
    return 0;
}

const struct command cmd_reproduce = {
    "reproduce",
    "run the paper's experiment, or one like it, from end to end",
    "Trains the recommenders on every data set, tunes, explains the same users' recommendations in "
    "every way, and measures\n"
    "them all: judge, faithfulness, grounding, attributes, bias, text metrics, rerank, lint. "
    "Writes report.html, one page of\n"
    "it all, and results.json. A step lies in a folder named for all that it depends on, so that "
    "what is there is not done\n"
    "again: interrupt it, change the experiment, run it again. --budget measures how fast this "
    "machine is and cuts users\n"
    "and tuning to fit; training is never cut. experiments/paper.yaml is what it runs, and the "
    "example of how to\n"
    "write another; docs/paper.md has its results.",
    "  llmxrec reproduce --out build/paper --budget 20m\n"
    "  llmxrec reproduce --out build/paper --dry-run",
    options,
    run,
};
