/* A search of settings: the space it draws from, and that it can be interrupted and resumed. */
#include "recommend/space.h"
#include "support/data.h"
#include "support/test.h"

#include <unistd.h>

static struct llmx_data *data;

static struct llmx_train_options quick(void)
{
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.dim = 8;
    options.epochs = 18;
    options.min_epochs = 18;
    options.batch = 256;
    return options;
}

static void refuse(const char *text, const char *message)
{
    const struct llmx_train_options base = quick();
    struct space space;
    struct llmx_error err = {0};
    assert_int_equal(space_read(&space, test_file("space.yaml", text), &base, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, message);
    space_release(&space);
}

static void test_space__names_what_is_wrong(void **state)
{
    (void)state;
    refuse("dim: [8, many]\n", "space.yaml:1: dim takes a whole number, not 'many'");
    refuse("dim: [8]\nheads: [2]\n", "space.yaml:2: the model bpr has no setting 'heads'");
    refuse("dim: 8\n", "space.yaml:1: give a list of values");
    refuse("dim: []\n", "space.yaml:1: an empty list");
    refuse("l2: {log: [0, 1]}\n", "space.yaml:1: the bounds must ascend and be above 0");
    refuse("l2: {uniform: [2, 1]}\n", "space.yaml:1: the bounds must ascend");
    refuse("l2: {normal: [0, 1]}\n", "space.yaml:1: expected {log: [low, high]}");
    refuse("l2: {log: [-1, 1]}\n", "space.yaml:1: l2 -1: choose 0 to");
    refuse("", "expected lines of `setting: values`");
    refuse("dim: [8\n", "space.yaml:2: ");
}

static void test_space__draws_within_its_ranges(void **state)
{
    (void)state;
    const char *path = test_file("space.yaml", "dim: {log: [4, 64]}\nbatch: [128, 512]\n"
                                               "learning_rate: {uniform: [0.01, 0.02]}\n");
    const struct llmx_train_options base = quick();
    struct space space;
    struct arena texts = {0};
    struct llmx_error err;
    int small = 0, low = 0;
    assert_int_equal(space_read(&space, path, &base, &err), 0);
    for (int trial = 1; trial <= 200; trial++) {
        struct llmx_train_options one = base, again = base;
        assert_int_equal(space_sample(&space, 7, trial, &one, &texts, &err), 0);
        assert_int_equal(space_sample(&space, 7, trial, &again, &texts, &err), 0);
        assert_memory_equal(&one, &again, sizeof one);
        assert_in_range(one.dim, 4, 64);
        assert_true(one.batch == 128 || one.batch == 512);
        assert_true(one.learning_rate >= 0.01 && one.learning_rate <= 0.02);
        small += one.batch == 128;
        low += one.dim < 16; /* the middle of the logarithms */
    }
    assert_in_range(small, 70, 130);
    assert_in_range(low, 70, 130);
    arena_release(&texts);
    space_release(&space);
}

static int stop_at_40(void *context, const char *stage, double done, double total, const char *note)
{
    (void)stage, (void)done, (void)total, (void)note;
    return ++*(int *)context == 40;
}

static void test_search__goes_on_after_an_interruption(void **state)
{
    (void)state;
    int reports = 0;
    struct llmx_train_options options = quick();
    struct llmx_search_options how = {
        .space_path = test_file("space.yaml", "learning_rate: {log: [1e-3, 1e-1]}\n"),
        .budget_s = 1e9};
    struct llmx_search_report report;
    struct llmx_error err;
    char run_dir[256], table[300];
    snprintf(run_dir, sizeof run_dir, "%s", test_path("search"));
    options.progress = (struct llmx_progress){stop_at_40, &reports};
    assert_int_equal(llmx_search(data, &options, &how, run_dir, &report, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    snprintf(table, sizeof table, "%s/trials.jsonl", run_dir);
    char *before = test_read(table);
    options.resume = 1;
    how.budget_s = 1e-9; /* spent: the best trial is finished, no other begun */
    if (llmx_search(data, &options, &how, run_dir, &report, &err) != 0)
        fail_msg("%s", err.message);
    assert_true(report.best_trial >= 1 && report.best_trial <= report.trials);
    char *after = test_read(table);
    assert_int_equal(strncmp(before, after, strlen("{\"trial\":1,\"rungs\":")), 0);
    struct llmx_run *run;
    if (llmx_run_open(&run, run_dir, data, &err) != 0)
        fail_msg("%s", err.message);
    llmx_run_destroy(run);
    free(before);
    free(after);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("search.inter", 60, 40, 10, 2);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_space__names_what_is_wrong),
        cmocka_unit_test(test_space__draws_within_its_ranges),
        cmocka_unit_test(test_search__goes_on_after_an_interruption),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
