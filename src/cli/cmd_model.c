/* cmd_model.c - what a language model file holds. */
#include "base/file.h"
#include "cli/opt.h"
#include "llmxrec/llm.h"

static struct {
    const char *base, *out;
    bool is_json;
} o;

static const struct option_spec options[] = {
    OPT_ARG("MODEL", &o.base, REQUIRED, "a GGUF file or a Hugging Face folder"),
    OPT_FLAG("json", &o.is_json, "print JSON"),
    OPT_OUT("out", &o.out, "-", "file to write"),
    OPT_END,
};

static int run(const struct common *common)
{
    (void)common;
    struct llmx_error err = {0};
    struct output out = {0};
    int status = 0;
    if (output_open(&out, o.out, &err) != 0 ||
        llmx_model_describe(o.base, out.stream, o.is_json, &err) != 0 ||
        output_commit(&out, &err) != 0)
        status = opt_fail(&err);
    output_discard(&out);
    return status;
}

const struct command cmd_model = {
    "model",
    "tell what a language model file holds",
    "Family, sizes, types of the tensors, tokenizer, chat template, and the memory that running it "
    "takes: weights once,\n"
    "and keys and values for each token of context. Reads the headers alone, so that even a large "
    "model takes a moment.",
    "  llmxrec model build/assets/smollm2-135m-instruct-q4_1.gguf\n"
    "  llmxrec model build/assets/smollm2-135m-instruct-q4_1.gguf --json",
    options,
    run,
};
