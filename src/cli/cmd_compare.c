/* cmd_compare.c - is one run better than another, or is it chance? */
#include "base/err.h"
#include "base/file.h"
#include "cli/opt.h"
#include "cli/run_data.h"
#include "llmxrec/evaluate.h"

static struct {
    const char *first, *second, *data, *metric, *split, *out;
    int resamples;
    bool json, repeat;
} o;

static const struct option_spec options[] = {
    OPT_ARG("RUN1", &o.first, REQUIRED, "run directory that `train` wrote"),
    OPT_ARG("RUN2", &o.second, REQUIRED, "another, of the same data and split"),
    OPT_PATH("data", &o.data, NULL, "where the runs' data lie now, when not where they lay"),
    OPT_TEXT("metric", &o.metric, "recall@10,ndcg@10,hit@10,mrr@10,precision@10,map@10",
             "what to compare, one or several"),
    OPT_TEXT("split", &o.split, "test", "what is to be found, one of: valid, test"),
    OPT_FLAG("repeat", &o.repeat, "rank also what the user had taken before"),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, "-", "where to write it"),
    OPT_END,
};

static int compare(const struct common *common, struct run_data *opened, struct llmx_run **second,
                   struct llmx_error *err)
{
    static const char *const parts[] = {"valid", "test", NULL};
    struct llmx_comparison result;
    struct output out = {0};
    const int part = opt_choose("split", o.split, parts, err);
    const struct llmx_compare_options how = {.part = part == 0 ? LLMX_VALID : LLMX_TEST,
                                             .metrics = o.metric,
                                             .repeat = o.repeat,
                                             .resamples = o.resamples,
                                             .seed = common->seed,
                                             .threads = common->threads};
    if (part < 0 || run_data_open(opened, o.first, o.data, common->threads, err) != 0)
        return -1;
    if (llmx_run_open(second, o.second, opened->data, err) != 0)
        return err->code == LLMX_MISMATCH
                   ? err_prefix(err, "%s and %s are not of the same data and split", o.first,
                                o.second)
                   : -1;
    int status = -1;
    if (llmx_compare(opened->run, *second, &how, &result, err) == 0 &&
        output_open(&out, o.out, err) == 0 &&
        llmx_comparison_print(&result, o.first, o.second, out.stream, o.json, err) == 0)
        status = output_commit(&out, err);
    output_discard(&out);
    return status;
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct run_data opened = {0};
    struct llmx_run *second = NULL;
    const int status = compare(common, &opened, &second, &err) == 0 ? 0 : opt_fail(&err);
    llmx_run_destroy(second);
    run_data_close(&opened);
    return status;
}

const struct command cmd_compare = {
    "compare",
    "say whether two runs differ by more than chance",
    "Ranks for the same users with both runs and compares metric by metric: the difference of the "
    "means (second - first),\n"
    "its 95 % interval and a two-sided p value, by a paired bootstrap over users. It speaks of "
    "these users; how much a\n"
    "model differs from one training to the next, runs with other seeds say.",
    "  llmxrec train --data build/assets/ml-100k --seed 7 --out build/demo/seed7\n"
    "  llmxrec compare build/demo/sasrec build/demo/seed7 --metric ndcg@10,recall@20",
    options,
    run,
};
