/* cmd_score.c - how probable a model finds texts, token by token. */
#include "cli/model_options.h"

static struct {
    const char *base, *in, *out;
} o;
static struct model_flags flags;

static const struct option_spec options[] = {
    OPT_ARG("FILE", &o.in, "-",
            "JSON Lines with a field \"ids\" or \"text\"; - reads standard input"),
    OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
    ADAPTER_OPTION(flags),
    MODEL_OPTIONS(flags),
    OPT_OUT("out", &o.out, "-", "JSON Lines to write: the same with \"next_logprob\""),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    struct llmx_model *model = NULL;
    struct llmx_model_options how;
    int status = 0;
    if (model_options(&flags, common, &how, &err) != 0 ||
        llmx_model_open(&model, o.base, &how, &err) != 0 ||
        llmx_score_lines(model, o.in, o.out, &err) != 0)
        status = opt_fail(&err);
    llmx_model_destroy(model);
    return status;
}

const struct command cmd_score = {
    "score",
    "log-probabilities of texts, token by token",
    "Reads JSON Lines with a field \"ids\" (or \"text\", which is tokenised as `llmxrec tokenize` "
    "does) and writes the\n"
    "same lines with \"next_logprob\": the natural logarithm of the probability that the model "
    "gives to each token after\n"
    "those before it, one per position but the last. Their mean, negated, is the loss of the text.",
    "  echo '{\"text\": \"The capital of France is Paris.\"}' |\n"
    "      llmxrec score --base build/assets/smollm2-135m-instruct-q4_1.gguf",
    options,
    run,
};
