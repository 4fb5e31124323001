/* Models and adapters of other kinds: what would change the results is refused by its name, what does not is passed
 * over, and what llmxrec can compute is computed. */
#include "format/gguf_write.h"
#include "llm/adapter_file.h"
#include "llm/config_read.h"
#include "llm/source_config.h"
#include "llmxrec/llm.h"

#include "support/test.h"

#include <jansson.h>

#define GOLDEN "tests/golden/llm/"

/* ---- configurations of folders ---- */

/* The tiny Llama's configuration with one more key, or another value of one. */
static int read_with(const char *key, const char *value, struct llmx_error *err)
{
    struct config config;
    char *text = test_read(GOLDEN "llama-tied/config.json");
    json_t *root = json_loads(text, 0, NULL);
    free(text);
    assert_int_equal(json_object_set_new(root, key, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
    text = json_dumps(root, 0);
    test_file("config.json", text);
    free(text);
    json_decref(root);
    return config_from_folder(&config, test_directory(), err);
}

static void test_config__keys_without_a_place_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const keys[][2] = {
        {"no_rope_layers", "[1, 0]"},
        {"partial_rotary_factor", "0.5"},
        {"embedding_multiplier", "12.0"},
        {"residual_multiplier", "0.22"},
        {"attention_multiplier", "0.0078125"},
        {"logits_scaling", "8.0"},
        {"layer_types", "[\"full_attention\", \"sliding_attention\"]"},
        {"mlp_bias", "true"},
        {"hidden_act", "\"gelu_pytorch_tanh\""},
        {"rope_scaling", "{\"rope_type\": \"linear\", \"factor\": 2, \"mrope_section\": [1]}"},
        {"final_logit_softcapping", "30.0"},
        {"use_qk_norm", "true"},
        {"num_experts", "8"},
        {"quantization_config", "{\"quant_method\": \"gptq\", \"bits\": 4}"},
        {"quantization_config", "{\"quant_method\": \"awq\"}"},
        {"quantization_config", "{\"load_in_4bit\": true}"},
        {"something_new", "2"},
        {"something_new", "[0]"},
        {"tie_word_embeddings", "\"yes\""},
        {"rms_norm_eps", "\"1e-5\""},
        {"rope_theta", "\"10000\""},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct llmx_error err = {0};
        if (strcmp(keys[i][0], "rope_scaling") == 0) /* which rope_parameters overrule */
            assert_int_equal(read_with("rope_parameters", keys[i][1], &err), -1);
        else
            assert_int_equal(read_with(keys[i][0], keys[i][1], &err), -1);
        assert_contains(err.message,
                        strcmp(keys[i][0], "rope_scaling") == 0 ? "mrope_section" : keys[i][0]);
    }
}

static void test_config__quantised_folders_are_called_so(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    assert_int_equal(read_with("quantization_config", "{\"quant_method\": \"gptq\"}", &err), -1);
    assert_int_equal(err.code, LLMX_UNSUPPORTED);
    assert_contains(err.message, "\"quantization_config\" is {\"quant_method\":\"gptq\"}");
    assert_contains(err.message, "before quantisation, or a GGUF file");
}

static void test_config__keys_of_no_effect_are_passed_over(void **state)
{
    (void)state;
    static const char *const keys[][2] = {
        {"no_rope_layers", "[1, 1]"},
        {"partial_rotary_factor", "1.0"},
        {"attention_multiplier", "0.25"}, /* heads of 16 */
        {"logits_scaling", "1"},
        {"residual_multiplier", "null"},
        {"layer_types", "[\"full_attention\", \"full_attention\"]"},
        {"hidden_act", "\"silu\""},
        {"transformers_version", "\"9\""},
        {"something_new", "false"},
        {"something_new", "0"},
        {"something_new", "{}"},
        {"something_new", "\"a word\""},
        {"_attn_implementation_autoset", "true"},
        {"unsloth_fixed", "true"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct llmx_error err = {0};
        if (read_with(keys[i][0], keys[i][1], &err) != 0)
            fail_msg("%s", err.message);
    }
}

static void test_config__rope_scaling_needs_its_type(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    assert_int_equal(read_with("rope_parameters", "{\"factor\": 4.0}", &err), -1);
    assert_contains(err.message, "\"factor\" without a \"rope_type\"");
    assert_int_equal(read_with("rope_parameters", "{\"factor\": 4.0, \"type\": \"dynamic\"}", &err),
                     -1);
    assert_contains(err.message, "'dynamic'");
    assert_int_equal(
        read_with("rope_parameters", "{\"factor\": \"4\", \"type\": \"linear\"}", &err), -1);
    assert_contains(err.message, "'factor' must be a number");
    assert_int_equal(read_with("rope_parameters", "{\"factor\": 4, \"type\": \"linear\"}", &err),
                     0);
}

/* ---- GGUF files ---- */

enum extra { EXTRA_NUMBER, EXTRA_WORD, EXTRA_LIST, EXTRA_TENSOR };

/* The tiny Llama with one more key, or a tensor of 64 ones; the path. */
static const char *gguf_with(const char *name, enum extra kind, double value)
{
    static const float ones[64];
    struct gguf from;
    struct gguf_writer w = {0};
    const char *path = test_path("with.gguf");
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(gguf_open(&from, GOLDEN "llama-tied.f32.gguf", NULL), 0);
    for (uint32_t i = 0; i < from.keys.count; i++)
        gguf_writer_value(&w, names_get(&from.keys, i, NULL), &from.values[i]);
    if (kind == EXTRA_NUMBER)
        gguf_writer_f32(&w, name, (float)value);
    if (kind == EXTRA_WORD)
        gguf_writer_text(&w, name, "yarn");
    if (kind == EXTRA_LIST)
        gguf_writer_value(&w, name,
                          &(struct gguf_value){GGUF_ARRAY, GGUF_U32, 1, 4, (const void *)ones});
    for (uint32_t i = 0; i < from.names.count; i++)
        gguf_writer_tensor(&w, names_get(&from.names, i, NULL), from.tensors[i].type,
                           from.tensors[i].n_dims, from.tensors[i].dims);
    if (kind == EXTRA_TENSOR)
        gguf_writer_tensor(&w, name, DTYPE_F32, 1, (const uint64_t[]){(uint64_t)value});
    assert_int_equal(gguf_writer_begin(&w, f, NULL), 0);
    for (uint32_t i = 0; i < from.names.count; i++) {
        fwrite(from.tensors[i].data, 1, from.tensors[i].size, f);
        gguf_writer_pad(&w, from.tensors[i].size);
    }
    if (kind == EXTRA_TENSOR) {
        fwrite(ones, sizeof *ones, (size_t)value, f);
        gguf_writer_pad(&w, (size_t)value * sizeof *ones);
    }
    assert_int_equal(fclose(f), 0);
    gguf_writer_release(&w);
    gguf_release(&from);
    return path;
}

static int read_gguf(struct config *config, const char *path, struct llmx_error *err)
{
    struct source source;
    assert_int_equal(source_open(&source, path, err), 0);
    int result = source_config(config, &source, err);
    source_release(&source);
    return result;
}

static void test_gguf__keys_and_tensors_without_a_place_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum extra kind;
        double value;
    } cases[] = {
        {"llama.logit_scale", EXTRA_NUMBER, 8},
        {"llama.embedding_scale", EXTRA_NUMBER, 12},
        {"llama.residual_scale", EXTRA_NUMBER, 0.5},
        {"llama.attention.scale", EXTRA_NUMBER, 0.5},
        {"llama.attention.value_length", EXTRA_NUMBER, 32},
        {"llama.attention.clamp_kqv", EXTRA_NUMBER, 8},
        {"llama.final_logit_softcapping", EXTRA_NUMBER, 30},
        {"llama.expert_count", EXTRA_NUMBER, 8},
        {"llama.rope.dimension_sections", EXTRA_LIST, 0},
        {"llama.something_new", EXTRA_NUMBER, 2},
        {"llama.rope.scaling.factor", EXTRA_WORD, 0},
        {"llama.rope.scaling.type", EXTRA_WORD, 0},
        {"llama.attention.sliding_window", EXTRA_LIST, 0},
        {"blk.0.ffn_up.bias", EXTRA_TENSOR, 64},
        {"blk.0.attn_output.bias", EXTRA_TENSOR, 64},
        {"blk.1.attn_q_norm.weight", EXTRA_TENSOR, 16},
        {"blk.2.attn_norm.weight", EXTRA_TENSOR, 64},
        {"blk.-1.attn_norm.weight", EXTRA_TENSOR, 64},
        {"blk.01.attn_norm.weight", EXTRA_TENSOR, 64},
        {"output_norm.bias", EXTRA_TENSOR, 64},
        {"rope_factors_long.weight", EXTRA_TENSOR, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        struct llmx_error err = {0};
        if (read_gguf(&config, gguf_with(cases[i].name, cases[i].kind, cases[i].value), &err) == 0)
            fail_msg("%s was passed over", cases[i].name);
        if (strcmp(cases[i].name, "llama.rope.scaling.type") != 0)
            assert_contains(err.message, cases[i].name);
    }
}

static void test_gguf__keys_and_tensors_of_no_effect_are_passed_over(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum extra kind;
        double value;
    } cases[] = {
        {"llama.logit_scale", EXTRA_NUMBER, 0},
        {"llama.attention.scale", EXTRA_NUMBER, 0.25},
        {"llama.attention.scale", EXTRA_NUMBER, 0},
        {"llama.expert_count", EXTRA_NUMBER, 0},
        {"llama.tensor_data_layout", EXTRA_WORD, 0},
        {"general.something_new", EXTRA_NUMBER, 2},
        {"rope_freqs.weight", EXTRA_TENSOR, 8},
        {"llama.pooling_type", EXTRA_NUMBER, 3},
        {"llama.rope.scaling.factor", EXTRA_NUMBER, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct config config;
        struct llmx_error err = {0};
        if (read_gguf(&config, gguf_with(cases[i].name, cases[i].kind, cases[i].value), &err) != 0)
            fail_msg("%s", err.message);
        assert_near(config.rope_scaling.factor, 0, 0);
    }
}

static void test_gguf__a_factor_without_a_type_is_linear(void **state)
{
    (void)state;
    struct config config;
    static const char *const keys[] = {"llama.rope.scaling.factor", "llama.rope.scale_linear"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_gguf(&config, gguf_with(keys[i], EXTRA_NUMBER, 4), NULL), 0);
        assert_true(config.rope_scaling.is_linear);
        assert_near(config.rope_scaling.factor, 4, 0);
    }
    struct llmx_error err = {0};
    assert_int_equal(read_gguf(&config, gguf_with(keys[0], EXTRA_NUMBER, -1), &err), -1);
    assert_contains(err.message, "llama.rope.scaling is impossible: -1");
}

