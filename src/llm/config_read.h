/* config_read.h - a model's configuration from a GGUF file's keys or a Hugging Face config.json. */
#ifndef LLM_CONFIG_READ_H
#define LLM_CONFIG_READ_H

#include "format/gguf.h"
#include "llm/config.h"

/* returns   0, or -1: LLMX_BAD_INPUT with file and key, LLMX_UNSUPPORTED what llmxrec does not compute */
int config_from_gguf(struct config *config, const struct gguf *gguf, struct llmx_error *err);
int config_from_folder(struct config *config, const char *folder, struct llmx_error *err);

#endif
