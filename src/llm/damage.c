#include "llm/damage.h"

#include "base/memory.h"
#include "product/dequantise.h"

#include <math.h>
#include <stdlib.h>

#define CHUNK_VALUES 4096 /* a whole number of blocks of every type */

size_t damage_find(const float *values, size_t n)
{
    size_t i = 0;
    while (i < n && isfinite(values[i]))
        i++;
    return i;
}

static bool is_damaged(enum dtype type, const unsigned char *data, size_t size, float *values)
{
    const size_t block = dtype_block_bytes(type),
                 step = CHUNK_VALUES / dtype_block_values(type) * block;
    if (type > DTYPE_Q6_K) /* whole numbers */
        return false;
    for (size_t at = 0; at < size; at += step) {
        const size_t bytes = size - at < step ? size - at : step,
                     n = bytes / block * dtype_block_values(type);
        dequantise(values, data + at, type, n);
        if (damage_find(values, n) < n)
            return true;
    }
    return false;
}

/* The name of the first tensor that holds what is no number; NULL: none, or memory is out. */
static const char *damaged_tensor(const struct source *source)
{
    float *values = mem_array(CHUNK_VALUES, sizeof *values, NULL);
    const char *name = NULL;
    for (uint32_t i = 0; values && !name && i < source->gguf.names.count; i++) {
        const struct gguf_tensor *t = &source->gguf.tensors[i];
        if (is_damaged(t->type, t->data, t->size, values))
            name = names_get(&source->gguf.names, i, NULL);
    }
    for (uint32_t i = 0; values && !name && i < source->safetensors.names.count; i++) {
        const struct st_tensor *t = &source->safetensors.tensors[i];
        if (is_damaged(t->type, t->data, t->size, values))
            name = names_get(&source->safetensors.names, i, NULL);
    }
    free(values);
    return name;
}

int damage_explain(const struct llmx_model *model, const char *what, struct llmx_error *err)
{
    const char *name = damaged_tensor(&model->source);
    source_forget(&model->source);
    if (name)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s is not finite: the tensor '%s' of %s holds values that are no numbers; "
                       "the file is damaged",
                       what, name, model->path);
    return err_set(err, LLMX_BAD_INPUT,
                   "%s is not finite, though all weights of %s are: the model may need "
                   "--precision f32",
                   what, model->path);
}
