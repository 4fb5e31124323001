/* Out of memory anywhere in a tuning: an error, nothing leaked, and a folder that the next tuning takes over. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "llmxrec/tune.h"

static struct llmx_model *model;

static int set_up(void **state)
{
    (void)state;
    const struct llmx_model_options options = {.precision = LLMX_PRECISION_F32, .threads = 2};
    test_file("e.jsonl", "{\"ids\":[1,2,3,4],\"start\":2,\"user\":\"a\"}\n"
                         "{\"ids\":[5,6,7],\"start\":1}\n{\"ids\":[8,9,10,11],\"start\":2}\n");
    return llmx_model_open(&model, "tests/golden/llm/qwen2", &options, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    llmx_model_destroy(model);
    return 0;
}

static int tune(void *context, struct llmx_error *err)
{
    struct llmx_tune_options options = llmx_tune_defaults();
    (void)context;
    options.epochs = 1, options.batch = 2, options.validate_share = 0.3, options.force = 1;
    options.samples = 1, options.checkpoint_seconds = 0;
    return llmx_tune(model, test_path("e.jsonl"), &options, test_path("out"), err);
}

/* There are some thousands, most of them of one kind: the first ones each, then ever fewer of them. */
static void test_tune__survives_failing_allocations(void **state)
{
    (void)state;
    bool has_failed = true;
    for (long n = 1; has_failed; n += 1 + n / 16) {
        struct llmx_error err = {0};
        failing_alloc_at(n);
        const int result = tune(NULL, &err);
        has_failed = failing_alloc_happened();
        if (has_failed && result != 0)
            assert_int_equal(err.code, LLMX_NO_MEMORY);
        else
            assert_int_equal(result, 0);
        assert_true(has_failed || n > 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune__survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
