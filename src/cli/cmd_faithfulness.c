/* cmd_faithfulness.c - does the recommendation rest on what its explanation cites? Delete it and score again. */
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/faithfulness.h"

static struct {
    const char *explanations, *recs, *run, *data, *out;
    int draws, resamples;
    bool json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("EXPLANATIONS", &o.explanations, REQUIRED,
            "JSON Lines with \"user\", \"item\", \"explanation\", and \"cites\" if any"),
    OPT_PATH("recs", &o.recs, REQUIRED, "the recommendations they are for"),
    OPT_PATH("run", &o.run, REQUIRED, "run directory that the recommendations come from"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_INT("draws", &o.draws, "10", "of random items, a text"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL, "JSON Lines to write: the figures of each text"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_faithfulness result;
    const struct llmx_faithfulness_options how = {
        .draws = o.draws,
        .resampling = {o.resamples, common->seed, common->threads},
        .notice = opt_tell,
        .stop = common->stop};
    int status = 0;
    if (run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        llmx_faithfulness_file(o.explanations, o.recs, opened.run, &how, o.out, &result, &err) !=
            0 ||
        llmx_faithfulness_print(&result, stdout, o.json, &err) != 0)
        status = opt_fail(&err);
    if (status == 0 && result.skipped > 0)
        status = 3;
    run_data_close(&opened);
    return status;
}

const struct command cmd_faithfulness = {
    "faithfulness",
    "test what explanations cite: delete it, score again",
    "Deletes the items that an explanation cites from the history and has the recommender score "
    "and "
    "rank again: what a\n"
    "recommendation rests on takes more along than as many recent, popular or random items, at "
    "best "
    "as much as the true\n"
    "evidence. A text cites what \"cites\" of its line lists; where there is none, what the gate "
    "finds named in it.\n"
    "Lines without a recommendation are told and left out (exit status 3). docs/evaluation.md has "
    "the definitions.",
    "  llmxrec faithfulness build/demo/explanations.jsonl --recs build/demo/recs.jsonl --run "
    "build/demo/sasrec-final\n"
    "  llmxrec faithfulness theirs.jsonl --recs recs.jsonl --run runs/bpr --json --out rows.jsonl",
    options,
    run,
};
