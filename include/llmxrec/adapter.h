/* adapter.h - low-rank adapters (LoRA, Hu et al. 2021) beside a model, and as files that other programs read.
 *
 *     struct llmx_adapter *adapter;
 *     if (llmx_adapter_open(&adapter, model, "adapters/reasons", &err) == 0) ...
 *
 * An adapter is a folder as PEFT writes it: adapter_config.json and adapter_model.safetensors. */
#ifndef LLMXREC_ADAPTER_H
#define LLMXREC_ADAPTER_H

#include "llmxrec/llm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens an adapter to be used beside others over one model: each group of texts, each score may have its own. It adds
 * about 6 % to what a token costs (rank 8); the one adapter of a whole process costs nothing when it is folded into
 * the model (llmx_model_options). Read-only once opened; it must go before its model.
 * returns   0, or -1: LLMX_MISMATCH it is of another model, LLMX_UNSUPPORTED not plain LoRA, LLMX_BAD_INPUT, with the
 *           file, key or tensor */
LLMX_API int llmx_adapter_open(struct llmx_adapter **adapter, const struct llmx_model *model,
                               const char *path, struct llmx_error *err);
LLMX_API void llmx_adapter_destroy(struct llmx_adapter *adapter);

/* The template that the adapter's examples were made with ("template" of every example that it was tuned on) into name
 * (size bytes); "" when it does not say. returns 0, or -1: LLMX_BAD_INPUT llmxrec.json is damaged,
 * LLMX_TOO_LARGE the name does not fit */
LLMX_API int llmx_adapter_template(const char *adapter_path, char *name, size_t size,
                                   struct llmx_error *err);

/* Writes a stand-alone model, W + scale B A: a GGUF file where out_path ends in .gguf, else a Hugging Face folder with
 * the base's configuration and tokenizer (the base must be a folder).
 * type   of a GGUF file's matrices: f32, f16, bf16, q8_0; NULL: f16. Vectors are f32. A folder keeps the base's types,
 *        and `type` must be NULL
 * A GGUF file is written piece by piece; of a folder the adapted matrices are held in memory.
 * returns   0, or -1: LLMX_BAD_OPTION, LLMX_UNSUPPORTED, LLMX_MISMATCH as above */
LLMX_API int llmx_adapter_merge(const char *base_path, const char *adapter_path, const char *type,
                                const char *out_path, struct llmx_error *err);

/* Writes the adapter as a GGUF file that llama.cpp reads (--lora). The base says the architecture and how its rows are
 * ordered: the GGUF file that the adapter will go with, or the Hugging Face folder that it was made from. */
LLMX_API int llmx_adapter_export(const char *base_path, const char *adapter_path,
                                 const char *out_path, struct llmx_error *err);

#ifdef __cplusplus
}
#endif
#endif
