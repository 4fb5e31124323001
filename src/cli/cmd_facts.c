/* cmd_facts.c - what is true of recommendations and worth telling. */
#include "base/plain.h"
#include "cli/data_options.h"
#include "llmxrec/explain_file.h"

static struct {
    const char *recs, *run, *data, *domain, *out;
    bool all;
} o;
static struct data_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("RECS", &o.recs, REQUIRED, "recommendations that `recommend` wrote"),
    OPT_PATH("run", &o.run, NULL, RUN_HELP),
    OPT_PATH("data", &o.data, NULL, DATA_HELP),
    OPT_TEXT("domain", &o.domain, NULL,
             "what the items are, one of: films, games, news, books, music, products, items "
             "(guessed)"),
    OPT_FLAG("all", &o.all, "also what is true but was not chosen to be told"),
    OPT_OUT("out", &o.out, "-", "a line of facts for each recommendation"),
    DATA_OPTIONS(flags),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_facts_report report = {0};
    struct llmx_data *data = NULL;
    const struct llmx_facts_options how = {.all = o.all,
                                           .domain = o.domain,
                                           .threads = common->threads,
                                           .notice = opt_tell,
                                           .progress = common->progress};
    int status = 0;
    if (data_open(&data, o.run, o.data, &flags, common, &err) != 0 ||
        llmx_facts_file(o.recs, data, &how, o.out, &report, &err) != 0)
        status = opt_fail(&err);
    else if (report.skipped > 0)
        status = 3;
    if ((status == 0 || status == 3) && !common->quiet)
        plain_fprintf(stderr, "%d recommendations in %.2f s\n", report.written, report.elapsed_s);
    llmx_data_destroy(data);
    return status;
}

const struct command cmd_facts = {
    "facts",
    "what is true of recommendations and worth telling",
    "Counts for each recommendation what explanations are made from: what other people who took "
    "the "
    "evidence took\n"
    "and liked, what the items have in common, what the person is in the habit of "
    "(docs/explanations.md).",
    "  llmxrec facts build/demo/recs.jsonl --run build/demo/sasrec --all --out facts.jsonl",
    options,
    run,
};
