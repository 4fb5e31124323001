/* model.h - an open model inside the library: its sizes, its packed weights, its tokenizer. */
#ifndef LLM_MODEL_H
#define LLM_MODEL_H

#include "base/arena.h"
#include "base/threads.h"
#include "llm/config.h"
#include "llm/lora.h"
#include "llm/source.h"
#include "llmxrec/llm.h"
#include "product/product.h"
#include "token/chat.h"

/* Vectors are f32. Biases and norms that the family lacks are NULL. */
struct layer {
    const float *attention_norm, *ffn_norm; /* (hidden) */
    const float *query_norm, *key_norm;     /* (head_dim) */
    const float *qkv_bias;                  /* ((heads + 2 kv_heads) * head_dim) */
    struct matrix
        qkv; /* query heads, key heads, value heads, each (head_dim) columns; panels hold whole heads */
    struct matrix output; /* (heads * head_dim) -> (hidden) */
    struct matrix
        gate_up; /* (hidden) -> (2 ffn): each panel holds gates, then the ups of the same units */
    struct matrix down; /* (ffn) -> (hidden) */
};

struct llmx_model {
    struct config config;
    enum dtype type;    /* of queries, keys and values: DTYPE_F32 or DTYPE_BF16 */
    enum dtype weights; /* packed: DTYPE_F32, DTYPE_BF16 or, in groups of 8 or 4 bits, DTYPE_I8 */
    struct source source;
    struct tensor embedding; /* (vocabulary, hidden), rows dequantised when used */
    struct layer *layers;
    const float *final_norm;
    const float *rope_frequencies; /* (head_dim / 2) radians a position */
    struct matrix head;            /* (hidden) -> (vocabulary) */
    struct products *products;
    struct threads *threads; /* that load it, and score with it */
    struct arena arena;      /* vectors, layers */
    void *packed;            /* all matrices */
    char *path;
    struct llmx_tokenizer *tokenizer;
    struct chat_format chat; /* as asked for, else as its own template says */
    bool has_chat, is_chat_asked;
};

/* Reads, dequantises and packs all weights; the model has config, type, source and threads.
 * lora  folded into them, W + B A: its scale is 1 (lora_absorb_scale); NULL: none */
int weights_load(struct llmx_model *model, const struct lora *lora,
                 const struct llmx_progress *progress, struct llmx_error *err);
void weights_release(struct llmx_model *model);

/* How the model marks turns: as was asked for when it was opened, else as its template does. NULL with LLMX_UNSUPPORTED
 * for a base model without one, or an unknown one. */
const struct chat_format *model_chat(const struct llmx_model *model, struct llmx_error *err);

/* What the layers write for a product: `type`, or f32, of which int8 makes its own. */
static inline enum dtype model_input(const struct llmx_model *model)
{
    return model->weights == DTYPE_I8 ? DTYPE_F32 : model->type;
}

/* Does int8 keep blocks of a file's type as they are? All else becomes 8 bits. */
static inline bool is_packed_as_held(enum dtype type)
{
    return type == DTYPE_Q4_0 || type == DTYPE_Q4_1 || type == DTYPE_Q8_0;
}

/* The first size of a model's products that is no multiple of a group of int8, which it so cannot run in; 0: none. */
int ungrouped_size(const struct config *config);

/* The bytes of packed weights that one token passes through. */
size_t weights_bytes(const struct llmx_model *model);

#endif
