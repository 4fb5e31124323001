/* model_options.h - the options that say how a language model is held, the same for every command that opens one.
 *
 *     static struct model_flags flags;
 *     static const struct option_spec options[] = {OPT_PATH("base", &o.base, REQUIRED, MODEL_HELP),
 *                                                  MODEL_OPTIONS(flags), OPT_END};
 *     ...
 *     struct llmx_model_options how;
 *     if (model_options(&flags, common, &how, &err) != 0 || llmx_model_open(&model, o.base, &how, &err) != 0) ...
 */
#ifndef CLI_MODEL_OPTIONS_H
#define CLI_MODEL_OPTIONS_H

#include "cli/opt.h"
#include "llmxrec/llm.h"

struct model_flags {
    const char *precision, *chat_template, *adapter;
};

#define ADAPTER_HELP "folder of a LoRA adapter, as `tune` and PEFT write it"
#define MODEL_HELP   "language model: a GGUF file or a Hugging Face folder"

/* clang-format off */
#define MODEL_OPTIONS(F)                                                                                               \
    OPT_TEXT("precision", &(F).precision, "auto", "one of: auto, f32, bf16, int8 (auto: the fastest that holds, int8 without AMX)"),  \
    OPT_TEXT("chat-template", &(F).chat_template, NULL,                                                               \
             "one of: none, chatml, llama2, llama3, mistral, qwen, zephyr, vicuna, alpaca, deepseek, deepseek-r1;"      \
             " or a file with marks of your own (docs/llm.md) (unset: as the model's own template)")

/* For commands that use a model as an adapter makes it. */
#define ADAPTER_OPTION(F) OPT_PATH("adapter", &(F).adapter, NULL, ADAPTER_HELP)
/* clang-format on */

/* What the words mean to the library; the texts stay those of `flags`. LLMX_BAD_OPTION for an unknown word. */
int model_options(const struct model_flags *flags, const struct common *common,
                  struct llmx_model_options *options, struct llmx_error *err);

#endif
