#include "generate/kv.h"

#include "base/memory.h"
#include "generate/kv_layout.h"

#include <stdlib.h>

#define ALIGNMENT 64

static size_t kv_bytes(const struct llmx_model *model, int capacity)
{
    const struct config *c = &model->config;
    return (size_t)c->layers * (size_t)c->kv_heads * kv_head_elements(c, capacity) *
           dtype_block_bytes(model->type);
}

/* Zeroed, because a hidden place still takes part in sums, with weight 0: it must not hold a NaN. */
int kv_create(struct kv **kv, const struct llmx_model *model, int capacity, int start,
              struct llmx_error *err)
{
    struct kv *k = mem_array(1, sizeof *k + ALIGNMENT + kv_bytes(model, capacity), err);
    if (!k)
        return -1;
    uintptr_t data = ((uintptr_t)(k + 1) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    *k = (struct kv){.capacity = capacity, .start = start, .data = (void *)data};
    *kv = k;
    return 0;
}

void kv_destroy(struct kv *kv)
{
    free(kv);
}
