/* Texts of real models: greedy continuations as the reference's (tests/golden/llm), and independence of what else
 * is computed at the same time. */
#include "base/memory.h"
#include "llmxrec/generate.h"
#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define SMOLLM2   "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define TEXTS_MAX 12
#define NEW_MAX   32
#define IDS_MAX   1000

/* Some prompts, each a group of its own or all of one group behind a shared prefix. */
struct work {
    int n, n_groups, next;
    struct llmx_group groups[TEXTS_MAX];
    struct llmx_generation texts[TEXTS_MAX];
    int32_t ids[TEXTS_MAX][IDS_MAX], tokens[TEXTS_MAX][NEW_MAX], right[TEXTS_MAX][NEW_MAX];
    double margin[TEXTS_MAX][NEW_MAX];
};

static struct llmx_group *give_next(void *context)
{
    struct work *work = context;
    return work->next < work->n_groups ? &work->groups[work->next++] : NULL;
}

static void generate(const struct llmx_model *model, struct work *work)
{
    struct llmx_generate_job job = {.next = give_next, .context = work};
    struct llmx_error err;
    work->next = 0;
    if (llmx_generate(model, &job, &err) != 0)
        fail_msg("%s", err.message);
}

static struct llmx_model *open_model(const char *path, enum llmx_precision precision, int threads)
{
    struct llmx_model_options options = {.precision = precision, .threads = threads};
    struct llmx_model *model;
    struct llmx_error err;
    if (llmx_model_open(&model, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return model;
}

/* The reference's cases, each as a group without a prefix. `then` names the field of the continuation. */
static struct work *read_golden(const char *path, const char *list, const char *then)
{
    struct work *work = mem_array(1, sizeof *work, NULL);
    json_t *golden = json_load_file(path, 0, NULL);
    assert_non_null(work);
    assert_non_null(golden);
    const json_t *c, *value;
    size_t t, i;
    json_array_foreach(json_object_get(golden, list), t, c)
    {
        struct llmx_generation *text = &work->texts[t];
        json_array_foreach(json_object_get(c, "ids"), i, value)
        {
            work->ids[t][i] = (int32_t)json_integer_value(value);
        }
        text->n_prompt = (int)i;
        json_array_foreach(json_object_get(c, then), i, value)
        {
            work->right[t][i] = (int32_t)json_integer_value(json_array_get(value, 0));
            work->margin[t][i] = json_number_value(json_array_get(value, 1));
        }
        text->max_tokens = (int)i;
        text->prompt = work->ids[t];
        text->tokens = work->tokens[t];
        text->ignore_stop = 1;
        work->groups[t] = (struct llmx_group){NULL, 0, text, 1, NULL};
    }
    work->n = work->n_groups = (int)t;
    json_decref(golden);
    return work;
}

/* Equal up to where the reference itself was nearly undecided. */
static void hold_texts(const struct work *work, double margin)
{
    int held = 0;
    for (int t = 0; t < work->n; t++) {
        assert_int_equal(work->texts[t].max_tokens, work->texts[t].n_tokens);
        for (int i = 0; i < work->texts[t].n_tokens && work->margin[t][i] > margin; i++, held++)
            assert_int_equal(work->right[t][i], work->tokens[t][i]);
    }
    assert_true(held >= 2 * work->n);
}

/* Half of each prompt as its group's prefix. */
static void split_prompts(struct work *work)
{
    for (int t = 0; t < work->n; t++) {
        int half = work->texts[t].n_prompt / 2;
        work->groups[t].prefix = work->ids[t];
        work->groups[t].n_prefix = half;
        work->texts[t].prompt += half;
        work->texts[t].n_prompt -= half;
    }
}

static void hold_model(const char *path, struct work *work, enum llmx_precision precision,
                       double margin)
{
    struct llmx_model *model = open_model(path, precision, 2);
    generate(model, work);
    hold_texts(work, margin);
    split_prompts(work);
    generate(model, work);
    hold_texts(work, margin);
    llmx_model_destroy(model);
    free(work);
}

static void test_generate_models__tiny_models_continue_as_the_reference(void **state)
{
    (void)state;
    static const char *const names[] = {"llama-tied", "llama2-spm", "llama3-scaled",
                                        "mistral",    "qwen2",      "qwen3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char folder[200], golden[250];
        snprintf(folder, sizeof folder, "tests/golden/llm/%s", names[i]);
        snprintf(golden, sizeof golden, "%s/reference.json", folder);
        hold_model(folder, read_golden(golden, "greedy", "then"), LLMX_PRECISION_F32, 1e-3);
    }
}

static void test_generate_models__smollm2_continues_as_the_reference(void **state)
{
    (void)state;
    if (access(SMOLLM2, R_OK) != 0)
        skip();
    const char *golden = "tests/golden/llm/smollm2.json";
    hold_model(SMOLLM2, read_golden(golden, "cases", "greedy"), LLMX_PRECISION_FLOAT, 0.2);
}

/* Sampled texts, so that the smallest difference in a score would sooner or later show. */
static struct work *sampled_work(void)
{
    struct work *work = mem_array(1, sizeof *work, NULL);
    assert_non_null(work);
    work->n = work->n_groups = TEXTS_MAX;
    for (int t = 0; t < TEXTS_MAX; t++) {
        for (int i = 0; i < 60; i++)
            work->ids[t][i] = (i * 7 + t * 31) % 500;
        work->texts[t] = (struct llmx_generation){.prompt = work->ids[t],
                                                  .n_prompt = 1 + 5 * t,
                                                  .max_tokens = NEW_MAX - t,
                                                  .ignore_stop = 1,
                                                  .sampling = {2, 0.99f, 0, 1.1f},
                                                  .seed = (uint64_t)t,
                                                  .tokens = work->tokens[t]};
        work->groups[t] = (struct llmx_group){NULL, 0, &work->texts[t], 1, NULL};
    }
    return work;
}

static void test_generate_models__f32_texts_do_not_depend_on_company(void **state)
{
    (void)state;
    const char *path = "tests/golden/llm/llama-tied";
    struct llmx_model *model = open_model(path, LLMX_PRECISION_F32, 1);
    struct work *alone = sampled_work();
    for (int t = 0; t < TEXTS_MAX; t++) {
        struct llmx_group all = alone->groups[0];
        alone->groups[0] = alone->groups[t];
        alone->n_groups = 1;
        generate(model, alone);
        alone->groups[0] = all;
    }
    llmx_model_destroy(model);
    for (int threads = 1; threads <= 3; threads++) {
        model = open_model(path, LLMX_PRECISION_F32, threads);
        for (int kind = 0; kind < 3; kind++) { /* together, in reverse order, few */
            struct work *work = sampled_work();
            for (int g = 0; kind == 1 && g < TEXTS_MAX; g++)
                work->groups[g].generations = &work->texts[TEXTS_MAX - 1 - g];
            work->n_groups = kind == 2 ? 3 : TEXTS_MAX;
            generate(model, work);
            for (int t = 0; t < work->n_groups; t++)
                assert_memory_equal(alone->tokens[t], work->tokens[t],
                                    (size_t)alone->texts[t].n_tokens * sizeof(int32_t));
            free(work);
        }
        llmx_model_destroy(model);
    }
    free(alone);
}

/* In bf16 too, as long as there are more than two texts: the same job gives the same bytes, however it was shared out. */
static void test_generate_models__a_job_does_not_depend_on_timing(void **state)
{
    (void)state;
    const char *const paths[] = {"tests/golden/llm/llama-tied", "tests/golden/llm/qwen3"};
    for (size_t p = 0; p < sizeof paths / sizeof *paths; p++) {
        struct work *first = sampled_work();
        for (int threads = 1; threads <= 3; threads++) {
            struct llmx_model *model = open_model(paths[p], LLMX_PRECISION_AUTO, threads);
            for (int is_reversed = 0; is_reversed < 2; is_reversed++) {
                struct work *work = sampled_work();
                for (int g = 0; is_reversed && g < TEXTS_MAX; g++)
                    work->groups[g].generations = &work->texts[TEXTS_MAX - 1 - g];
                generate(model, work);
                if (threads == 1 && !is_reversed)
                    memcpy(first->tokens, work->tokens, sizeof work->tokens);
                for (int t = 0; t < TEXTS_MAX; t++)
                    assert_memory_equal(first->tokens[t], work->tokens[t],
                                        (size_t)work->texts[t].n_tokens * sizeof(int32_t));
                free(work);
            }
            llmx_model_destroy(model);
        }
        free(first);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate_models__tiny_models_continue_as_the_reference),
        cmocka_unit_test(test_generate_models__smollm2_continues_as_the_reference),
        cmocka_unit_test(test_generate_models__f32_texts_do_not_depend_on_company),
        cmocka_unit_test(test_generate_models__a_job_does_not_depend_on_timing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
