/* cmd_export.c - an adapter as llama.cpp reads it. */
#include "cli/model_options.h"
#include "llmxrec/adapter.h"

static struct {
    const char *base, *adapter, *out;
} o;

static const struct option_spec options[] = {
    OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
    OPT_PATH("adapter", &o.adapter, REQUIRED, ADAPTER_HELP),
    OPT_OUT("out", &o.out, REQUIRED, "GGUF file to write"),
    OPT_END,
};

static int run(const struct common *common)
{
    struct llmx_error err = {0};
    (void)common;
    return llmx_adapter_export(o.base, o.adapter, o.out, &err) == 0 ? 0 : opt_fail(&err);
}

const struct command cmd_export = {
    "export",
    "an adapter as a GGUF file for llama.cpp",
    "Writes the adapter as a GGUF file that llama.cpp adds to its base model at run time (--lora). "
    "The base model says\n"
    "the architecture and the order of rows.",
    "  llmxrec export --base build/assets/smollm2-135m-instruct-q4_1.gguf --adapter "
    "data/adapters/reasons \\\n"
    "      --out reasons-lora.gguf",
    options,
    run,
};
