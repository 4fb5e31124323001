/* config_keys.h - which keys of a model's configuration llmxrec knows, and with which values it computes rightly. */
#ifndef LLM_CONFIG_KEYS_H
#define LLM_CONFIG_KEYS_H

#include "format/gguf.h"
#include "llm/config.h"

#include <jansson.h>

/* config: sizes, family and window as they were read. LLMX_UNSUPPORTED with the key that is in the way. */
int config_keys_check_json(const json_t *root, const struct config *config, const char *path,
                           struct llmx_error *err);
int config_keys_check_gguf(const struct gguf *gguf, const struct config *config,
                           struct llmx_error *err);

/* Those of the object that scales rotary positions. */
int config_keys_check_rope(const json_t *rope, const char *path, struct llmx_error *err);

#endif
