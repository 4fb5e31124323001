#include "llm/adapter.h"

#include "base/memory.h"
#include "kernel/low_rank.h"
#include "llm/adapter_file.h"
#include "llmxrec/adapter.h"

#include <stdlib.h>
#include <string.h>

static int padded(int rank)
{
    return (rank + LOW_RANK_UNIT - 1) / LOW_RANK_UNIT * LOW_RANK_UNIT;
}

/* Fills values (rank, in) and (rank, out), zero beyond the pair's own rank. */
static void lay_out(struct adapter_pair *pair, float *values, const struct lora *lora,
                    const struct lora_pair *from)
{
    int rank = padded(from->rank);
    const float *b = lora->values + from->b; /* (out, rank) */
    float scale = lora_scale(lora), *to = values + (size_t)rank * (size_t)from->in;
    memcpy(values, lora->values + from->a, (size_t)from->rank * (size_t)from->in * sizeof *values);
    for (int k = 0; k < from->rank; k++)
        for (int i = 0; i < from->out; i++)
            to[(size_t)k * (size_t)from->out + (size_t)i] =
                scale * b[(size_t)i * (size_t)from->rank + (size_t)k];
    *pair = (struct adapter_pair){rank, from->in, from->out, values, to};
}

int adapter_create(struct llmx_adapter **adapter, const struct llmx_model *model,
                   const struct lora *lora, struct llmx_error *err)
{
    size_t n = (size_t)lora->layers * LINEARS, values = 0;
    struct llmx_adapter *a = mem_array(1, sizeof *a, err);
    if (!a)
        return -1;
    for (size_t i = 0; i < n; i++)
        values +=
            (size_t)padded(lora->pairs[i].rank) * (size_t)(lora->pairs[i].in + lora->pairs[i].out);
    a->model = model;
    a->rank = padded(lora->rank);
    a->pairs = mem_array(n, sizeof *a->pairs, err);
    a->values = a->pairs ? mem_array(values, sizeof *a->values, err) : NULL;
    if (!a->values) {
        llmx_adapter_destroy(a);
        return -1;
    }
    float *at = a->values;
    for (size_t i = 0; i < n; i++) {
        const struct lora_pair *from = &lora->pairs[i];
        if (from->rank == 0)
            continue;
        lay_out(&a->pairs[i], at, lora, from);
        at += (size_t)padded(from->rank) * (size_t)(from->in + from->out);
    }
    *adapter = a;
    return 0;
}

int llmx_adapter_open(struct llmx_adapter **adapter, const struct llmx_model *model,
                      const char *path, struct llmx_error *err)
{
    struct lora *lora = NULL;
    if (adapter_read(&lora, path, &model->config, err) != 0)
        return -1;
    int result = adapter_create(adapter, model, lora, err);
    lora_destroy(lora);
    return result;
}

void llmx_adapter_destroy(struct llmx_adapter *adapter)
{
    if (!adapter)
        return;
    free(adapter->pairs);
    free(adapter->values);
    free(adapter);
}

int adapter_check(const struct llmx_adapter *adapter, const struct llmx_model *model,
                  struct llmx_error *err)
{
    if (!adapter || adapter->model == model)
        return 0;
    return err_set(err, LLMX_MISMATCH, "the adapter was opened with another model than %s",
                   model->path);
}
