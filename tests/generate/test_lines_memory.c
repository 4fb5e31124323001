/* Every allocation of scoring, tokenizing and generating lines with a real model fails once: each time a clean
 * LLMX_NO_MEMORY, and no output. */
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define MODEL "tests/golden/llm/qwen2"

static struct llmx_model *model;
static char in[256], out[256];

static int score(void *context, struct llmx_error *err)
{
    (void)context;
    return llmx_score_lines(model, in, out, err);
}

static int tokenize(void *context, struct llmx_error *err)
{
    (void)context;
    return llmx_tokenize_lines(llmx_model_tokenizer(model), in, 1, out, err);
}

static int generate(void *context, struct llmx_error *err)
{
    (void)context;
    const struct llmx_lines_options options = {
        .sampling = {.temperature = 0.7f, .top_p = 0.9f, .top_k = 20, .repetition_penalty = 1.1f},
        .max_tokens = 5,
        .is_chat = 1};
    remove(test_path("out.jsonl.partial")); /* of the attempt before */
    return llmx_generate_lines(model, in, &options, out, err);
}

static int describe(void *context, struct llmx_error *err)
{
    (void)context;
    FILE *nothing = fopen("/dev/null", "w");
    assert_non_null(nothing);
    const int result = llmx_model_describe(MODEL, nothing, 0, err);
    fclose(nothing);
    return result;
}

static void check(int (*attempt)(void *, struct llmx_error *), long least)
{
    assert_true(failing_alloc_each(attempt, NULL) >= least);
}

static void test_memory__lines_survive_every_failure(void **state)
{
    (void)state;
    check(score, 8);
    check(tokenize, 5);
    check(generate, 30);
    char *listed;
    assert_int_equal(test_shell("cd $T && ls", &listed), 0);
    assert_string_equal(listed, "in.jsonl\nout.jsonl\n"); /* nothing half done beside it */
    free(listed);
}

static void test_memory__nothing_breaks_when_json_fails(void **state)
{
    (void)state;
    assert_true(failing_alloc_each_json(score, NULL) > 20);
    assert_true(failing_alloc_each_json(tokenize, NULL) > 20);
    assert_true(failing_alloc_each_json(generate, NULL) > 20);
    assert_true(failing_alloc_each_json(describe, NULL) > 20);
}

static void test_memory__describing_survives_every_failure(void **state)
{
    (void)state;
    check(describe, 5);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    const struct llmx_model_options options = {
        .precision = LLMX_PRECISION_F32, .threads = 2, .chat_template = "chatml"};
    snprintf(in, sizeof in, "%s",
             test_file("in.jsonl", "{\"prompt\":\"a film\",\"text\":\"a b\"}\n"
                                   "{\"prompt\":\"a fi\",\"ids\":[1,2,3],\"text\":\"\"}\n"));
    snprintf(out, sizeof out, "%s", test_path("out.jsonl"));
    if (llmx_model_open(&model, MODEL, &options, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_model_destroy(model);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory__lines_survive_every_failure),
        cmocka_unit_test(test_memory__describing_survives_every_failure),
        cmocka_unit_test(test_memory__nothing_breaks_when_json_fails),
    };
    return cmocka_run_group_tests_name("lines_memory", tests, set_up, tear_down);
}
