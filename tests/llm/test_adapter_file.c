/* PEFT's adapters are read to the last bit, ours hold the same values under the same names, and an adapter that does
 * not belong to the model is refused with the tensor's name. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "format/safetensors.h"
#include "llm/adapter_file.h"
#include "llm/config_read.h"

static const char *const models[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                     "mistral",    "qwen2",      "qwen3"};

static struct config config_of(const char *model)
{
    char path[200];
    struct config config;
    struct llmx_error err = {0};
    snprintf(path, sizeof path, "tests/golden/llm/%s", model);
    if (config_from_folder(&config, path, &err) != 0)
        fail_msg("%s", err.message);
    return config;
}

static struct lora *read_adapter(const char *path, const struct config *config)
{
    struct lora *lora = NULL;
    struct llmx_error err = {0};
    if (adapter_read(&lora, path, config, &err) != 0)
        fail_msg("%s", err.message);
    return lora;
}

static void check_same_tensors(const char *a, const char *b)
{
    struct safetensors ours = {0}, theirs = {0};
    assert_int_equal(safetensors_open(&ours, a, NULL), 0);
    assert_int_equal(safetensors_open(&theirs, b, NULL), 0);
    assert_int_equal(ours.names.count, theirs.names.count);
    for (uint32_t i = 0; i < ours.names.count; i++) {
        const char *name = names_get(&ours.names, i, NULL);
        const struct st_tensor *x = safetensors_find(&ours, name),
                               *y = safetensors_find(&theirs, name);
        assert_non_null(y);
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->size, y->size);
        assert_memory_equal(x->dims, y->dims, sizeof x->dims);
        assert_memory_equal(x->data, y->data, x->size);
    }
    safetensors_release(&ours);
    safetensors_release(&theirs);
}

static void test_adapter__round_trip_of_what_peft_wrote(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        char path[200];
        const struct config config = config_of(models[i]);
        snprintf(path, sizeof path, "tests/golden/llm/%s/adapter", models[i]);
        struct lora *lora = read_adapter(path, &config);
        assert_int_equal(lora->rank, 4);
        assert_near(lora_scale(lora), 2, 0);
        assert_int_equal(lora->targets, (1 << LINEARS) - 1);
        assert_int_equal(adapter_write(lora, test_path("ours"), "tiny", NULL), 0);
        strcat(path, "/adapter_model.safetensors");
        check_same_tensors(test_path("ours/adapter_model.safetensors"), path);
        struct lora *again = read_adapter(test_path("ours"), &config);
        assert_memory_equal(lora->values, again->values, lora->n * sizeof(float));
        lora_destroy(again);
        lora_destroy(lora);
    }
}

static void test_adapter__options_survive(void **state)
{
    (void)state;
    const struct config config = config_of("qwen2");
    struct lora *lora = NULL;
    assert_int_equal(lora_create(&lora, &config, 2, 1u << LINEAR_Q | 1u << LINEAR_V, NULL), 0);
    lora->alpha = 12.5f, lora->dropout = 0.05f, lora->is_rank_stabilised = true;
    for (size_t i = 0; i < lora->n; i++)
        lora->values[i] = (float)i;
    assert_int_equal(adapter_write(lora, test_path("options"), NULL, NULL), 0);
    struct lora *again = read_adapter(test_path("options"), &config);
    assert_int_equal(again->rank, 2);
    assert_int_equal(again->targets, lora->targets);
    assert_true(again->is_rank_stabilised);
    assert_near(again->alpha, 12.5, 0);
    assert_near(again->dropout, 0.05f, 0);
    assert_int_equal(again->n, lora->n);
    assert_memory_equal(again->values, lora->values, lora->n * sizeof(float));
    lora_destroy(again);
    lora_destroy(lora);
}

static void check_refused(const char *path, const struct config *config, enum llmx_code code,
                          const char *says)
{
    struct lora *lora = NULL;
    struct llmx_error err = {0};
    assert_int_equal(adapter_read(&lora, path, config, &err), -1);
    assert_contains(err.message, says);
    assert_int_equal(err.code, code);
    assert_null(lora);
}

static void test_adapter__of_another_model_names_the_tensor(void **state)
{
    (void)state;
    struct config config = config_of("qwen2");
    const char *path = "tests/golden/llm/qwen2/adapter";
    config.layers++;
    check_refused(
        path, &config, LLMX_MISMATCH,
        "tensor base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight is missing");
    config.layers -= 2;
    check_refused(path, &config, LLMX_MISMATCH,
                  "layers.1.mlp.down_proj.lora_A.weight has no place in this model of 1 layers");
    config = config_of("qwen2");
    config.ffn += 4;
    check_refused(path, &config, LLMX_MISMATCH,
                  "layers.0.mlp.gate_proj.lora_B.weight is 96 x 4 and must be 100 x 4");
}

/* The golden adapter with other options. */
static const char *with_config(const char *text)
{
    assert_int_equal(test_shell("mkdir -p $T/odd && cp "
                                "tests/golden/llm/qwen2/adapter/adapter_model.safetensors $T/odd",
                                NULL),
                     0);
    test_file("odd/adapter_config.json", text);
    return test_path("odd");
}

