/* transposed.h - a model's weights turned round and packed for a backward pass: dX = dY W is a product with W^T. */
#ifndef TUNE_TRANSPOSED_H
#define TUNE_TRANSPOSED_H

#include "base/threads.h"
#include "llm/model.h"

struct transposed_layer {
    struct matrix qkv;     /* (queries, keys, values) -> (hidden) */
    struct matrix output;  /* (hidden) -> (heads * head_dim) */
    struct matrix gate_up; /* (gates, then ups: 2 ffn) -> (hidden) */
    struct matrix down;    /* (hidden) -> (ffn) */
};

struct transposed {
    struct products *products;
    int n_layers, n_head;
    struct transposed_layer *layers;
    struct matrix
        *head; /* (n_head), one for each panel of model->head: (its columns) -> (hidden) */
    struct tensor head_rows; /* (vocabulary, hidden) of the file */
    void *packed;
};

/* Packed for products of `type`, DTYPE_F32 or DTYPE_BF16: as many bytes as a model of that type. `model` must outlive
 * it. */
int transposed_create(struct transposed **transposed, const struct llmx_model *model,
                      enum dtype type, struct threads *threads, struct llmx_error *err);
void transposed_destroy(struct transposed *transposed);

#endif
