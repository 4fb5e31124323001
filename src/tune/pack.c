#include "tune/pack.h"

#include "base/memory.h"
#include "base/rng.h"

#include <assert.h>
#include <string.h>

int pack_init(struct pack *pack, int tokens_max, struct llmx_error *err)
{
    const size_t n = (size_t)tokens_max;
    *pack = (struct pack){.tokens_max = tokens_max};
    pack->ids = mem_array(n, sizeof *pack->ids, err);
    pack->weight = mem_array(n, sizeof *pack->weight, err);
    pack->start = mem_array(n + 1, sizeof *pack->start, err);
    if (pack->ids && pack->weight && pack->start)
        return 0;
    pack_release(pack);
    return -1;
}

void pack_release(struct pack *pack)
{
    free(pack->ids);
    free(pack->weight);
    free(pack->start);
    *pack = (struct pack){0};
}

int pack_fill(struct pack *pack, const struct examples *examples, const int *which, int n,
              float weight, uint64_t dropout_seed)
{
    int at = 0, taken = 0;
    for (; taken < n; taken++) {
        const struct example *e = &examples->items[which[taken]];
        assert(e->n <= pack->tokens_max);
        if (e->n > pack->tokens_max - at)
            break;
        memcpy(pack->ids + at, e->ids, (size_t)e->n * sizeof *e->ids);
        for (int t = 0; t < e->n; t++)
            pack->weight[at + t] = t < e->start ? 0 : weight;
        pack->start[taken] = at;
        at += e->n;
    }
    pack->start[taken] = at;
    pack->packed = (struct packed){.ids = pack->ids,
                                   .weight = pack->weight,
                                   .start = pack->start,
                                   .tokens = at,
                                   .sequences = taken,
                                   .dropout_seed = dropout_seed};
    return taken;
}

void pack_order(int *order, int n, uint64_t seed, int epoch, bool shuffles)
{
    struct rng rng = rng_stream(seed, RNG_SHUFFLE, (uint64_t)epoch);
    for (int i = 0; i < n; i++)
        order[i] = i;
    for (int i = n - 1; shuffles && i > 0; i--) {
        const int other = (int)rng_below(&rng, (uint32_t)i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
}

void pack_count(const struct examples *examples, const int *which, int n, long *outputs,
                long *tokens)
{
    *outputs = *tokens = 0;
    for (int i = 0; i < n; i++) {
        const struct example *e = &examples->items[which[i]];
        *outputs += example_outputs(e);
        *tokens += e->n;
    }
}
