/* cmd_evaluate.c - ranking metrics of a run. */
#include "base/file.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/evaluate.h"

static struct {
    const char *run, *data, *split, *at, *candidates, *out;
    bool json, repeat;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_TEXT("split", &o.split, "test", "what is to be found, one of: valid, test"),
    OPT_TEXT("at", &o.at, "5,10,20", "lengths of the list"),
    OPT_TEXT("candidates", &o.candidates, NULL,
             "rank among a sample only, as some papers do: uniform:100 or popularity:100"),
    OPT_FLAG("repeat", &o.repeat,
             "rank also what the user had taken before: music, groceries, whatever is taken again"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, "-", "where to write it"),
    OPT_END,
};

/* To people, beside the metrics: which of them no list could hold. */
static void tell_repeats(const struct llmx_metrics *metrics)
{
    if (metrics->repeats == 0)
        return;
    fprintf(stderr, "llmxrec: %zu of %zu held-out items had been taken before by the same user%s\n",
            metrics->repeats, metrics->held_out,
            metrics->repeat ? ""
                            : ": they are not ranked and cannot be found (--repeat ranks them; "
                              "--duplicates first leaves none)");
}

static int run(const struct common *common)
{
    static const char *const parts[] = {"valid", "test", NULL};
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_metrics metrics;
    struct output out = {0};
    int cutoffs[LLMX_CUTOFFS_MAX], status = 0;
    const int n = opt_integers(o.at, cutoffs, LLMX_CUTOFFS_MAX, &err);
    const int part = n < 0 ? -1 : opt_choose("split", o.split, parts, &err);
    const struct llmx_evaluate_options how = {.part = part == 0 ? LLMX_VALID : LLMX_TEST,
                                              .cutoffs = cutoffs,
                                              .n_cutoffs = n,
                                              .candidates = o.candidates,
                                              .seed = common->seed,
                                              .repeat = o.repeat,
                                              .threads = common->threads};
    if (part < 0 || run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        llmx_evaluate_as(opened.run, &how, &metrics, &err) != 0 ||
        output_open(&out, o.out, &err) != 0 ||
        llmx_metrics_print(&metrics, out.stream, o.json, &err) != 0 ||
        output_commit(&out, &err) != 0)
        status = opt_fail(&err);
    else if (!common->quiet)
        tell_repeats(&metrics);
    output_discard(&out);
    run_data_close(&opened);
    return status;
}

const struct command cmd_evaluate = {
    "evaluate",
    "measure how well a run ranks what was held out",
    "Ranks all items for every user, without those the user is known to have taken, and says where "
    "the held-out item\n"
    "stands. For the test part the validation item counts as known, as in RecBole; docs/metrics.md "
    "has the formulas.\n"
    "--candidates ranks each user's held-out items among so many others for each of them, drawn "
    "with --seed: figures\n"
    "to be held against papers that did the same, never against a full ranking.",
    "  llmxrec evaluate build/demo/sasrec\n"
    "  llmxrec evaluate build/demo/sasrec --split valid --at 10 --json\n"
    "  llmxrec evaluate build/demo/sasrec --candidates uniform:100 --at 10",
    options,
    run,
};
