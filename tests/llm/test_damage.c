/* Models whose weights are no numbers: what fails says so, with the tensor's name. */
#include "llm/damage.h"

#include "format/safetensors.h"
#include "llmxrec/adapter.h"
#include "llmxrec/answers.h"
#include "llmxrec/generate.h"
#include "llmxrec/tune.h"

#include "support/test.h"

#define TINY    "tests/golden/llm/llama-tied"
#define DAMAGED "model.layers.1.mlp.down_proj.weight"

/* The tiny Llama with one value of a tensor replaced. */
static const char *damaged_model(float value)
{
    static char folder[256];
    struct safetensors from;
    struct st_entry entries[64];
    snprintf(folder, sizeof folder, "%s", test_path("model"));
    assert_int_equal(
        test_shell("rm -rf $T/model && mkdir $T/model && cp " TINY "/*.json $T/model", NULL), 0);
    assert_int_equal(safetensors_open(&from, TINY, NULL), 0);
    assert_true(from.names.count <= 64);
    float *values = NULL;
    for (uint32_t i = 0; i < from.names.count; i++) {
        const struct st_tensor *t = &from.tensors[i];
        entries[i] = (struct st_entry){.name = names_get(&from.names, i, NULL),
                                       .type = t->type,
                                       .n_dims = t->n_dims,
                                       .data = t->data};
        memcpy(entries[i].dims, t->dims, sizeof t->dims);
        if (strcmp(entries[i].name, DAMAGED) == 0) {
            values = malloc(t->size);
            memcpy(values, t->data, t->size);
            assert_int_equal(t->type, DTYPE_F32);
            values[t->size / sizeof *values - 1] = value;
            entries[i].data = values;
        }
    }
    assert_non_null(values);
    assert_int_equal(safetensors_write(test_path("model/model.safetensors"), entries,
                                       (int)from.names.count, NULL, 0, NULL),
                     0);
    free(values);
    safetensors_release(&from);
    return folder;
}

static void test_score__names_the_tensor_that_is_damaged(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        struct llmx_model *model;
        struct llmx_error err = {0};
        const int32_t ids[] = {1, 10, 20, 30};
        float scores[3];
        assert_int_equal(llmx_model_open(&model, damaged_model(bad[i]), NULL, &err), 0);
        assert_int_equal(llmx_score(model, NULL, ids, 4, scores, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
        assert_contains(err.message, "the score of token ");
        assert_contains(err.message, "'" DAMAGED "'");
        assert_contains(err.message, "no numbers");
        llmx_model_destroy(model);
    }
}

static void test_answers__name_the_tensor_that_is_damaged(void **state)
{
    (void)state;
    static const int32_t ids[] = {1, 10, 20, 30};
    static const int32_t *const answers[] = {ids, ids};
    static const int n_tokens[] = {1, 3};
    struct llmx_model *model;
    struct llmx_error err = {0};
    double logprob[2];
    struct llmx_answers_question question = {ids, 4, answers, n_tokens, 2, logprob};
    struct llmx_answers_group group = {ids, 2, &question, 1, NULL};
    assert_int_equal(llmx_model_open(&model, damaged_model(NAN), NULL, &err), 0);
    assert_int_equal(llmx_answers(model, &group, 1, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "the score of an answer");
    assert_contains(err.message, "'" DAMAGED "'");
    llmx_model_destroy(model);
}

static void test_generate__names_the_tensor_that_is_damaged(void **state)
{
    (void)state;
    const struct llmx_lines_options options = {.sampling = {.top_p = 1, .repetition_penalty = 1},
                                               .max_tokens = 2};
    struct llmx_model *model;
    struct llmx_error err = {0};
    test_file("p.jsonl", "{\"prompt\": \"one\"}\n{\"prompt\": \"two\"}\n");
    assert_int_equal(llmx_model_open(&model, damaged_model(NAN), NULL, &err), 0);
    assert_int_equal(
        llmx_generate_lines(model, test_path("p.jsonl"), &options, test_path("t.jsonl"), &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "a score is not finite: the tensor '" DAMAGED "'");
    llmx_model_destroy(model);
}

static void test_damage__is_not_blamed_on_good_weights(void **state)
{
    (void)state;
    struct llmx_model *model;
    struct llmx_error err = {0};
    assert_int_equal(llmx_model_open(&model, TINY, NULL, &err), 0);
    assert_int_equal(damage_explain(model, "the score", &err), -1);
    assert_contains(err.message, "the score is not finite, though all weights of " TINY " are");
    llmx_model_destroy(model);
}

static void test_merge__names_the_tensor_that_is_damaged(void **state)
{
    (void)state;
    const char *base = damaged_model(NAN);
    static const char *const outs[] = {"merged", "merged.gguf"};
    for (int i = 0; i < 2; i++) {
        struct llmx_error err = {0};
        assert_int_equal(llmx_adapter_merge(base, TINY "/adapter", NULL, test_path(outs[i]), &err),
                         -1);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
        assert_contains(err.message, "'" DAMAGED "'");
    }
}

static void test_tune__blames_the_model_in_the_first_step(void **state)
{
    (void)state;
    struct llmx_model *model;
    struct llmx_error err = {0};
    struct llmx_tune_options options = llmx_tune_defaults();
    const struct llmx_model_options floats = {.precision = LLMX_PRECISION_FLOAT};
    test_file("e.jsonl", "{\"ids\": [1, 10, 20, 30], \"start\": 2}\n");
    options.samples = 0;
    assert_int_equal(llmx_model_open(&model, damaged_model(NAN), &floats, &err), 0);
    assert_int_equal(llmx_tune(model, test_path("e.jsonl"), &options, test_path("out"), &err), -1);
    assert_contains(err.message, "the loss is not finite: the tensor '" DAMAGED "'");
    llmx_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_score__names_the_tensor_that_is_damaged),
        cmocka_unit_test(test_answers__name_the_tensor_that_is_damaged),
        cmocka_unit_test(test_generate__names_the_tensor_that_is_damaged),
        cmocka_unit_test(test_damage__is_not_blamed_on_good_weights),
        cmocka_unit_test(test_merge__names_the_tensor_that_is_damaged),
        cmocka_unit_test(test_tune__blames_the_model_in_the_first_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
