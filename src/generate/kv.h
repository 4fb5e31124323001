/* kv.h - keys and values of the tokens that a sequence has seen, for every layer. */
#ifndef GENERATE_KV_H
#define GENERATE_KV_H

#include "base/err.h"
#include "llmxrec/llm.h"

/* Room for `capacity` tokens. Positions begin at `start` (the length of the prefix before it, or 0). */
struct kv {
    int capacity, length, start;
    const struct kv *before; /* of a prefix: the one that it goes on from, or NULL */
    void *data;              /* laid out as kv_layout.h says; bf16 or f32 as the model computes */
};

int kv_create(struct kv **kv, const struct llmx_model *model, int capacity, int start,
              struct llmx_error *err);
void kv_destroy(struct kv *kv);

/* A sequence: tokens of a shared prefix (complete, read-only, NULL: none), then its own. */
struct sequence {
    const struct kv *prefix; /* and all before it */
    struct kv *own;
    const struct llmx_adapter *adapter; /* of the prefix as well; NULL: none */
};

#endif