/* ---- adapters ---- */

/* The tiny Llama's adapter with another value of one key of its configuration. */
static int read_adapter_with(const char *key, const char *value, struct llmx_error *err)
{
    struct config config;
    struct lora *lora = NULL;
    assert_int_equal(config_from_folder(&config, GOLDEN "llama-tied", err), 0);
    assert_int_equal(
        test_shell("cp " GOLDEN "llama-tied/adapter/adapter_model.safetensors $T", NULL), 0);
    char *text = test_read(GOLDEN "llama-tied/adapter/adapter_config.json");
    json_t *root = json_loads(text, 0, NULL);
    free(text);
    assert_int_equal(json_object_set_new(root, key, json_loads(value, JSON_DECODE_ANY, NULL)), 0);
    text = json_dumps(root, 0);
    test_file("adapter_config.json", text);
    free(text);
    json_decref(root);
    int result = adapter_read(&lora, test_directory(), &config, err);
    lora_destroy(lora);
    return result;
}

static void test_adapter__variants_are_refused_by_name(void **state)
{
    (void)state;
    static const char *const keys[][2] = {
        {"init_lora_weights", "\"pissa\""},
        {"init_lora_weights", "\"pissa_niter_16\""},
        {"init_lora_weights", "\"olora\""},
        {"init_lora_weights", "\"corda\""},
        {"init_lora_weights", "\"loftq\""},
        {"init_lora_weights", "\"lora_ga\""},
        {"init_lora_weights", "\"what comes next\""},
        {"bias", "\"all\""},
        {"bias", "\"lora_only\""},
        {"lora_bias", "true"},
        {"rank_pattern", "{\"q_proj\": 8}"},
        {"alpha_pattern", "{\"q_proj\": 8}"},
        {"layers_to_transform", "0"},
        {"layers_to_transform", "[1]"},
        {"layer_replication", "[[0, 2], [1, 2]]"},
        {"modules_to_save", "[\"lm_head\"]"},
        {"trainable_token_indices", "[1]"},
        {"target_parameters", "[\"mlp.gate_up_proj\"]"},
        {"fan_in_fan_out", "true"},
        {"megatron_config", "{\"tensor_model_parallel_size\": 2}"},
        {"use_dora", "true"},
        {"use_qalora", "true"},
        {"use_bdlora", "{\"nblocks\": 2}"},
        {"arrow_config", "{\"top_k\": 3}"},
        {"alora_invocation_tokens", "[1, 2]"},
        {"use_rslora", "\"yes\""},
        {"something_new", "true"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct llmx_error err = {0};
        if (read_adapter_with(keys[i][0], keys[i][1], &err) == 0)
            fail_msg("\"%s\": %s was passed over", keys[i][0], keys[i][1]);
        assert_contains(err.message, keys[i][0]);
        assert_int_equal(err.code, LLMX_UNSUPPORTED);
    }
}

static void test_adapter__of_no_other_kind_is_read(void **state)
{
    (void)state;
    static const char *const keys[][2] = {
        {"init_lora_weights", "false"},
        {"init_lora_weights", "null"},
        {"init_lora_weights", "\"gaussian\""},
        {"init_lora_weights", "\"eva\""},
        {"init_lora_weights", "\"orthogonal\""},
        {"exclude_modules", "[\"lm_head\"]"},
        {"use_rslora", "true"},
        {"peft_version", "\"0.99\""},
        {"qalora_group_size", "32"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct llmx_error err = {0};
        if (read_adapter_with(keys[i][0], keys[i][1], &err) != 0)
            fail_msg("%s", err.message);
    }
}

static void test_adapter__named_as_in_a_running_model(void **state)
{
    (void)state;
    struct config config;
    struct lora *lora = NULL;
    struct llmx_error err = {0};
    assert_int_equal(config_from_folder(&config, GOLDEN "llama-tied", &err), 0);
    /* "lora_A.weight" in the header becomes a name of the same length */
    assert_int_equal(test_shell("cp " GOLDEN "llama-tied/adapter/* $T && sed -i "
                                "s/self_attn.q_proj.lora_A.weight/q_proj.lora_A.defaulted.weight/g "
                                "$T/adapter_model.safetensors",
                                NULL),
                     0);
    assert_int_equal(adapter_read(&lora, test_directory(), &config, &err), -1);
    assert_contains(err.message, "lora_A.default.weight");
    assert_contains(err.message, "save_pretrained");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_config__keys_without_a_place_are_refused_by_name),
        cmocka_unit_test(test_config__quantised_folders_are_called_so),
        cmocka_unit_test(test_config__keys_of_no_effect_are_passed_over),
        cmocka_unit_test(test_config__rope_scaling_needs_its_type),
        cmocka_unit_test(test_gguf__keys_and_tensors_without_a_place_are_refused_by_name),
        cmocka_unit_test(test_gguf__keys_and_tensors_of_no_effect_are_passed_over),
        cmocka_unit_test(test_gguf__a_factor_without_a_type_is_linear),
        cmocka_unit_test(test_adapter__variants_are_refused_by_name),
        cmocka_unit_test(test_adapter__of_no_other_kind_is_read),
        cmocka_unit_test(test_adapter__named_as_in_a_running_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
