/* cmd_rerank.c - does a language model help the recommender? Blends their scores, chosen on validation, measured on test. */
#include "base/err.h"
#include "cli/model_options.h"
#include "cli/run_data.h"
#include "llmxrec/rerank.h"

static struct {
    const char *recs, *run, *data, *base, *out;
    int candidates, history, users, resamples;
    bool json;
} o;
static struct model_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("RECS", &o.recs, NULL,
            "recommendations of that run to rank anew (none: it is measured alone)"),
    OPT_PATH("run", &o.run, REQUIRED, "run directory that the recommendations come from"),
    OPT_PATH("data", &o.data, NULL, "where the run's data lie now, when not where they lay"),
    OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
    ADAPTER_OPTION(flags),
    MODEL_OPTIONS(flags),
    OPT_INT("candidates", &o.candidates, "20", "so many of the run's best are ranked anew"),
    OPT_INT("history", &o.history, "10",
            "so many of a person's latest titles are told to the model"),
    OPT_INT("users", &o.users, "0", "so many, drawn, to measure with (0: all)"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL,
            "JSON Lines to write: RECS in the new order; without RECS the figures of each user"),
    OPT_END,
};

static int rerank(const struct llmx_run *run, const struct llmx_model *model,
                  const struct llmx_rerank_options *how, int *skipped, struct llmx_error *err)
{
    struct llmx_rerank result;
    if (llmx_rerank(run, model, how, &result, err) != 0 ||
        (o.recs && llmx_rerank_file(o.recs, run, model, how, &result, o.out, skipped, err) != 0))
        return -1;
    return llmx_rerank_print(&result, stdout, o.json, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_model *model = NULL;
    struct llmx_model_options model_how;
    const struct llmx_rerank_options how = {
        .candidates = o.candidates,
        .history = o.history,
        .users = o.users,
        .rows_path = o.recs ? NULL : o.out,
        .resampling = {o.resamples, common->seed, common->threads},
        .stop = common->stop,
        .progress = common->progress,
        .notice = opt_tell};
    int status = 0, skipped = 0;
    if (o.recs && !o.out)
        err_set(&err, LLMX_BAD_OPTION, "RECS need --out, where they go in their new order");
    if (err.code != LLMX_OK || llmx_rerank_check(&how, &err) != 0 ||
        model_options(&flags, common, &model_how, &err) != 0 ||
        run_data_open(&opened, o.run, o.data, common->threads, &err) != 0 ||
        llmx_rerank_input_check(opened.run, o.recs, &err) != 0 ||
        llmx_model_open(&model, o.base, &model_how, &err) != 0 ||
        rerank(opened.run, model, &how, &skipped, &err) != 0)
        status = opt_fail(&err);
    llmx_model_destroy(model);
    run_data_close(&opened);
    return status == 0 && skipped > 0 ? 3 : status;
}

const struct command cmd_rerank = {
    "rerank",
    "blend the recommender's score with a language model's",
    "Asks a language model how likely each candidate's title is to come next in the list of what "
    "the person had, and\n"
    "blends that with the recommender's score: (1 - weight) * score + weight * likelihood, both "
    "standardised over a\n"
    "person's candidates. Weight and form of the likelihood are those with the best NDCG@10 on the "
    "validation part; the\n"
    "table says what they are worth on the test part, user by user. With RECS and --out it ranks "
    "those anew.\n"
    "docs/evaluation.md has the definitions.",
    "  llmxrec rerank --run build/demo/sasrec --base build/assets/smollm2-135m-instruct-q4_1.gguf "
    "--users "
    "300\n"
    "  llmxrec rerank recs.jsonl --run build/demo/sasrec --base model.gguf --candidates 50 --out "
    "reranked.jsonl",
    options,
    run,
};
