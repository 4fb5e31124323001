/* config.h - what a model is: its family and sizes. */
#ifndef LLM_CONFIG_H
#define LLM_CONFIG_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

#define DIM_MAX     (1 << 20) /* columns */
#define CONTEXT_MAX (1 << 24) /* tokens */

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

/* Radians a position of pair i of a head, scaled. */
double rope_frequency(const struct config *config, int i);

const char *family_name(enum model_family family);

/* where: begins the message. LLMX_UNSUPPORTED for none of ours */
int family_by_name(enum model_family *family, const char *name, size_t n, const char *where,
                   struct llmx_error *err);

/* What must hold, wherever it was read, before anything is sized by it. */
int config_check(const struct config *config, const char *where, struct llmx_error *err);

#endif
