/* cmd_merge.c - a stand-alone model from a base and an adapter. */
#include "cli/model_options.h"
#include "llmxrec/adapter.h"

static struct {
    const char *base, *adapter, *type, *out;
} o;

static const struct option_spec options[] = {
    OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
    OPT_PATH("adapter", &o.adapter, REQUIRED, ADAPTER_HELP),
    OPT_TEXT("type", &o.type, NULL,
             "of the matrices in a GGUF file, one of: f16, q8_0, bf16, f32 (unset: f16)"),
    OPT_PATH("out", &o.out, REQUIRED,
             "model to write: a GGUF file if it ends in .gguf, else a folder (of a folder)"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    (void)common;
    return llmx_adapter_merge(o.base, o.adapter, o.type, o.out, &err) == 0 ? 0 : opt_fail(&err);
}

const struct command cmd_merge = {
    "merge",
    "a stand-alone model from a base and an adapter",
    "Adds the adapter to the base model's weights and writes a model that any program runs without "
    "the adapter: a GGUF\n"
    "file, or, from a Hugging Face folder, another such folder.",
    "  llmxrec merge --base build/assets/smollm2-135m-instruct-q4_1.gguf --adapter "
    "data/adapters/reasons \\\n"
    "      --type q8_0 --out reasons-q8_0.gguf",
    options,
    run,
};
