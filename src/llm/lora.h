/* lora.h - a low-rank adapter of a model's linear layers (Hu et al. 2021):
 *
 *     y = W x + scale * B (A x),     scale = alpha / rank, or alpha / sqrt(rank) (rsLoRA; Kalajdzievski 2023)
 *
 * All values are f32 and stand one after the other in one slab, so that an optimiser, a checkpoint and a gradient
 * (an array of the same layout) see one vector. */
#ifndef LLM_LORA_H
#define LLM_LORA_H

#include "llm/config.h"

#include <stdbool.h>

#define LORA_RANK_MAX 512 /* past that a full fine-tuning is the better idea */

/* The linear layers of a block, in the order in which PEFT writes them. */
enum linear {
    LINEAR_Q,
    LINEAR_K,
    LINEAR_V,
    LINEAR_O,
    LINEAR_GATE,
    LINEAR_UP,
    LINEAR_DOWN,
    LINEARS
};

/* One linear layer's pair; offsets into the slab, rank 0 where this layer is not adapted. */
struct lora_pair {
    int in, out, rank;
    size_t a; /* (rank, in) */
    size_t b; /* (out, rank) */
};

struct lora {
    int layers, rank;
    float alpha, dropout;
    bool is_rank_stabilised;
    unsigned targets;        /* bits 1 << enum linear */
    struct lora_pair *pairs; /* (layers, LINEARS) */
    size_t n;                /* values in all */
    float *values;           /* (n) layer by layer, linear by linear, A before B */
};

/* Values allocated and zero, alpha = rank (scale 1), no dropout; set these as wanted. `targets` are the linear layers
 * adapted, in every block.
 * LLMX_BAD_OPTION: a rank out of range, no targets. */
int lora_create(struct lora **lora, const struct config *config, int rank, unsigned targets,
                struct llmx_error *err);
void lora_destroy(struct lora *lora);

float lora_scale(const struct lora *lora);

/* Multiplies every B by the scale, which is 1 from then on. */
void lora_absorb_scale(struct lora *lora);

static inline const struct lora_pair *lora_pair_of(const struct lora *lora, int layer,
                                                   enum linear linear)
{
    return &lora->pairs[layer * LINEARS + (int)linear];
}

#endif
