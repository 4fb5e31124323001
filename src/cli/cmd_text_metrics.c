/* cmd_text_metrics.c - explanations beside references and beside one another, by counting words. */
#include "cli/model_options.h"
#include "llmxrec/text_metrics.h"

static struct {
    const char *in, *features, *base, *out;
    int resamples;
    bool json;
} o;
static struct model_flags flags;

static const struct option_spec options[] = {
    OPT_ARG(
        "FILE", &o.in, REQUIRED,
        "JSON Lines with \"explanation\", and \"reference\", \"feature\", \"user\" if any; - reads "
        "standard input"),
    OPT_PATH("features", &o.features, NULL,
             "all features there are, one a line (unset: those of FILE)"),
    OPT_PATH("base", &o.base, NULL, "language model for the perplexity (unset: none)"),
    ADAPTER_OPTION(flags),
    MODEL_OPTIONS(flags),
    OPT_INT("resamples", &o.resamples, "10000",
            "draws of the bootstrap, which gives the intervals"),
    OPT_FLAG("json", &o.json, "print JSON"),
    OPT_OUT("out", &o.out, NULL, "JSON Lines to write: the same with the figures of each"),
    OPT_END,
};

static int measure(const struct common *common, struct llmx_model **model, struct llmx_error *err)
{
    struct llmx_text_metrics metrics;
    struct llmx_model_options how;
    const struct llmx_resampling resampling = {o.resamples, common->seed, common->threads};
    if ((!o.base && opt_refuse(options, &flags, sizeof flags, "goes with --base", err) != 0) ||
        llmx_resampling_check(&resampling, err) != 0)
        return -1;
    if (o.base && (model_options(&flags, common, &how, err) != 0 ||
                   llmx_model_open(model, o.base, &how, err) != 0))
        return -1;
    const struct llmx_text_options options_of_texts = {.features = o.features,
                                                       .model = *model,
                                                       .resampling = resampling,
                                                       .progress = common->progress};
    if (llmx_text_metrics_file(o.in, &options_of_texts, o.out, &metrics, err) != 0)
        return -1;
    return llmx_text_metrics_print(&metrics, stdout, o.json, err);
}

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_model *model = NULL;
    const int status = measure(common, &model, &err) == 0 ? 0 : opt_fail(&err);
    llmx_model_destroy(model);
    return status;
}

const struct command cmd_text_metrics = {
    "text-metrics",
    "compare explanations with references and with one another",
    "BLEU and ROUGE against references, how much texts repeat themselves and one another, which "
    "features they name,\n"
    "how long they are, and how probable a model finds them. They count words: whether a text is "
    "true says `gate`,\n"
    "whether it convinces, people (`ratings`). docs/evaluation.md has the definitions.",
    "  llmxrec text-metrics build/demo/explanations.jsonl\n"
    "  llmxrec text-metrics build/demo/explanations.jsonl --base "
    "build/assets/smollm2-135m-instruct-q4_1.gguf --json",
    options,
    run,
};
