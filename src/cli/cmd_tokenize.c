/* cmd_tokenize.c - the token ids of texts. */
#include "cli/model_options.h"

static struct {
    const char *base, *in, *out;
    bool is_plain;
} o;

static const struct option_spec options[] = {
    OPT_ARG("FILE", &o.in, "-", "JSON Lines with a field \"text\"; - reads standard input"),
    OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
    OPT_OUT("out", &o.out, "-", "JSON Lines to write: the same with \"ids\""),
    OPT_FLAG("no-special", &o.is_plain,
             "take special tokens for the text they are written as, and put none in front"),
    OPT_END,
};

static int run(const struct common *common)
{
    (void)common;
    struct llmx_error err = {0};
    struct llmx_tokenizer *tokenizer = NULL;
    int status = 0;
    if (llmx_tokenizer_open(&tokenizer, o.base, &err) != 0 ||
        llmx_tokenize_lines(tokenizer, o.in, !o.is_plain, o.out, &err) != 0)
        status = opt_fail(&err);
    llmx_tokenizer_destroy(tokenizer);
    return status;
}

const struct command cmd_tokenize = {
    "tokenize",
    "turn texts into the token ids of a model",
    "Reads JSON Lines with a field \"text\" and writes them with \"ids\", as the model's own "
    "tokenizer does: special\n"
    "tokens written in a text count as such, and the begin token stands in front where the "
    "tokenizer asks for it.\n"
    "With --no-special neither happens; that is how texts from users and data reach the model.",
    "  echo '{\"text\": \"Hello, world!\"}' |\n"
    "      llmxrec tokenize --base build/assets/smollm2-135m-instruct-q4_1.gguf",
    options,
    run,
};
