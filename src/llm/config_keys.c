#include "llm/config_keys.h"

#include "llm/known_keys.h"

#include <math.h>
#include <string.h>

#define KNOWN(NAME)                                                                                \
    {                                                                                              \
        NAME, NULL, NULL                                                                           \
    }
#define COUNT_OF(ARRAY)     (sizeof(ARRAY) / sizeof((ARRAY)[0]))
#define QUANTISED_ELSEWHERE "take the model as it was before quantisation, or a GGUF file of it"

/* What some values must agree with. */
struct sizes {
    int head_dim, window;
};

static bool is_text(const json_t *value, const char *text)
{
    return json_is_null(value) ||
           (json_is_string(value) && strcmp(json_string_value(value), text) == 0);
}

static bool is_silu(const json_t *value, const void *context)
{
    (void)context;
    return is_text(value, "silu") || is_text(value, "swish");
}

static bool is_rope(const json_t *value, const void *context)
{
    (void)context;
    return is_text(value, "rope") || is_text(value, "rotary");
}

/* All layers attend alike: through the window where the model has one. */
static bool is_one_type(const json_t *value, const void *context)
{
    const struct sizes *sizes = context;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!is_text(json_array_get(value, i),
                     sizes->window ? "sliding_attention" : "full_attention"))
            return false;
    return json_is_null(value) || json_is_array(value);
}

/* A 1 for each layer that turns its queries and keys: all do. */
static bool is_all_ones(const json_t *value, const void *context)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!key_is_one(json_array_get(value, i), context))
            return false;
    return json_is_null(value) || json_is_array(value);
}

/* Scores are divided by the root of a head's size. */
static bool is_usual_scale(const json_t *value, const void *context)
{
    const struct sizes *sizes = context;
    const double scale = json_number_value(value);
    return json_is_null(value) ||
           (json_is_number(value) && fabs(scale * sqrt(sizes->head_dim) - 1) < 1e-5);
}

static bool is_usual_or_zero_scale(const json_t *value, const void *context)
{
    return is_usual_scale(value, context) ||
           (json_is_number(value) && json_number_value(value) == 0);
}

static bool is_head_size(const json_t *value, const void *context)
{
    const struct sizes *sizes = context;
    return json_number_value(value) == sizes->head_dim;
}

/* ---- config.json ---- */

