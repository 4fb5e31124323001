/* cmd_evaluate.c - ranking metrics of a run. */
#include "base/err.h"
#include "base/file.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/evaluate.h"

#include <string.h>

static struct {
    const char *run, *data, *split, *at, *candidates, *out;
    bool json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN", &o.run, REQUIRED, "run directory that `train` wrote"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_TEXT("split", &o.split, "test", "what is to be found, one of: valid, test"),
    OPT_TEXT("at", &o.at, "5,10,20", "lengths of the list"),
    OPT_TEXT("candidates", &o.candidates, NULL,
             "rank among a sample only, as some papers do: uniform:100 or popularity:100"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_PATH("out", &o.out, "-", "where to write it"),
    OPT_END,
};

static int part_of(const char *word, enum llmx_part *part, struct llmx_error *err)
{
    *part = strcmp(word, "valid") == 0 ? LLMX_VALID : LLMX_TEST;
    if (*part == LLMX_VALID || strcmp(word, "test") == 0)
        return 0;
    return err_set(err, LLMX_BAD_OPTION, "--split is valid or test, not '%s'", word);
}

static int measure(const struct llmx_run *trained, enum llmx_part part, const int *cutoffs, int n,
                   const struct common *common, struct llmx_metrics *metrics,
                   struct llmx_error *err)
{
    if (!o.candidates)
        return llmx_evaluate(trained, part, cutoffs, n, common->threads, metrics, err);
    return llmx_evaluate_sampled(trained, part, cutoffs, n, o.candidates, common->seed,
                                 common->threads, metrics, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_metrics metrics;
    struct output out = {0};
    enum llmx_part part;
    int cutoffs[LLMX_CUTOFFS_MAX], status = 0;
    const int n = opt_integers(o.at, cutoffs, LLMX_CUTOFFS_MAX, &err);
    if (n < 0 || part_of(o.split, &part, &err) != 0 ||
        run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        measure(opened.run, part, cutoffs, n, common, &metrics, &err) != 0 ||
        output_open(&out, o.out, &err) != 0 ||
        llmx_metrics_print(&metrics, out.stream, o.json, &err) != 0 ||
        output_commit(&out, &err) != 0)
        status = opt_fail(&err);
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
    "  llmxrec evaluate build/demo/bpr\n"
    "  llmxrec evaluate build/demo/bpr --split valid --at 10 --json\n"
    "  llmxrec evaluate build/demo/bpr --candidates uniform:100 --at 10",
    options,
    run,
};