static void test_adapter__config_that_does_not_fit(void **state)
{
    (void)state;
    const struct config config = config_of("qwen2");
    static const struct {
        const char *text;
        enum llmx_code code;
        const char *says;
    } cases[] = {
        {"{", LLMX_BAD_INPUT, "odd/adapter_config.json:1: not valid JSON"},
        {"{}", LLMX_BAD_INPUT, "\"peft_type\" is missing"},
        {"{\"peft_type\":\"IA3\"}", LLMX_UNSUPPORTED, "type IA3"},
        {"{\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"use_dora\":true}", LLMX_UNSUPPORTED,
         "\"use_dora\" is true"},
        {"{\"peft_type\":\"LORA\",\"r\":4,\"lora_alpha\":8,\"alpha_pattern\":{\"q_proj\":2}}",
         LLMX_UNSUPPORTED, "\"alpha_pattern\" is {\"q_proj\":2}"},
        {"{\"peft_type\":\"LORA\",\"r\":0,\"lora_alpha\":8}", LLMX_BAD_INPUT, "\"r\" must be"},
        {"{\"peft_type\":\"LORA\",\"r\":4}", LLMX_BAD_INPUT, "\"lora_alpha\" must be"},
        {"{\"peft_type\":\"LORA\",\"r\":8,\"lora_alpha\":8}", LLMX_MISMATCH,
         "layers.0.self_attn.q_proj.lora_A.weight is 4 x 64 and must be 8 x 64"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_refused(with_config(cases[i].text), &config, cases[i].code, cases[i].says);
    check_refused(test_path("nowhere"), &config, LLMX_NOT_FOUND, "nowhere/adapter_config.json");
}

static void test_adapter__value_that_is_no_number(void **state)
{
    (void)state;
    const struct config config = config_of("qwen2");
    struct lora *lora = read_adapter("tests/golden/llm/qwen2/adapter", &config);
    lora->values[lora_pair_of(lora, 1, LINEAR_O)->b] = NAN;
    assert_int_equal(adapter_write(lora, test_path("nan"), NULL, NULL), 0);
    check_refused(test_path("nan"), &config, LLMX_BAD_INPUT,
                  "layers.1.self_attn.o_proj.lora_B.weight holds a value that is no number");
    lora_destroy(lora);
}

static int read_and_write(void *context, struct llmx_error *err)
{
    struct lora *lora;
    if (adapter_read(&lora, "tests/golden/llm/qwen2/adapter", context, err) != 0)
        return -1;
    int result = adapter_write(lora, test_path("memory"), NULL, err);
    lora_destroy(lora);
    return result;
}

static void test_adapter__survives_any_failing_allocation(void **state)
{
    (void)state;
    struct config config = config_of("qwen2");
    assert_true(failing_alloc_each(read_and_write, &config) > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adapter__round_trip_of_what_peft_wrote),
        cmocka_unit_test(test_adapter__options_survive),
        cmocka_unit_test(test_adapter__of_another_model_names_the_tensor),
        cmocka_unit_test(test_adapter__config_that_does_not_fit),
        cmocka_unit_test(test_adapter__value_that_is_no_number),
        cmocka_unit_test(test_adapter__survives_any_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