/* First what decides, then what is read elsewhere, then what only matters when training, sampling, saving or showing. */
static const struct known_key json_keys[] = {
    {"quantization_config", key_is_off, QUANTISED_ELSEWHERE},
    {"quantization", key_is_off, QUANTISED_ELSEWHERE},
    {"compression_config", key_is_off, QUANTISED_ELSEWHERE},
    {"hidden_act", is_silu, NULL},
    {"hidden_activation", is_silu, NULL},
    {"activation_function", is_silu, NULL},
    {"position_embedding_type", is_rope, NULL},
    {"mlp_bias", key_is_off, NULL},
    {"use_sliding_window", key_is_off, NULL},
    {"attn_logit_softcapping", key_is_off, NULL},
    {"final_logit_softcapping", key_is_off, NULL},
    {"num_experts", key_is_off, NULL},
    {"num_local_experts", key_is_off, NULL},
    {"num_nextn_predict_layers", key_is_off, NULL},
    {"use_qk_norm", key_is_off, NULL},
    {"qk_layernorm", key_is_off, NULL},
    {"clip_qkv", key_is_off, NULL},
    {"alibi", key_is_off, NULL},
    {"layer_types", is_one_type, NULL},
    {"no_rope_layers", is_all_ones, NULL},
    {"partial_rotary_factor", key_is_one, NULL},
    {"rotary_pct", key_is_one, NULL},
    {"embedding_multiplier", key_is_one, NULL},
    {"residual_multiplier", key_is_one, NULL},
    {"attention_multiplier", is_usual_scale, NULL},
    {"query_pre_attn_scalar", is_head_size, NULL},
    {"logits_scaling", key_is_one, NULL},
    {"logit_scale", key_is_one, NULL},
    {"tie_word_embeddings", key_is_boolean, NULL},
    KNOWN("model_type"),
    KNOWN("hidden_size"),
    KNOWN("num_hidden_layers"),
    KNOWN("num_attention_heads"),
    KNOWN("num_key_value_heads"),
    KNOWN("head_dim"),
    KNOWN("intermediate_size"),
    KNOWN("vocab_size"),
    KNOWN("max_position_embeddings"),
    KNOWN("rms_norm_eps"),
    KNOWN("rope_theta"),
    KNOWN("rope_scaling"),
    KNOWN("rope_parameters"),
    KNOWN("sliding_window"),    /* without use_sliding_window, Mistral's models alone have one */
    KNOWN("max_window_layers"), /* of use_sliding_window */
    KNOWN("attention_bias"),    /* the tensors say which there are */
    KNOWN("bos_token_id"),
    KNOWN("eos_token_id"),
    KNOWN("pad_token_id"),
    KNOWN("sep_token_id"),
    KNOWN("unk_token_id"),
    KNOWN("architectures"),
    KNOWN("auto_map"),
    KNOWN("is_decoder"),
    KNOWN("is_llama_config"),
    KNOWN("original_max_position_embeddings"),
    KNOWN("max_sequence_length"),
    KNOWN("model_max_length"),
    KNOWN("tokenizer_model_max_length"),
    KNOWN("max_length"),
    KNOWN("min_length"),
    KNOWN("seq_length"),
    KNOWN("n_positions"),
    KNOWN("n_ctx"),
    KNOWN("pretraining_tp"),
    KNOWN("initializer_range"),
    KNOWN("initializer_factor"),
    KNOWN("attention_dropout"),
    KNOWN("hidden_dropout"),
    KNOWN("hidden_dropout_prob"),
    KNOWN("attention_probs_dropout_prob"),
    KNOWN("classifier_dropout"),
    KNOWN("dropout"),
    KNOWN("layerdrop"),
    KNOWN("resid_pdrop"),
    KNOWN("embd_pdrop"),
    KNOWN("attn_pdrop"),
    KNOWN("gradient_checkpointing"),
    KNOWN("use_cache"),
    KNOWN("use_flash_attn"),
    KNOWN("use_flash_attention"),
    KNOWN("torchscript"),
    KNOWN("use_bfloat16"),
    KNOWN("return_dict"),
    KNOWN("return_dict_in_generate"),
    KNOWN("output_attentions"),
    KNOWN("output_hidden_states"),
    KNOWN("output_scores"),
    KNOWN("remove_invalid_values"),
    KNOWN("chunk_size_feed_forward"),
    KNOWN("do_sample"),
    KNOWN("early_stopping"),
    KNOWN("temperature"),
    KNOWN("top_k"),
    KNOWN("top_p"),
    KNOWN("typical_p"),
    KNOWN("repetition_penalty"),
    KNOWN("length_penalty"),
    KNOWN("diversity_penalty"),
    KNOWN("num_beams"),
    KNOWN("num_beam_groups"),
    KNOWN("num_return_sequences"),
    KNOWN("no_repeat_ngram_size"),
    KNOWN("encoder_no_repeat_ngram_size"),
    KNOWN("bad_words_ids"),
    KNOWN("suppress_tokens"),
    KNOWN("begin_suppress_tokens"),
    KNOWN("forced_bos_token_id"),
    KNOWN("forced_eos_token_id"),
    KNOWN("decoder_start_token_id"),
    KNOWN("id2label"),
    KNOWN("label2id"),
    KNOWN("num_labels"),
    KNOWN("task_specific_params"),
    KNOWN("transformers.js_config"),
    KNOWN("unsloth_fixed"),
};

int config_keys_check_json(const json_t *root, int head_dim, int window, const char *path,
                           struct llmx_error *err)
{
    const struct sizes sizes = {head_dim, window};
    return known_keys_check(root, json_keys, COUNT_OF(json_keys), &sizes, "", path, err);
}

