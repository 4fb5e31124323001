/* Merged models score as base and adapter do together, and exported adapters hold what llama.cpp adds. */
#include "base/file.h"
#include "llm/adapter_file.h"
#include "llm/config_read.h"
#include "llmxrec/adapter.h"

#include "support/failing_alloc.h"
#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define GOLDEN  "tests/golden/llm/"
#define BASE    GOLDEN "llama-tied.f32.gguf"
#define ADAPTER GOLDEN "llama-tied/adapter"

static const char *const folders[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                      "mistral",    "qwen2",      "qwen3"};

static void merge(const char *base, const char *adapter, const char *type, const char *out)
{
    struct llmx_error err;
    if (llmx_adapter_merge(base, adapter, type, out, &err) != 0)
        fail_msg("%s", err.message);
}

/* Against what PEFT scores after its last step. */
static void check_scores(const char *path, const char *folder, double worst, double mean)
{
    struct llmx_model *model = NULL;
    struct llmx_model_options options = {.precision = LLMX_PRECISION_F32, .threads = 1};
    struct llmx_error err;
    char golden_path[256];
    snprintf(golden_path, sizeof golden_path, GOLDEN "%s/lora.json", folder);
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    json_t *golden = json_load_file(golden_path, 0, NULL);
    const json_t *one, *value;
    size_t t, i;
    json_array_foreach(json_object_get(golden, "after_last_step"), t, one)
    {
        int32_t ids[256];
        float scores[256];
        double sum = 0;
        json_array_foreach(json_object_get(one, "ids"), i, value)
        {
            ids[i] = (int32_t)json_integer_value(value);
        }
        assert_int_equal(llmx_score(model, NULL, ids, (int)i, scores, &err), 0);
        json_array_foreach(json_object_get(one, "next_logprob"), i, value)
        {
            assert_near(scores[i], json_number_value(value), worst);
            sum += fabs(scores[i] - json_number_value(value));
        }
        assert_near(sum / (double)i, 0, mean);
    }
    assert_true(t > 0);
    json_decref(golden);
    llmx_model_destroy(model);
}

static void test_merge__into_gguf_scores_as_base_and_adapter(void **state)
{
    (void)state;
    static const char *const types[] = {"f32", "f16", "bf16", "q8_0"};
    static const double worst[] = {2e-4, 5e-3, 5e-2, 0.2}, mean[] = {2e-4, 2e-3, 2e-2, 0.05};
    for (int i = 0; i < 4; i++) {
        merge(BASE, ADAPTER, types[i], test_path("merged.gguf"));
        check_scores(test_path("merged.gguf"), "llama-tied", worst[i], mean[i]);
    }
}

static void test_merge__turns_folders_into_gguf(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        char base[256], adapter[256];
        snprintf(base, sizeof base, GOLDEN "%s", folders[f]);
        snprintf(adapter, sizeof adapter, GOLDEN "%s/adapter", folders[f]);
        merge(base, adapter, "f32", test_path("folder.gguf"));
        check_scores(test_path("folder.gguf"), folders[f], 2e-4, 2e-4);
    }
}

/* The tokenizer that was written gives a text the ids that the folder's gives it. */
static void check_tokenizer(const char *folder)
{
    struct llmx_tokenizer *before, *after;
    struct llmx_error err;
    char base[256], adapter[256];
    snprintf(base, sizeof base, GOLDEN "%s", folder);
    snprintf(adapter, sizeof adapter, GOLDEN "%s/adapter", folder);
    merge(base, adapter, NULL, test_path("tokens.gguf"));
    assert_int_equal(llmx_tokenizer_open(&before, base, &err), 0);
    assert_int_equal(llmx_tokenizer_open(&after, test_path("tokens.gguf"), &err), 0);
    static const char *const texts[] = {
        "Because you watched \"Heat\" (1995), the customer's film is a drama with action.",
        "  two  spaces\n\n\tand 12345 numbers, l'\xc3\xa9t\xc3\xa9 \xe5\x8d\x83 \xf0\x9f\x8e\xac",
        "<|im_start|>user\nHello there<|im_end|>\n",
        "the the The THE they've we'll I'd",
        " a",
        ""};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int32_t *a, *b;
        int n = llmx_tokenize(before, texts[i], strlen(texts[i]), 1, 1, &a, &err);
        int k = llmx_tokenize(after, texts[i], strlen(texts[i]), 1, 1, &b, &err);
        assert_int_equal(n, k);
        assert_memory_equal(a, b, (size_t)n * sizeof *a);
        free(a);
        free(b);
    }
    llmx_tokenizer_destroy(before);
    llmx_tokenizer_destroy(after);
}

static void test_merge__writes_the_folders_tokenizer(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++)
        check_tokenizer(folders[f]);
}

static void test_merge__into_a_folder_scores_as_base_and_adapter(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++) {
        char base[256], adapter[256];
        snprintf(base, sizeof base, GOLDEN "%s", folders[f]);
        snprintf(adapter, sizeof adapter, GOLDEN "%s/adapter", folders[f]);
        directory_remove(test_path("merged"));
        merge(base, adapter, NULL, test_path("merged"));
        check_scores(test_path("merged"), folders[f], 2e-4, 2e-4);
    }
}

