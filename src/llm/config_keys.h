/* config_keys.h - which keys of a model's configuration llmxrec knows, and with which values it computes rightly. */
#ifndef LLM_CONFIG_KEYS_H
#define LLM_CONFIG_KEYS_H

#include "base/err.h"
#include "format/gguf.h"

#include <jansson.h>

/* Of a configuration as it was read; LLMX_UNSUPPORTED with the key that is in the way.
 * head_dim  size of a head
 * window    of sliding attention, tokens; 0: none
 * family    what stands in front of a GGUF file's keys */
int config_keys_check_json(const json_t *root, int head_dim, int window, const char *path,
                           struct llmx_error *err);
int config_keys_check_gguf(const struct gguf *gguf, const char *family, int head_dim,
                           struct llmx_error *err);

/* Those of the object that scales rotary positions. */
int config_keys_check_rope(const json_t *rope, const char *path, struct llmx_error *err);

#endif
