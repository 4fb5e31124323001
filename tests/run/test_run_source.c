/* The data of a run by what the run remembers of them: opened as it opened them, and no others taken for them. */
#include "llmxrec/recommend.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

static const char *run, *path;

static void ignore(void *context, const char *message)
{
    (void)context;
    (void)message;
}

static int open_again(void *context, struct llmx_error *err)
{
    struct llmx_run_source source;
    struct llmx_data *data = NULL;
    if (llmx_run_source(&source, run, err) != 0)
        return -1;
    source.options.threads = 1;
    (void)context;
    source.notice = ignore;
    const int status = llmx_run_data_open(&data, &source, err);
    llmx_run_source_release(&source);
    llmx_data_destroy(data);
    return status;
}

static void test_run_data_open__every_failed_allocation_is_said(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(open_again, NULL) > 20);
    failing_alloc_each_json(open_again, NULL);
}

static void count_notices(void *context, const char *message)
{
    assert_contains(message, "has changed since");
    ++*(int *)context;
}

static void test_run_data_open__takes_what_the_run_learnt_from(void **state)
{
    (void)state;
    struct llmx_run_source source;
    struct llmx_data *data;
    struct llmx_run *opened;
    struct llmx_error err;
    int told = 0;
    assert_int_equal(llmx_run_source(&source, run, &err), 0);
    assert_string_equal(source.train.model, "itemknn");
    assert_string_equal(source.run_dir, run);
    source.notice = count_notices;
    source.notice_context = &told;
    assert_int_equal(llmx_run_data_open(&data, &source, &err), 0);
    assert_int_equal(told, 0);
    assert_int_equal(llmx_run_open(&opened, run, data, &err), 0);
    llmx_run_destroy(opened);
    llmx_data_destroy(data);
    assert_int_equal(llmx_run_source_set(&source, "min-user", "2", &err), 0); /* as the run */
    assert_int_equal(llmx_run_source_set(&source, "min-user", "3", &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "--min-user: 2, not 3");
    assert_int_equal(llmx_run_source_set(&source, "colour", "red", &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    const char *other = test_interactions("others.inter", 30, 20, 8, 6);
    assert_int_equal(llmx_run_source_set(&source, "data", other, &err), 0);
    assert_int_equal(llmx_run_data_open(&data, &source, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "others.inter holds others");
    llmx_run_source_release(&source);
}

static int set_up(void **state)
{
    (void)state;
    static char kept[2][256];
    struct llmx_data_options how = {.min_user = 2, .threads = 1};
    struct llmx_train_options options = llmx_train_defaults("itemknn");
    struct llmx_data *data;
    struct llmx_error err;
    snprintf(kept[0], sizeof kept[0], "%s", test_path("run"));
    snprintf(kept[1], sizeof kept[1], "%s", test_interactions("log.inter", 30, 20, 8, 5));
    run = kept[0];
    path = kept[1];
    options.data_path = path;
    options.data_options = &how;
    options.threads = 1;
    if (llmx_data_open(&data, path, &how, &err) != 0 || llmx_train(data, &options, run, &err) != 0)
        fail_msg("%s", err.message);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_data_open__takes_what_the_run_learnt_from),
        cmocka_unit_test(test_run_data_open__every_failed_allocation_is_said),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
