/* Run folders whose files say what cannot be: refused by name, never undefined. */
#include "support/data.h"
#include "support/test.h"

#include "format/safetensors.h"
#include "llmxrec/recommend.h"
#include "llmxrec/train.h"

static int stop_at_two(void *context, const char *stage, double done, double total,
                       const char *note)
{
    (void)context, (void)stage, (void)total, (void)note;
    return done >= 2;
}

static struct llmx_train_options quick(void)
{
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.epochs = 3;
    options.dim = 4;
    options.threads = 1;
    return options;
}

static void expect_failure(const struct llmx_data *data, const struct llmx_train_options *options,
                           const char *run, const char *message)
{
    struct llmx_error err = {0};
    assert_int_equal(llmx_train(data, options, run, &err), -1);
    assert_contains(err.message, message);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
}

static const char *checkpoint_of(const char *run)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/checkpoint", run);
    return path;
}

/* Leaves a checkpoint without arrays, of those epochs. */
static void write_checkpoint(const char *run, const char *fingerprint, const char *epoch,
                             const char *best_epoch)
{
    const char *const meta[][2] = {
        {"format", "1"},  {"model", "bpr"},           {"fingerprint", fingerprint},
        {"epoch", epoch}, {"best_epoch", best_epoch}, {"best_value", "0x1p-3"}};
    struct llmx_error err;
    if (safetensors_write(checkpoint_of(run), NULL, 0, meta, 6, &err) != 0)
        fail_msg("%s", err.message);
}

static void test_run_damaged__epochs_that_are_none(void **state)
{
    (void)state;
    static const char *const none[] = {"1e300", "-1e300", "-1", "2.5", "nan", "inf", "2147483648"};
    struct llmx_data *data = test_data("epochs.inter", 30, 30, 12, 5);
    struct llmx_train_options options = quick();
    struct safetensors st = {0};
    struct llmx_error err;
    char fingerprint[40], message[100];
    const char *run = test_path("epochs");
    options.progress.report = stop_at_two;
    assert_int_equal(llmx_train(data, &options, run, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    assert_int_equal(safetensors_open(&st, checkpoint_of(run), &err), 0);
    snprintf(fingerprint, sizeof fingerprint, "%s", safetensors_meta(&st, "fingerprint"));
    safetensors_release(&st);
    options.resume = 1;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        snprintf(message, sizeof message, "/checkpoint: epoch is %s, no number of an epoch",
                 none[i]);
        write_checkpoint(run, fingerprint, none[i], "1");
        expect_failure(data, &options, run, message);
        write_checkpoint(run, fingerprint, "1", none[i]);
        expect_failure(data, &options, run, "best_epoch is");
    }
    write_checkpoint(run, fingerprint, "two", "1");
    expect_failure(data, &options, run, "epoch is missing or no number");
    llmx_data_destroy(data);
}

/* Warm starts read it; the last line has no end. */
static void test_run_damaged__a_table_that_was_cut_off(void **state)
{
    (void)state;
    struct llmx_data *old = test_data("cut.inter", 30, 30, 12, 5),
                     *grown = test_data("grown.inter", 40, 30, 12, 5);
    struct llmx_train_options options = quick();
    struct llmx_error err;
    const char *run = test_path("cut");
    if (llmx_train(old, &options, run, &err) != 0)
        fail_msg("%s", err.message);
    test_file("cut/users.tsv", "0\tu0\n1\tu1");
    options.resume = 1;
    expect_failure(grown, &options, run, "cut/users.tsv:2: expected row, tab, token");
    llmx_data_destroy(old);
    llmx_data_destroy(grown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_run_damaged__epochs_that_are_none),
        cmocka_unit_test(test_run_damaged__a_table_that_was_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