static void test_merge__keeps_every_key(void **state)
{
    (void)state;
    struct gguf before, after;
    struct llmx_error err;
    merge(BASE, ADAPTER, "q8_0", test_path("keys.gguf"));
    assert_int_equal(gguf_open(&before, BASE, &err), 0);
    assert_int_equal(gguf_open(&after, test_path("keys.gguf"), &err), 0);
    assert_int_equal(gguf_integer_or(&after, "general.file_type", -1), 7);
    for (uint32_t i = 0; i < before.keys.count; i++) {
        const char *key = names_get(&before.keys, i, NULL);
        const struct gguf_value *a = &before.values[i], *b = gguf_find(&after, key);
        if (strcmp(key, "general.file_type") == 0 ||
            strcmp(key, "general.quantization_version") == 0)
            continue;
        assert_non_null(b);
        assert_int_equal(a->kind, b->kind);
        assert_int_equal(a->size, b->size);
        assert_memory_equal(a->data, b->data, a->size);
    }
    assert_int_equal(before.names.count, after.names.count);
    assert_int_equal(gguf_find_tensor(&after, "blk.0.attn_q.weight")->type, DTYPE_Q8_0);
    assert_int_equal(gguf_find_tensor(&after, "output_norm.weight")->type, DTYPE_F32);
    gguf_release(&before);
    gguf_release(&after);
}

/* alpha / rank B A of the exported file, in its own order of rows, is what merging added to the base's file. */
static void test_export__holds_what_merging_adds(void **state)
{
    (void)state;
    static const char *const names[] = {"attn_q", "attn_k",   "attn_v",  "attn_output",
                                        "ffn_up", "ffn_gate", "ffn_down"};
    struct llmx_error err;
    struct gguf base, merged, lora;
    double alpha;
    merge(BASE, ADAPTER, "f32", test_path("merged.gguf"));
    assert_int_equal(llmx_adapter_export(BASE, ADAPTER, test_path("lora.gguf"), &err), 0);
    assert_int_equal(gguf_open(&base, BASE, &err), 0);
    assert_int_equal(gguf_open(&merged, test_path("merged.gguf"), &err), 0);
    assert_int_equal(gguf_open(&lora, test_path("lora.gguf"), &err), 0);
    assert_int_equal(gguf_real(&lora, "adapter.lora.alpha", &alpha, NULL), 0);
    assert_near(alpha, 8, 0);
    for (int i = 0; i < 7; i++) {
        char name[3][64];
        snprintf(name[0], sizeof name[0], "blk.1.%s.weight", names[i]);
        snprintf(name[1], sizeof name[1], "blk.1.%s.weight.lora_a", names[i]);
        snprintf(name[2], sizeof name[2], "blk.1.%s.weight.lora_b", names[i]);
        const struct gguf_tensor *before = gguf_find_tensor(&base, name[0]);
        const struct gguf_tensor *after = gguf_find_tensor(&merged, name[0]);
        const struct gguf_tensor *a = gguf_find_tensor(&lora, name[1]);
        const struct gguf_tensor *b = gguf_find_tensor(&lora, name[2]);
        assert_true(before && after && a && b);
        size_t in = a->dims[0], rank = a->dims[1], out = b->dims[1];
        assert_true(b->dims[0] == rank && before->dims[0] == in && before->dims[1] == out);
        const float *w = (const void *)before->data, *m = (const void *)after->data;
        const float *av = (const void *)a->data, *bv = (const void *)b->data;
        double largest = 0;
        for (size_t r = 0; r < out; r++)
            for (size_t c = 0; c < in; c++) {
                double sum = 0;
                for (size_t k = 0; k < rank; k++)
                    sum += (double)bv[r * rank + k] * (double)av[k * in + c];
                assert_near(m[r * in + c] - w[r * in + c], 8.0 / (double)rank * sum, 1e-6);
                largest = fmax(largest, fabs(sum));
            }
        assert_true(largest > 1e-3);
    }
    gguf_release(&base);
    gguf_release(&merged);
    gguf_release(&lora);
}

static void check_text(const struct gguf *gguf, const char *key, const char *want)
{
    size_t n;
    const char *text = gguf_text(gguf, key, &n);
    assert_non_null(text);
    assert_int_equal(n, strlen(want));
    assert_memory_equal(text, want, n);
}

