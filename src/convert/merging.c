#include "convert/merging.h"

#include "base/memory.h"
#include "llm/adapter_file.h"
#include "llm/damage.h"
#include "llm/source_config.h"
#include "product/dequantise.h"
#include "product/small_product.h"

#include <stdlib.h>
#include <string.h>

static const enum tensor_role roles[LINEARS] = {
    [LINEAR_Q] = TENSOR_QUERY,  [LINEAR_K] = TENSOR_KEY,     [LINEAR_V] = TENSOR_VALUE,
    [LINEAR_O] = TENSOR_OUTPUT, [LINEAR_GATE] = TENSOR_GATE, [LINEAR_UP] = TENSOR_UP,
    [LINEAR_DOWN] = TENSOR_DOWN};

uint32_t merging_count(const struct merging *m)
{
    return source_names(&m->source)->count;
}

/* Finds each pair's matrix, which must be there and of its size. */
static int match(struct merging *m, struct llmx_error *err)
{
    const struct names *names = source_names(&m->source);
    m->pairs = mem_array(names->count, sizeof *m->pairs, err);
    if (!m->pairs)
        return -1;
    for (int i = 0; i < m->lora->layers * LINEARS; i++) {
        const struct lora_pair *pair = &m->lora->pairs[i];
        enum tensor_role role = roles[i % LINEARS];
        struct tensor tensor;
        char name[SOURCE_NAME_MAX];
        if (pair->rank == 0)
            continue;
        if (source_tensor(&tensor, &m->source, role, i / LINEARS, pair->out, pair->in, err) != 0)
            return -1;
        source_name(name, &m->source, role, i / LINEARS);
        m->pairs[names_find(names, name, strlen(name))] = pair;
    }
    return 0;
}

int merging_open(struct merging *m, const char *base, const char *adapter, struct llmx_error *err)
{
    *m = (struct merging){0};
    if (source_open(&m->source, base, err) != 0)
        return -1;
    int result = source_config(&m->config, &m->source, err);
    if (result == 0)
        result = adapter_read(&m->lora, adapter, &m->config, err);
    if (result == 0) {
        lora_absorb_scale(m->lora);
        result = match(m, err);
    }
    if (result != 0)
        merging_release(m);
    return result;
}

void merging_release(struct merging *m)
{
    source_release(&m->source);
    lora_destroy(m->lora);
    free(m->pairs);
    *m = (struct merging){0};
}

static uint64_t product(const uint64_t *dims, int n)
{
    uint64_t all = 1;
    for (int d = 0; d < n; d++)
        all *= dims[d];
    return all;
}

struct merged merging_tensor(const struct merging *m, uint32_t number)
{
    struct merged t = {.name = names_get(source_names(&m->source), number, NULL),
                       .pair = m->pairs[number]};
    if (m->source.is_gguf) {
        const struct gguf_tensor *from = &m->source.gguf.tensors[number];
        t.type = from->type;
        t.data = from->data;
        t.columns = from->dims[0];
        t.rows = product(from->dims + 1, from->n_dims - 1);
    } else {
        const struct st_tensor *from = &m->source.safetensors.tensors[number];
        t.type = from->type;
        t.data = from->data;
        t.columns = from->n_dims ? from->dims[from->n_dims - 1] : 1;
        t.rows = product(from->dims, from->n_dims - 1);
    }
    return t;
}

int merging_find(struct merged *tensor, const struct merging *m, enum tensor_role role, int layer,
                 struct llmx_error *err)
{
    char name[SOURCE_NAME_MAX];
    source_name(name, &m->source, role, layer);
    int64_t number = names_find(source_names(&m->source), name, strlen(name));
    if (number < 0)
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' is missing", m->source.path, name);
    *tensor = merging_tensor(m, (uint32_t)number);
    return 0;
}

const char *merging_architecture(const struct config *config)
{
    return config->family == FAMILY_MISTRAL ? "llama" : family_name(config->family);
}

bool merging_permutes(const struct config *config, enum linear linear)
{
    bool is_llama = config->family == FAMILY_LLAMA || config->family == FAMILY_MISTRAL;
    return is_llama && (linear == LINEAR_Q || linear == LINEAR_K);
}

int merging_row(const struct config *config, int row)
{
    int head = row / config->head_dim, i = row % config->head_dim;
    return head * config->head_dim + i % 2 * (config->head_dim / 2) + i / 2;
}

/* Adds what the adapter brings to those rows. */
static void fold(const struct merging *m, const struct merged *tensor, uint64_t first, uint64_t n,
                 float *values)
{
    const struct lora_pair *pair = tensor->pair;
    enum linear linear = (enum linear)((pair - m->lora->pairs) % LINEARS);
    bool is_permuted =
        merging_permutes(&m->config, linear) && (tensor->is_moved || m->config.is_rope_interleaved);
    for (uint64_t i = 0; i < n; i++) {
        int row = (int)(first + i);
        if (is_permuted)
            row = merging_row(&m->config, row);
        small_product_add(values + i * tensor->columns, tensor->columns,
                          m->lora->values + pair->b + (size_t)row * (size_t)pair->rank, 0, 1,
                          m->lora->values + pair->a, tensor->columns, 1, pair->rank, pair->in);
    }
}

int merging_rows(const struct merging *m, const struct merged *tensor, uint64_t first, uint64_t n,
                 float *values, struct llmx_error *err)
{
    size_t row_bytes = 0;
    dtype_size(tensor->type, tensor->columns, &row_bytes);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t row = first + i;
        if (tensor->is_moved)
            row = (uint64_t)merging_row(&m->config, (int)row);
        dequantise(values + i * tensor->columns, tensor->data + row * row_bytes, tensor->type,
                   tensor->columns);
    }
    if (tensor->pair)
        fold(m, tensor, first, n, values);
    if (damage_find(values, n * tensor->columns) < n * tensor->columns)
        return err_set(
            err, LLMX_BAD_INPUT,
            "the tensor '%s' of %s holds values that are no numbers; the file is damaged",
            tensor->name, m->source.path);
    return 0;
}
