/* adapter_file.h - a low-rank adapter as PEFT keeps it: a folder with adapter_config.json and
 * adapter_model.safetensors (https://huggingface.co/docs/peft/developer_guides/checkpoint). What PEFT writes is read
 * here and the other way round. */
#ifndef LLM_ADAPTER_FILE_H
#define LLM_ADAPTER_FILE_H

#include "llm/lora.h"

#define ADAPTER_CONFIG "adapter_config.json"
#define ADAPTER_MODEL  "adapter_model.safetensors"

/* Reads the adapter in the folder `path` for a model of those sizes; f32, f16 and bf16 values become f32. Which linear
 * layers it adapts is what tensors it holds.
 * LLMX_BAD_INPUT: a damaged file or a value that is not finite; LLMX_UNSUPPORTED: not LoRA, or a variant of it that
 * llmxrec does not compute; LLMX_MISMATCH: an adapter of another model, rank or set of layers. All name the tensor. */
int adapter_read(struct lora **lora, const char *path, const struct config *config,
                 struct llmx_error *err);

/* Writes both files into the folder `path`, which is made where it is not there; the values last. base: what the configuration calls
 * the base model, NULL: nothing. */
int adapter_write(const struct lora *lora, const char *path, const char *base,
                  struct llmx_error *err);

/* "q_proj", as PEFT's target_modules say it. */
const char *linear_name(enum linear linear);

/* PEFT's name of one of the two matrices ('A' or 'B') of an adapted layer. */
#define ADAPTER_NAME_MAX 128
void adapter_tensor_name(char name[ADAPTER_NAME_MAX], int layer, enum linear linear, char matrix);

#endif
