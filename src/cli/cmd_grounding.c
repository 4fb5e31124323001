/* cmd_grounding.c - which statements of explanations do the data support? */
#include "cli/data_options.h"
#include "llmxrec/grounding.h"

static struct {
    const char *explanations, *recs, *run, *data, *out;
    int resamples;
    bool json;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("EXPLANATIONS", &o.explanations, REQUIRED,
            "JSON Lines with \"user\", \"item\" and \"explanation\""),
    OPT_PATH("recs", &o.recs, REQUIRED, "the recommendations they are for"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL, "JSON Lines to write: the statements, and what is wrong in each"),
    DATA_OPTIONS(flags),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_data *data = NULL;
    struct llmx_grounding result;
    const struct llmx_grounding_options how = {
        .resampling = {o.resamples, common->seed, common->threads}, .notice = opt_tell};
    int status = 0;
    if (data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        llmx_grounding_file(o.explanations, o.recs, data, &how, o.out, &result, &err) != 0 ||
        llmx_grounding_print(&result, stdout, o.json, &err) != 0)
        status = opt_fail(&err);
    if (status == 0 && result.skipped > 0)
        status = 3;
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_grounding = {
    "grounding",
    "share of the statements that the data support",
    "Cuts explanations, whoever wrote them, into statements: sentences, and clauses with \"and\" "
    "or "
    "\";\" between, each with a\n"
    "verb. A statement is supported where the gate finds nothing untrue in it, knowing all of the "
    "history, the features\n"
    "and the facts, told to the writer or not; strict, moreover, where something licenses its "
    "every "
    "word. Lines without a\n"
    "recommendation are told and left out (exit status 3). docs/evaluation.md has the definitions.",
    "  llmxrec grounding build/demo/explanations.jsonl --recs build/demo/recs.jsonl --run "
    "build/demo/sasrec-final\n"
    "  llmxrec grounding theirs.jsonl --recs recs.jsonl --data ml-100k --json --out rows.jsonl",
    options,
    run,
};
