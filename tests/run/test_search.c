/* A search of settings: the space it draws from, and that it can be interrupted and resumed. */
#include "llmxrec/evaluate.h"
#include "run/space.h"
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

static struct llmx_search_options tiny_search(void)
{
    static char path[256];
    snprintf(path, sizeof path, "%s", test_file("space.yaml", "learning_rate: [0.01, 0.05]\n"));
    return (struct llmx_search_options){.space_path = path, .budget_s = 1e-9};
}

static void expect_failure(const struct llmx_data *of, const struct llmx_train_options *options,
                           const struct llmx_search_options *how, const char *name,
                           enum llmx_code code, const char *message)
{
    struct llmx_error err = {0};
    assert_int_equal(llmx_search(of, options, how, test_path(name), NULL, &err), -1);
    assert_contains(err.message, message);
    assert_int_equal(err.code, code);
}

static struct llmx_data *open_split(const struct llmx_data_options *options)
{
    struct llmx_data *split;
    struct llmx_error err;
    if (llmx_data_open(&split, test_path("search.inter"), options, &err) != 0)
        fail_msg("%s", err.message);
    return split;
}

static void test_search__serves_every_split(void **state)
{
    (void)state;
    char valid[256], test[256];
    snprintf(valid, sizeof valid, "%s", test_interactions("valid.inter", 60, 40, 3, 5));
    snprintf(test, sizeof test, "%s", test_interactions("test.inter", 60, 40, 3, 6));
    const struct llmx_data_options splits[] = {{.split_by = "ratio:0.7,0.1,0.2"},
                                               {.split_by = "time:0.7,0.1,0.2"},
                                               {.valid_path = valid, .test_path = test}};
    const struct llmx_search_options how = tiny_search();
    struct llmx_train_options options = quick();
    options.force = 1;
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct llmx_data *split = open_split(&splits[i]);
        struct llmx_run *run;
        struct llmx_metrics metrics;
        struct llmx_error err;
        const int at = 10;
        if (llmx_search(split, &options, &how, test_path("split"), NULL, &err) != 0 ||
            llmx_run_open(&run, test_path("split"), split, &err) != 0)
            fail_msg("%s", err.message);
        assert_int_equal(
            llmx_evaluate_sampled(run, LLMX_TEST, &at, 1, "uniform:5", 1, 1, &metrics, &err), 0);
        assert_true(metrics.users > 10 && metrics.at[0].recall > 0);
        llmx_run_destroy(run);
        llmx_data_destroy(split);
    }
}

/* Said before anything is learnt. */
static void test_search__needs_a_validation_part(void **state)
{
    (void)state;
    const struct llmx_search_options how = tiny_search();
    const struct llmx_train_options options = quick();
    struct llmx_data *split =
        open_split(&(struct llmx_data_options){.split_by = "ratio:0.8,0,0.2"});
    expect_failure(split, &options, &how, "no-valid", LLMX_BAD_OPTION,
                   "chooses by the validation part, and these data hold out none; give --valid");
    assert_int_equal(access(test_path("no-valid"), F_OK), -1);
    llmx_data_destroy(split);
}

static void test_search__goes_on_only_with_the_same_data_and_options(void **state)
{
    (void)state;
    const struct llmx_search_options how = tiny_search();
    struct llmx_train_options options = quick();
    struct llmx_data *other =
        open_split(&(struct llmx_data_options){.split_by = "ratio:0.7,0.1,0.2"});
    struct llmx_error err;
    assert_int_equal(llmx_search(data, &options, &how, test_path("same"), NULL, &err), 0);
    options.resume = 1;
    expect_failure(other, &options, &how, "same", LLMX_MISMATCH, "learnt from other interactions");
    options.metric = "recall@5";
    expect_failure(data, &options, &how, "same", LLMX_MISMATCH, "holds a run with");
    llmx_data_destroy(other);
}

static void test_search__is_not_begun_over_another_unasked(void **state)
{
    (void)state;
    struct llmx_search_options how = tiny_search();
    struct llmx_train_options options = quick();
    struct llmx_error err;
    int reports = 30;
    how.budget_s = 1e9;
    options.progress = (struct llmx_progress){stop_at_40, &reports};
    expect_failure(data, &options, &how, "over", LLMX_INTERRUPTED, "--resume goes on from there");
    expect_failure(data, &options, &how, "over", LLMX_BAD_OPTION,
                   "holds an interrupted search; --resume goes on with it, --force starts again");
    options.force = 1;
    how.budget_s = 1e-9;
    assert_int_equal(llmx_search(data, &options, &how, test_path("over"), NULL, &err), 0);
}

/* Rates at which the loss is no number any more lose; where all are such, the search says so. */
static void test_search__outlives_trials_that_cannot_learn(void **state)
{
    (void)state;
    struct llmx_train_options options = quick();
    struct llmx_error err;
    struct llmx_search_options some = {
        .space_path = test_file("some.yaml", "learning_rate: [0.02, 1e24]\n"), .budget_s = 1e9};
    int reports = 30;
    options.progress = (struct llmx_progress){stop_at_40, &reports};
    expect_failure(data, &options, &some, "some", LLMX_INTERRUPTED, "stopped in trial");
    some.budget_s = 1e-9;
    options.resume = 1;
    if (llmx_search(data, &options, &some, test_path("some"), NULL, &err) != 0)
        fail_msg("%s", err.message);
    options.resume = 0;
    test_command("grep -q 'null.*e+24' $T/some/trials.jsonl && grep rate $T/some/config.yaml", 0,
                 "learning_rate: 0.02\n");
    const struct llmx_search_options none = {
        .space_path = test_file("none.yaml", "learning_rate: [1e24, 1e25]\n"), .budget_s = 1e9};
    expect_failure(data, &options, &none, "none", LLMX_BAD_OPTION,
                   "none of 9 trials could learn; the last: the loss is no number");
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
        cmocka_unit_test(test_search__serves_every_split),
        cmocka_unit_test(test_search__needs_a_validation_part),
        cmocka_unit_test(test_search__goes_on_only_with_the_same_data_and_options),
        cmocka_unit_test(test_search__is_not_begun_over_another_unasked),
        cmocka_unit_test(test_search__outlives_trials_that_cannot_learn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
