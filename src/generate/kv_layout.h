/* kv_layout.h - where the keys and values of one layer and head stand in a sequence's memory: (layers, kv_heads), each a
 * run of blocks as attention/attention.h lays them out. */
#ifndef GENERATE_KV_LAYOUT_H
#define GENERATE_KV_LAYOUT_H

#include "attention/attention.h"
#include "llm/model.h"

static inline size_t kv_head_elements(const struct config *config, int capacity)
{
    return ((size_t)capacity + KV_BLOCK - 1) / KV_BLOCK * KV_BLOCK * 2 * (size_t)config->head_dim;
}

/* data: room for `capacity` tokens. */
static inline void *kv_head(void *data, int capacity, const struct llmx_model *model, int layer,
                            int head)
{
    size_t number = (size_t)layer * (size_t)model->config.kv_heads + (size_t)head;
    return (char *)data +
           number * kv_head_elements(&model->config, capacity) * dtype_block_bytes(model->type);
}

#endif
