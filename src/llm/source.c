#include "llm/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Names in GGUF files and in Hugging Face folders; from TENSOR_ATTENTION_NORM on, those of one layer. */
static const char *const role_names[][2] = {
    [TENSOR_EMBEDDING] = {"token_embd.weight", "model.embed_tokens.weight"},
    [TENSOR_FINAL_NORM] = {"output_norm.weight", "model.norm.weight"},
    [TENSOR_HEAD] = {"output.weight", "lm_head.weight"},
    [TENSOR_ROPE_FACTORS] = {"rope_freqs.weight", "rope_freqs.weight"},
    [TENSOR_ATTENTION_NORM] = {"attn_norm.weight", "input_layernorm.weight"},
    [TENSOR_QUERY] = {"attn_q.weight", "self_attn.q_proj.weight"},
    [TENSOR_KEY] = {"attn_k.weight", "self_attn.k_proj.weight"},
    [TENSOR_VALUE] = {"attn_v.weight", "self_attn.v_proj.weight"},
    [TENSOR_QUERY_BIAS] = {"attn_q.bias", "self_attn.q_proj.bias"},
    [TENSOR_KEY_BIAS] = {"attn_k.bias", "self_attn.k_proj.bias"},
    [TENSOR_VALUE_BIAS] = {"attn_v.bias", "self_attn.v_proj.bias"},
    [TENSOR_QUERY_NORM] = {"attn_q_norm.weight", "self_attn.q_norm.weight"},
    [TENSOR_KEY_NORM] = {"attn_k_norm.weight", "self_attn.k_norm.weight"},
    [TENSOR_OUTPUT] = {"attn_output.weight", "self_attn.o_proj.weight"},
    [TENSOR_FFN_NORM] = {"ffn_norm.weight", "post_attention_layernorm.weight"},
    [TENSOR_GATE] = {"ffn_gate.weight", "mlp.gate_proj.weight"},
    [TENSOR_UP] = {"ffn_up.weight", "mlp.up_proj.weight"},
    [TENSOR_DOWN] = {"ffn_down.weight", "mlp.down_proj.weight"}};

void source_name(char name[static SOURCE_NAME_MAX], const struct source *source,
                 enum tensor_role role, int layer)
{
    const char *own = role_names[role][source->is_gguf ? 0 : 1];
    if (role < TENSOR_ATTENTION_NORM)
        snprintf(name, SOURCE_NAME_MAX, "%s", own);
    else
        snprintf(name, SOURCE_NAME_MAX, source->is_gguf ? "blk.%d.%s" : "model.layers.%d.%s", layer,
                 own);
}

int source_open(struct source *source, const char *path, struct llmx_error *err)
{
    *source = (struct source){.path = path};
    struct stat st;
    source->is_gguf = stat(path, &st) != 0 || !S_ISDIR(st.st_mode);
    return source->is_gguf ? gguf_open(&source->gguf, path, err)
                           : safetensors_open(&source->safetensors, path, err);
}

void source_release(struct source *source)
{
    if (source->is_gguf)
        gguf_release(&source->gguf);
    else
        safetensors_release(&source->safetensors);
    *source = (struct source){0};
}

/* What both formats say of a tensor, its dimensions slowest first. */
struct found {
    enum dtype type;
    int n_dims;
    uint64_t dims[ST_DIMS_MAX];
    const unsigned char *data;
};

static bool find(struct found *found, const struct source *source, const char *name)
{
    if (source->is_gguf) {
        const struct gguf_tensor *t = gguf_find_tensor(&source->gguf, name);
        if (!t)
            return false;
        *found = (struct found){.type = t->type, .n_dims = t->n_dims, .data = t->data};
        for (int d = 0; d < t->n_dims; d++)
            found->dims[d] = t->dims[t->n_dims - 1 - d];
    } else {
        const struct st_tensor *t = safetensors_find(&source->safetensors, name);
        if (!t)
            return false;
        *found = (struct found){.type = t->type, .n_dims = t->n_dims, .data = t->data};
        for (int d = 0; d < t->n_dims; d++)
            found->dims[d] = t->dims[d];
    }
    return true;
}

const struct names *source_names(const struct source *source)
{
    return source->is_gguf ? &source->gguf.names : &source->safetensors.names;
}

bool source_has(const struct source *source, enum tensor_role role, int layer)
{
    char name[SOURCE_NAME_MAX];
    struct found found;
    source_name(name, source, role, layer);
    return find(&found, source, name);
}

int source_tensor(struct tensor *tensor, const struct source *source, enum tensor_role role,
                  int layer, int rows, int columns, struct llmx_error *err)
{
    char name[SOURCE_NAME_MAX];
    struct found found;
    source_name(name, source, role, layer);
    if (!find(&found, source, name))
        return err_set(err, LLMX_BAD_INPUT, "%s: tensor '%s' is missing", source->path, name);
    uint64_t have_columns = found.n_dims ? found.dims[found.n_dims - 1] : 0;
    uint64_t have_rows = found.n_dims == 2 ? found.dims[0] : 1;
    if (found.n_dims < 1 || found.n_dims > 2 || have_rows != (uint64_t)rows ||
        have_columns != (uint64_t)columns)
        return err_set(err, LLMX_BAD_INPUT,
                       "%s: tensor '%s' is (%" PRIu64 ", %" PRIu64
                       ") and must be (%d, %d); it does not fit the model's sizes",
                       source->path, name, have_rows, have_columns, rows, columns);
    size_t row_bytes;
    if (found.type > DTYPE_Q6_K || !dtype_size(found.type, (uint64_t)columns, &row_bytes))
        return err_set(err, LLMX_UNSUPPORTED, "%s: tensor '%s' holds %s, which are no weights here",
                       source->path, name, dtype_name(found.type));
    *tensor = (struct tensor){found.type, rows, columns, row_bytes, found.data};
    return 0;
}

static void forget(const struct mapping *mapping)
{
    if (mapping->size)
        madvise((void *)(size_t)mapping->data, mapping->size, MADV_DONTNEED);
}

void source_forget(const struct source *source)
{
    for (int i = 0; source->is_gguf && i < source->gguf.n_mappings; i++)
        forget(&source->gguf.mappings[i]);
    for (int i = 0; !source->is_gguf && i < source->safetensors.n_mappings; i++)
        forget(&source->safetensors.mappings[i]);
}
