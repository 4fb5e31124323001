/* config.h - what a model is: its family and sizes, from a GGUF file's keys or a Hugging Face config.json. */
#ifndef LLM_CONFIG_H
#define LLM_CONFIG_H

#include "base/err.h"
#include "format/gguf.h"

#include <stdbool.h>

enum model_family { FAMILY_LLAMA, FAMILY_MISTRAL, FAMILY_QWEN2, FAMILY_QWEN3 };

/* Scaling of rotary frequencies as in Llama 3.1; factor 0: none. */
struct rope_scaling {
    double factor, low_freq_factor, high_freq_factor, original_context;
    bool is_linear; /* all frequencies divided by factor */
};

struct config {
    enum model_family family;
    int hidden, layers, heads, kv_heads, head_dim, ffn, vocabulary, context;
    int window; /* sliding window of attention, tokens; 0: none */
    double norm_eps, rope_theta;
    struct rope_scaling rope_scaling;
    bool is_tied;             /* the head is the embedding (GGUF: no output.weight) */
    bool is_rope_interleaved; /* query and key rows stand as llama.cpp permutes them */
};

int config_from_gguf(struct config *config, const struct gguf *gguf, struct llmx_error *err);
int config_from_folder(struct config *config, const char *folder, struct llmx_error *err);

/* Radians a position of pair i of a head, scaled. */
double rope_frequency(const struct config *config, int i);

const char *family_name(enum model_family family);

#endif
