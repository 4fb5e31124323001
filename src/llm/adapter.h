/* adapter.h - an adapter laid out for the forward pass, and its two products beside the linear layers.
 *
 * An adapter that is known when the model is opened is folded into the packed weights (W + scale B A) and costs
 * nothing; those here share a model with others and with none, each row of a batch passing through its own. */
#ifndef LLM_ADAPTER_H
#define LLM_ADAPTER_H

#include "llm/lora.h"
#include "llm/model.h"

/* One linear layer's pair; rank 0: not adapted. */
struct adapter_pair {
    int rank, in, out; /* rank: made up to a multiple of LOW_RANK_UNIT */
    const float *a;    /* (rank, in) */
    const float *b;    /* (rank, out): scale times B, transposed */
};

struct llmx_adapter {
    const struct llmx_model *model;
    int rank;
    struct adapter_pair *pairs; /* (layers, LINEARS) */
    float *values;
};

/* From values in memory, which are copied. */
int adapter_create(struct llmx_adapter **adapter, const struct llmx_model *model,
                   const struct lora *lora, struct llmx_error *err);

/* NULL goes with every model; else LLMX_MISMATCH when it was opened with another one. */
int adapter_check(const struct llmx_adapter *adapter, const struct llmx_model *model,
                  struct llmx_error *err);

#endif