int config_keys_check_rope(const json_t *rope, const char *path, struct llmx_error *err)
{
    static const struct known_key keys[] = {
        {"partial_rotary_factor", key_is_one, NULL},
        {"attention_factor", key_is_one, NULL},
        KNOWN("rope_theta"),
        KNOWN("rope_type"),
        KNOWN("type"),
        KNOWN("factor"),
        KNOWN("low_freq_factor"),
        KNOWN("high_freq_factor"),
        KNOWN("original_max_position_embeddings"),
        KNOWN("finetuned"),
    };
    return known_keys_check(rope, keys, COUNT_OF(keys), NULL, "rope_scaling.", path, err);
}

/* ---- GGUF ---- */

/* Behind the family's name. */
static const struct known_key gguf_keys[] = {
    {"attention.value_length", is_head_size, NULL},
    {"attention.scale", is_usual_or_zero_scale, NULL},
    {"attention.causal", key_is_on, NULL},
    {"rope.scaling.attn_factor", key_is_no_factor, NULL},
    {"logit_scale", key_is_no_factor, NULL},
    {"embedding_scale", key_is_no_factor, NULL},
    {"residual_scale", key_is_no_factor, NULL},
    {"attn_logit_softcapping", key_is_off, NULL},
    {"final_logit_softcapping", key_is_off, NULL},
    {"attention.clamp_kqv", key_is_off, NULL},
    {"attention.max_alibi_bias", key_is_off, NULL},
    {"attention.sliding_window_pattern", key_is_off, NULL},
    {"rope.dimension_sections", key_is_off, NULL},
    {"expert_count", key_is_off, NULL},
    {"use_parallel_residual", key_is_off, NULL},
    KNOWN("embedding_length"),
    KNOWN("block_count"),
    KNOWN("attention.head_count"),
    KNOWN("attention.head_count_kv"),
    KNOWN("attention.key_length"),
    KNOWN("attention.layer_norm_rms_epsilon"),
    KNOWN("attention.sliding_window"),
    KNOWN("feed_forward_length"),
    KNOWN("context_length"),
    KNOWN("vocab_size"),
    KNOWN("rope.dimension_count"),
    KNOWN("rope.freq_base"),
    KNOWN("rope.scale_linear"),
    KNOWN("rope.scaling.type"),
    KNOWN("rope.scaling.factor"),
    KNOWN("rope.scaling.finetuned"),
    KNOWN("rope.scaling.original_context_length"),
    KNOWN("tensor_data_layout"),
    KNOWN("pooling_type"), /* of embeddings of texts */
};

/* A value as JSON has it; of an array, whether it is empty. */
static json_t *value_json(const struct gguf *gguf, const char *key, const struct gguf_value *value)
{
    double real = 0;
    if (value->kind == GGUF_TEXT)
        return json_stringn((const char *)value->data, (size_t)value->n);
    if (value->kind == GGUF_ARRAY)
        return value->n ? json_pack("[s]", "...") : json_array();
    if (value->kind == GGUF_BOOL)
        return json_boolean(*value->data);
    gguf_real(gguf, key, &real, NULL);
    return json_real(isfinite(real) ? real : -1);
}

int config_keys_check_gguf(const struct gguf *gguf, const char *family, int head_dim,
                           struct llmx_error *err)
{
    const struct sizes sizes = {.head_dim = head_dim};
    char prefix[32];
    const size_t n = (size_t)snprintf(prefix, sizeof prefix, "%s.", family);
    json_t *object = json_object();
    int result = 0;
    for (uint32_t i = 0; object && result == 0 && i < gguf->keys.count; i++) {
        const char *key = names_get(&gguf->keys, i, NULL);
        if (strncmp(key, prefix, n) != 0)
            continue;
        json_t *value = value_json(gguf, key, &gguf->values[i]);
        if (value) /* else a text that is not UTF-8: no number, so no matter */
            result = json_object_set_new_nocheck(object, key + n, value);
    }
    if (!object || result != 0)
        err_set(err, LLMX_NO_MEMORY, "out of memory for the keys of %s", gguf->path);
    else
        result = known_keys_check(object, gguf_keys, COUNT_OF(gguf_keys), &sizes, prefix,
                                  gguf->path, err);
    json_decref(object);
    return object ? result : -1;
}
