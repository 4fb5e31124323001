/* merge_convert.c - what a Hugging Face folder holds, as llama.cpp's convert_hf_to_gguf.py puts it into a GGUF file. */
#include "base/memory.h"
#include "convert/merge.h"
#include "token/tokenizer.h"

#include <math.h>

#define ITEMS_A_LAYER 14
#define ITEMS_MORE    4 /* embedding, last norm, head, rope factors */

static void put_sizes(struct gguf_writer *w, const struct config *c, const char *architecture)
{
    const struct {
        const char *name;
        int value;
    } sizes[] = {{"block_count", c->layers},
                 {"context_length", c->context},
                 {"embedding_length", c->hidden},
                 {"feed_forward_length", c->ffn},
                 {"attention.head_count", c->heads},
                 {"attention.head_count_kv", c->kv_heads},
                 {"attention.key_length", c->head_dim},
                 {"attention.value_length", c->head_dim},
                 {"rope.dimension_count", c->head_dim},
                 {"vocab_size", c->vocabulary},
                 {"attention.sliding_window", c->window}};
    char key[128];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(key, sizeof key, "%s.%s", architecture, sizes[i].name);
        if (sizes[i].value > 0)
            gguf_writer_u32(w, key, (uint32_t)sizes[i].value);
    }
}

static int put_keys(struct gguf_writer *w, const struct merging *m, struct llmx_error *err)
{
    const struct config *c = &m->config;
    const char *architecture = merging_architecture(c);
    char key[128];
    gguf_writer_text(w, "general.architecture", architecture);
    gguf_writer_text(w, "general.type", "model");
    put_sizes(w, c, architecture);
    snprintf(key, sizeof key, "%s.attention.layer_norm_rms_epsilon", architecture);
    gguf_writer_f32(w, key, (float)c->norm_eps);
    snprintf(key, sizeof key, "%s.rope.freq_base", architecture);
    gguf_writer_f32(w, key, (float)c->rope_theta);
    if (c->rope_scaling.factor > 0 && c->rope_scaling.is_linear) {
        snprintf(key, sizeof key, "%s.rope.scaling.type", architecture);
        gguf_writer_text(w, key, "linear");
        snprintf(key, sizeof key, "%s.rope.scaling.factor", architecture);
        gguf_writer_f32(w, key, (float)c->rope_scaling.factor);
    }
    struct llmx_tokenizer *tokenizer;
    if (tokenizer_from_folder(&tokenizer, m->source.path, err) != 0)
        return -1;
    int result = tokenizer_put_keys(tokenizer, w, c->vocabulary, err);
    llmx_tokenizer_destroy(tokenizer);
    return result;
}

/* One more item; a tensor that the model may lack is passed over when it does. */
static int add(struct merged_items *items, const struct merging *m, enum tensor_role role,
               int layer, bool is_moved, struct llmx_error *err)
{
    static const struct source gguf = {.is_gguf = true};
    struct merged_item *item = &items->items[items->n];
    if (!source_has(&m->source, role, layer))
        return 0;
    if (merging_find(&item->from, m, role, layer, err) != 0)
        return -1;
    source_name(item->own_name, &gguf, role, layer);
    item->name = item->own_name;
    item->from.is_moved = is_moved;
    item->n_dims = item->from.rows > 1 ? 2 : 1;
    item->dims[0] = item->from.columns;
    item->dims[1] = item->from.rows;
    items->n++;
    return 0;
}

/* What each frequency is divided by where a model slows down its long waves (Llama 3.1). */
static int add_rope_factors(struct merged_items *items, const struct config *c,
                            struct llmx_error *err)
{
    struct merged_item *item = &items->items[items->n];
    int half = c->head_dim / 2;
    if (c->rope_scaling.factor == 0 || c->rope_scaling.is_linear)
        return 0;
    item->values = mem_array((size_t)half, sizeof *item->values, err);
    if (!item->values)
        return -1;
    for (int i = 0; i < half; i++)
        item->values[i] =
            (float)(pow(c->rope_theta, -2.0 * i / c->head_dim) / rope_frequency(c, i));
    item->name = "rope_freqs.weight";
    item->n_dims = 1;
    item->dims[0] = (uint64_t)half;
    items->n++;
    return 0;
}

int merge_convert(struct merged_items *items, struct gguf_writer *w, const struct merging *m,
                  struct llmx_error *err)
{
    const struct config *c = &m->config;
    size_t most = (size_t)c->layers * ITEMS_A_LAYER + ITEMS_MORE;
    bool moves = merging_permutes(c, LINEAR_Q);
    if (put_keys(w, m, err) != 0 || !(items->items = mem_array(most, sizeof *items->items, err)))
        return -1;
    if (add(items, m, TENSOR_EMBEDDING, 0, false, err) != 0 ||
        add(items, m, TENSOR_FINAL_NORM, 0, false, err) != 0 ||
        (!c->is_tied && add(items, m, TENSOR_HEAD, 0, false, err) != 0) ||
        add_rope_factors(items, c, err) != 0)
        return -1;
    for (int layer = 0; layer < c->layers; layer++) {
        if (moves && (source_has(&m->source, TENSOR_QUERY_BIAS, layer) ||
                      source_has(&m->source, TENSOR_KEY_BIAS, layer)))
            return err_set(err, LLMX_UNSUPPORTED, "%s: biases of queries in this family",
                           m->source.path);
        for (int role = TENSOR_ATTENTION_NORM; role <= TENSOR_DOWN; role++)
            if (add(items, m, (enum tensor_role)role, layer,
                    moves && (role == TENSOR_QUERY || role == TENSOR_KEY), err) != 0)
                return -1;
    }
    return 0;
}
