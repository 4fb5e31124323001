/* Adapters at inference: as PEFT scores with them, folded into the weights or beside them, several at a time. */
#include "llm/adapter.h"

#include "base/cpu.h"
#include "llm/adapter_file.h"
#include "llmxrec/adapter.h"
#include "llmxrec/generate.h"

#include "support/failing_alloc.h"
#include "support/test.h"

#include <jansson.h>

#define GOLDEN "tests/golden/llm/"

static const char *const folders[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                      "mistral",    "qwen2",      "qwen3"};

static struct llmx_model *open_model(const char *path, enum llmx_precision precision,
                                     const char *adapter)
{
    struct llmx_error err;
    struct llmx_model *model = NULL;
    struct llmx_model_options options = {.precision = precision, .threads = 2, .adapter = adapter};
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

static struct llmx_adapter *open_adapter(const struct llmx_model *model, const char *path)
{
    struct llmx_error err;
    struct llmx_adapter *adapter = NULL;
    if (llmx_adapter_open(&adapter, model, path, &err) != 0)
        fail_msg("%s", err.message);
    return adapter;
}

static const char *in_golden(const char *folder, const char *file)
{
    static char path[4][256];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(path[turn], sizeof path[turn], GOLDEN "%s/%s", folder, file);
    return path[turn];
}

/* ---- against PEFT ---- */

/* The mean difference from what PEFT scores after its last step; in f32 every difference must be small. */
static void check_scores(const struct llmx_model *model, const struct llmx_adapter *adapter,
                         const char *folder, double worst_allowed, double mean_allowed)
{
    json_t *golden = json_load_file(in_golden(folder, "lora.json"), 0, NULL);
    const json_t *one, *value;
    size_t t, i;
    json_array_foreach(json_object_get(golden, "after_last_step"), t, one)
    {
        int32_t ids[256];
        float scores[256];
        struct llmx_error err;
        const json_t *want = json_object_get(one, "next_logprob");
        int n = (int)json_array_size(json_object_get(one, "ids"));
        assert_in_range(n, 2, 256);
        json_array_foreach(json_object_get(one, "ids"), i, value)
        {
            ids[i] = (int32_t)json_integer_value(value);
        }
        assert_int_equal(llmx_score(model, adapter, ids, n, scores, &err), 0);
        double sum = 0;
        for (int k = 0; k < n - 1; k++) {
            double wanted = json_number_value(json_array_get(want, (size_t)k));
            assert_near(scores[k], wanted, worst_allowed);
            sum += fabs(scores[k] - wanted);
        }
        assert_near(sum / (n - 1), 0, mean_allowed);
    }
    assert_true(t > 0);
    json_decref(golden);
}

/* Folded into the weights, and beside them. */
static void check_both_ways(const char *base, const char *folder, enum llmx_precision precision,
                            double worst_allowed, double mean_allowed)
{
    const char *path = in_golden(folder, "adapter");
    struct llmx_model *model = open_model(base, precision, path);
    check_scores(model, NULL, folder, worst_allowed, mean_allowed);
    llmx_model_destroy(model);
    model = open_model(base, precision, NULL);
    struct llmx_adapter *beside = open_adapter(model, path);
    check_scores(model, beside, folder, worst_allowed, mean_allowed);
    llmx_adapter_destroy(beside);
    llmx_model_destroy(model);
}

static void check_families(enum llmx_precision precision, double worst_allowed, double mean_allowed)
{
    for (size_t f = 0; f < sizeof folders / sizeof *folders; f++)
        check_both_ways(in_golden(folders[f], ""), folders[f], precision, worst_allowed,
                        mean_allowed);
}

static void test_adapter__scores_as_peft_does(void **state)
{
    (void)state;
    check_families(LLMX_PRECISION_F32, 2e-4, 2e-4);
}

static void test_adapter__scores_as_peft_does_in_bf16(void **state)
{
    (void)state;
    if (!cpu()->has_avx512_bf16)
        skip();
    check_families(LLMX_PRECISION_BF16, 0.5, 0.05);
}

/* What an adapter is folded into is rounded to 8 bits, whatever the file has. */
static void test_adapter__scores_as_peft_does_in_int8(void **state)
{
    (void)state;
    check_families(LLMX_PRECISION_INT8, 0.5, 0.1);
}

/* Query and key rows stand permuted in the file, and not in the adapter. */
static void test_adapter__goes_with_gguf_bases(void **state)
{
    (void)state;
    static const struct {
        const char *base;
        enum llmx_precision precision;
        double worst, mean;
    } cases[] = {
        {GOLDEN "llama-tied.f32.gguf", LLMX_PRECISION_F32, 2e-4, 2e-4},
        {GOLDEN "llama-tied.q8_0.gguf", LLMX_PRECISION_F32, 0.2, 0.05},
        {GOLDEN "llama-tied.f32.gguf", LLMX_PRECISION_INT8, 0.5, 0.1},
        {GOLDEN "llama-tied.q8_0.gguf", LLMX_PRECISION_INT8, 0.5, 0.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_both_ways(cases[i].base, "llama-tied", cases[i].precision, cases[i].worst,
                        cases[i].mean);
}

/* ---- several adapters ---- */

#define TEXTS 12
#define NEW   10

struct work {
    int next, n_groups, max_at_once;
    struct llmx_group groups[TEXTS];
    struct llmx_generation texts[TEXTS];
    int32_t ids[TEXTS][24], tokens[TEXTS][NEW];
};

static struct llmx_group *give_next(void *context)
{
    struct work *work = context;
    return work->next < work->n_groups ? &work->groups[work->next++] : NULL;
}

/* Every third text without an adapter, the others with one of two. Half of them share a prefix in their group. */
static void make_work(struct work *work, const struct llmx_adapter *const adapters[3])
{
    *work = (struct work){.n_groups = TEXTS / 2};
    for (int t = 0; t < TEXTS; t++) {
        for (int i = 0; i < 24; i++)
            work->ids[t][i] = (t / 2 * 31 + i * 17 + (i > 18 ? t : 0)) % 400 + 3;
        work->texts[t] = (struct llmx_generation){.prompt = work->ids[t] + 16,
                                                  .n_prompt = 8,
                                                  .max_tokens = NEW,
                                                  .ignore_stop = 1,
                                                  .tokens = work->tokens[t]};
    }
    for (int g = 0; g < TEXTS / 2; g++)
        work->groups[g] = (struct llmx_group){work->ids[2 * g], g % 2 ? 16 : 0, &work->texts[2 * g],
                                              2, adapters[g % 3]};
}

static void generate(const struct llmx_model *model, struct work *work, int at_once)
{
    struct llmx_error err;
    struct llmx_generate_job job = {.next = give_next, .context = work, .sequences_max = at_once};
    if (llmx_generate(model, &job, &err) != 0)
        fail_msg("%s", err.message);
}

/* In f32 a text is the same, bit for bit, whatever adapters its neighbours have. */
static void check_mixed(int threads)
{
    struct llmx_error err;
    struct llmx_model *model;
    struct llmx_model_options options = {.precision = LLMX_PRECISION_F32, .threads = threads};
    assert_int_equal(llmx_model_open(&model, GOLDEN "llama-tied", &options, &err), 0);
    struct lora *other;
    assert_int_equal(
        lora_create(&other, &model->config, 6, 1u << LINEAR_V | 1u << LINEAR_DOWN, &err), 0);
    for (size_t i = 0; i < other->n; i++)
        other->values[i] = (float)((int)(i * 7919 % 201) - 100) * 1e-3f;
    struct llmx_adapter *second;
    assert_int_equal(adapter_create(&second, model, other, &err), 0);
    struct llmx_adapter *first = open_adapter(model, GOLDEN "llama-tied/adapter");
    const struct llmx_adapter *adapters[] = {first, NULL, second};
    static struct work alone, together;
    make_work(&alone, adapters);
    make_work(&together, adapters);
    generate(model, &together, TEXTS);
    for (int g = 0; g < TEXTS / 2; g++) {
        alone.next = g;
        alone.n_groups = g + 1;
        generate(model, &alone, 1);
    }
    assert_memory_equal(together.tokens, alone.tokens, sizeof alone.tokens);
    make_work(&alone, adapters); /* prefixes pass through the adapter too */
    for (int g = 1; g < TEXTS / 2; g += 2) {
        alone.groups[g].n_prefix = 0;
        for (int i = 0; i < 2; i++) {
            struct llmx_generation *text = &alone.texts[2 * g + i];
            memcpy(alone.ids[2 * g + i], alone.ids[2 * g], 16 * sizeof alone.ids[0][0]);
            text->prompt = alone.ids[2 * g + i];
            text->n_prompt = 24;
        }
    }
    generate(model, &alone, TEXTS);
    assert_memory_equal(together.tokens, alone.tokens, sizeof alone.tokens);
    make_work(&alone, (const struct llmx_adapter *const[]){NULL, NULL, NULL});
    generate(model, &alone, TEXTS);
    for (int t = 0; t < TEXTS; t++) {
        bool is_same = memcmp(alone.tokens[t], together.tokens[t], sizeof alone.tokens[t]) == 0;
        assert_int_equal(is_same, adapters[t / 2 % 3] == NULL);
    }
    lora_destroy(other);
    llmx_adapter_destroy(first);
    llmx_adapter_destroy(second);
    llmx_model_destroy(model);
}

static void test_adapter__does_not_touch_texts_with_another_one(void **state)
{
    (void)state;
    check_mixed(1);
    check_mixed(2);
}

/* ---- what is refused ---- */

static void test_adapter__of_another_model_is_refused(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_model *model = open_model(GOLDEN "llama-tied", LLMX_PRECISION_F32, NULL);
    struct llmx_model *other = open_model(GOLDEN "qwen3", LLMX_PRECISION_F32, NULL);
    struct llmx_adapter *adapter = open_adapter(model, GOLDEN "llama-tied/adapter");
    float scores[2];
    assert_int_equal(llmx_score(other, adapter, (int32_t[]){1, 2, 3}, 3, scores, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    struct llmx_generation text = {
        .prompt = (int32_t[]){1}, .n_prompt = 1, .max_tokens = 1, .tokens = (int32_t[]){0}};
    static struct work work;
    work = (struct work){.n_groups = 1, .groups = {{.generations = &text, .n = 1}}};
    work.groups[0].adapter = adapter;
    struct llmx_generate_job job = {.next = give_next, .context = &work};
    assert_int_equal(llmx_generate(other, &job, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "another model");
    llmx_adapter_destroy(adapter);
    assert_int_equal(llmx_adapter_open(&adapter, other, GOLDEN "llama-tied/adapter", &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "self_attn.q_proj");
    llmx_model_destroy(model);
    llmx_model_destroy(other);
    struct llmx_model_options options = {.adapter = GOLDEN "llama-tied/adapter"};
    assert_int_equal(llmx_model_open(&model, GOLDEN "qwen3", &options, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    options.adapter = GOLDEN "nowhere";
    assert_int_equal(llmx_model_open(&model, GOLDEN "qwen3", &options, &err), -1);
    assert_contains(err.message, "nowhere");
}

static int open_both(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_model *model;
    struct llmx_adapter *adapter;
    struct llmx_model_options options = {.threads = 1, .adapter = GOLDEN "llama-tied/adapter"};
    if (llmx_model_open(&model, GOLDEN "llama-tied.q8_0.gguf", &options, err) != 0)
        return -1;
    int result = llmx_adapter_open(&adapter, model, GOLDEN "llama-tied/adapter", err);
    if (result == 0)
        llmx_adapter_destroy(adapter);
    llmx_model_destroy(model);
    return result;
}

static void test_adapter__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(open_both, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adapter__scores_as_peft_does),
        cmocka_unit_test(test_adapter__scores_as_peft_does_in_bf16),
        cmocka_unit_test(test_adapter__scores_as_peft_does_in_int8),
        cmocka_unit_test(test_adapter__goes_with_gguf_bases),
        cmocka_unit_test(test_adapter__does_not_touch_texts_with_another_one),
        cmocka_unit_test(test_adapter__of_another_model_is_refused),
        cmocka_unit_test(test_adapter__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
