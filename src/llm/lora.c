#include "llm/lora.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

/* (in, out) of each linear layer. */
static void sizes(int size[LINEARS][2], const struct config *c)
{
    int q = c->heads * c->head_dim, kv = c->kv_heads * c->head_dim;
    const int of[LINEARS][2] = {
        [LINEAR_Q] = {c->hidden, q},         [LINEAR_K] = {c->hidden, kv},
        [LINEAR_V] = {c->hidden, kv},        [LINEAR_O] = {q, c->hidden},
        [LINEAR_GATE] = {c->hidden, c->ffn}, [LINEAR_UP] = {c->hidden, c->ffn},
        [LINEAR_DOWN] = {c->ffn, c->hidden},
    };
    for (int i = 0; i < LINEARS; i++)
        for (int side = 0; side < 2; side++)
            size[i][side] = of[i][side];
}

static void lay_out(struct lora *lora, const struct config *config)
{
    int size[LINEARS][2];
    sizes(size, config);
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        int linear = i % LINEARS, rank = lora->targets & 1u << linear ? lora->rank : 0;
        size_t a = lora->n, b = a + (size_t)rank * (size_t)size[linear][0];
        lora->pairs[i] = (struct lora_pair){size[linear][0], size[linear][1], rank, a, b};
        lora->n = b + (size_t)rank * (size_t)size[linear][1];
    }
}

int lora_create(struct lora **lora, const struct config *config, int rank, unsigned targets,
                struct llmx_error *err)
{
    if (rank < 1 || rank > LORA_RANK_MAX)
        return err_set(err, LLMX_BAD_OPTION, "an adapter's rank is 1 to %d, not %d", LORA_RANK_MAX,
                       rank);
    if (targets == 0 || targets >> LINEARS != 0)
        return err_set(err, LLMX_BAD_OPTION, "an adapter needs at least one linear layer to adapt");
    struct lora *l = mem_array(1, sizeof *l, err);
    if (!l)
        return -1;
    l->layers = config->layers;
    l->rank = rank;
    l->alpha = (float)rank;
    l->targets = targets;
    l->pairs = mem_array((size_t)(l->layers * LINEARS), sizeof *l->pairs, err);
    if (l->pairs) {
        lay_out(l, config);
        l->values = mem_array(l->n, sizeof *l->values, err);
    }
    if (!l->values) {
        lora_destroy(l);
        return -1;
    }
    *lora = l;
    return 0;
}

void lora_destroy(struct lora *lora)
{
    if (!lora)
        return;
    free(lora->pairs);
    free(lora->values);
    free(lora);
}

float lora_scale(const struct lora *lora)
{
    float rank = (float)lora->rank;
    return lora->alpha / (lora->is_rank_stabilised ? sqrtf(rank) : rank);
}

void lora_absorb_scale(struct lora *lora)
{
    float scale = lora_scale(lora);
    for (int i = 0; i < lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &lora->pairs[i];
        for (size_t k = 0; k < (size_t)pair->out * (size_t)pair->rank; k++)
            lora->values[pair->b + k] *= scale;
    }
    lora->alpha = (float)lora->rank;
    lora->is_rank_stabilised = false;
}
