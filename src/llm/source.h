/* source.h - where weights come from: the tensors of a GGUF file or a Hugging Face folder under one set of names. */
#ifndef LLM_SOURCE_H
#define LLM_SOURCE_H

#include "base/dtype.h"
#include "format/gguf.h"
#include "format/safetensors.h"

#include <stdbool.h>

enum tensor_role {
    TENSOR_EMBEDDING,
    TENSOR_FINAL_NORM,
    TENSOR_HEAD,
    TENSOR_ROPE_FACTORS, /* GGUF alone: what each rotary frequency is divided by */
    TENSOR_ATTENTION_NORM,
    TENSOR_QUERY,
    TENSOR_KEY,
    TENSOR_VALUE,
    TENSOR_QUERY_BIAS,
    TENSOR_KEY_BIAS,
    TENSOR_VALUE_BIAS,
    TENSOR_QUERY_NORM,
    TENSOR_KEY_NORM,
    TENSOR_OUTPUT,
    TENSOR_FFN_NORM,
    TENSOR_GATE,
    TENSOR_UP,
    TENSOR_DOWN
};

/* A matrix (rows, columns), or a vector with one row; data belongs to the source. */
struct tensor {
    enum dtype type;
    int rows, columns;
    size_t row_bytes;
    const unsigned char *data;
};

struct source {
    bool is_gguf;
    struct gguf gguf;
    struct safetensors safetensors;
    const char *path; /* the caller's, for messages */
};

int source_open(struct source *source, const char *path, struct llmx_error *err);
void source_release(struct source *source);

/* What the source calls a tensor. */
#define SOURCE_NAME_MAX 96
void source_name(char name[static SOURCE_NAME_MAX], const struct source *source,
                 enum tensor_role role, int layer);

/* Of all its tensors, in its order. */
const struct names *source_names(const struct source *source);

bool source_has(const struct source *source, enum tensor_role role, int layer);

/* A tensor that must be there as (rows, columns) of a float or quantised type; err says what differs. */
int source_tensor(struct tensor *tensor, const struct source *source, enum tensor_role role,
                  int layer, int rows, int columns, struct llmx_error *err);

/* Tells the system that what was read of the file is not needed soon; it is read again when touched. */
void source_forget(const struct source *source);

#endif
