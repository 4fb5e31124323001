/* source_config.h - what a model's file or folder is, once it is known that it can be computed. */
#ifndef LLM_SOURCE_CONFIG_H
#define LLM_SOURCE_CONFIG_H

#include "llm/config.h"
#include "llm/source.h"

/* The configuration, every tensor of the source having a place in it. What config_from_gguf and config_from_folder
 * refuse, and LLMX_UNSUPPORTED for a tensor of another kind of model: leaving it out would give wrong texts. */
int source_config(struct config *config, const struct source *source, struct llmx_error *err);

#endif