/* A folder of the same model gives the same file as its GGUF; families that llama.cpp does not permute keep order. */
static void test_export__from_a_folder_is_the_same(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_int_equal(llmx_adapter_export(BASE, ADAPTER, test_path("a.gguf"), &err), 0);
    assert_int_equal(llmx_adapter_export(GOLDEN "llama-tied", ADAPTER, test_path("b.gguf"), &err),
                     0);
    test_command("cmp $T/a.gguf $T/b.gguf", 0, "");
    struct gguf gguf;
    struct config config;
    struct lora *lora;
    assert_int_equal(
        llmx_adapter_export(GOLDEN "qwen3", GOLDEN "qwen3/adapter", test_path("c.gguf"), &err), 0);
    assert_int_equal(gguf_open(&gguf, test_path("c.gguf"), &err), 0);
    check_text(&gguf, "general.architecture", "qwen3");
    check_text(&gguf, "general.type", "adapter");
    check_text(&gguf, "adapter.type", "lora");
    assert_int_equal(config_from_folder(&config, GOLDEN "qwen3", &err), 0);
    assert_int_equal(adapter_read(&lora, GOLDEN "qwen3/adapter", &config, &err), 0);
    const struct lora_pair *q = lora_pair_of(lora, 0, LINEAR_Q);
    const struct gguf_tensor *b = gguf_find_tensor(&gguf, "blk.0.attn_q.weight.lora_b");
    assert_memory_equal(b->data, lora->values + q->b,
                        (size_t)q->out * (size_t)q->rank * sizeof(float));
    lora_destroy(lora);
    gguf_release(&gguf);
}

static void refuse(const char *base, const char *adapter, const char *type, const char *out,
                   enum llmx_code code, const char *part)
{
    struct llmx_error err;
    assert_int_equal(llmx_adapter_merge(base, adapter, type, out, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
}

static void test_merge__refuses_what_it_cannot_do(void **state)
{
    (void)state;
    const char *file = test_path("no.gguf"), *folder = test_path("no");
    refuse(BASE, ADAPTER, NULL, folder, LLMX_UNSUPPORTED, "ends in .gguf");
    refuse(GOLDEN "qwen2", GOLDEN "qwen2/adapter", "f16", folder, LLMX_BAD_OPTION, "--type");
    refuse(BASE, ADAPTER, "q2_k", file, LLMX_BAD_OPTION, "q8_0");
    refuse(BASE, GOLDEN "qwen3/adapter", NULL, file, LLMX_MISMATCH, "q_proj");
    refuse(GOLDEN "qwen2", GOLDEN "qwen2/adapter", NULL, GOLDEN "../llm/qwen2", LLMX_BAD_OPTION,
           "the base model itself");
    assert_int_not_equal(access(file, F_OK), 0);
    assert_int_not_equal(access(folder, F_OK), 0);
}

static int merge_and_export(void *context, struct llmx_error *err)
{
    (void)context;
    return llmx_adapter_merge(BASE, ADAPTER, "q8_0", test_path("m.gguf"), err) ||
                   llmx_adapter_export(BASE, ADAPTER, test_path("e.gguf"), err)
               ? -1
               : 0;
}

static int merge_a_folder(void *context, struct llmx_error *err)
{
    (void)context;
    directory_remove(test_path("m"));
    if (llmx_adapter_merge(GOLDEN "qwen2", GOLDEN "qwen2/adapter", NULL, test_path("m"), err) != 0)
        return -1;
    return llmx_adapter_merge(GOLDEN "llama3-scaled", GOLDEN "llama3-scaled/adapter", "q8_0",
                              test_path("m.gguf"), err);
}

static void test_merge__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(merge_and_export, NULL) > 20);
    assert_true(failing_alloc_each(merge_a_folder, NULL) > 20);
}

static void test_merge__commands_say_what_is_wrong(void **state)
{
    (void)state;
    test_needs_program();
    test_command("$LLMXREC merge --base " BASE " --adapter " ADAPTER " --out $T/cli.gguf --quiet "
                 "&& $LLMXREC model $T/cli.gguf",
                 0, "F16");
    test_command("$LLMXREC export --base " BASE " --adapter " ADAPTER " --out $T/cli-lora.gguf", 0,
                 "");
    test_command("$LLMXREC merge --base " BASE " --adapter " ADAPTER " --out /dev/full", 1,
                 "ends in .gguf");
    test_command("$LLMXREC export --base " BASE " --adapter " ADAPTER " --out /dev/full", 1,
                 "No space left");
    test_command("$LLMXREC merge --base " BASE " --adapter " GOLDEN "qwen3 --out $T/x.gguf", 1,
                 "adapter_config.json");
    test_command("echo '{\"ids\":[5,6,7]}' | $LLMXREC score --base " GOLDEN
                 "qwen3 --adapter " ADAPTER,
                 1, "another model");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge__into_gguf_scores_as_base_and_adapter),
        cmocka_unit_test(test_merge__turns_folders_into_gguf),
        cmocka_unit_test(test_merge__writes_the_folders_tokenizer),
        cmocka_unit_test(test_merge__into_a_folder_scores_as_base_and_adapter),
        cmocka_unit_test(test_merge__keeps_every_key),
        cmocka_unit_test(test_export__holds_what_merging_adds),
        cmocka_unit_test(test_export__from_a_folder_is_the_same),
        cmocka_unit_test(test_merge__refuses_what_it_cannot_do),
        cmocka_unit_test(test_merge__survives_every_failed_allocation),
        cmocka_unit_test(test_merge__commands_say_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
