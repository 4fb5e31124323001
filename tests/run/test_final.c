/* The final run of one that took up another: as many epochs as both had chosen, come what may in between. */
#include "run/checkpoint.h"
#include "support/data.h"
#include "support/test.h"

#include "llmxrec/train.h"

#include <string.h>

static int stop_after_one(void *context, const char *stage, double done, double total,
                          const char *note)
{
    (void)context, (void)stage, (void)total, (void)note;
    return done >= 1;
}

/* Learns of everything that lies at `path`, or goes on there, for as many epochs and no fewer. */
static int learn(const char *path, int epochs, bool is_stopped, struct llmx_train_report *report)
{
    struct llmx_train_options options = llmx_train_defaults("bpr");
    struct llmx_data *data = NULL;
    assert_int_equal(llmx_data_open(&data, path, NULL, NULL), 0);
    options.dim = 4;
    options.epochs = epochs;
    options.patience = 0;
    options.threads = 1;
    options.resume = 1;
    options.data_path = path;
    options.report = report;
    options.progress.report = is_stopped ? stop_after_one : NULL;
    const int status = llmx_train(data, &options, test_path("run"), NULL);
    llmx_data_destroy(data);
    return status;
}

static int epochs_of(const char *run)
{
    int epochs = -1;
    assert_int_equal(model_epochs(test_path(run), &epochs, NULL), 0);
    return epochs;
}

static void test_final__counts_the_epochs_of_what_was_taken_up(void **state)
{
    (void)state;
    char first[256], more[256];
    struct llmx_train_report report;
    struct llmx_final_report final;
    snprintf(first, sizeof first, "%s", test_interactions("first.inter", 20, 15, 6, 1));
    snprintf(more, sizeof more, "%s", test_interactions("more.inter", 24, 15, 6, 1));
    assert_int_equal(learn(first, 8, false, &report), 0);
    int chosen = report.best_epoch;
    assert_int_equal(epochs_of("run"), chosen);
    assert_int_equal(learn(more, 3, true, NULL), -1);
    assert_int_equal(learn(more, 3, false, &report), 0); /* goes on */
    chosen += report.best_epoch;
    assert_int_equal(epochs_of("run"), chosen);
    assert_int_equal(learn(first, 2, false, &report), 0); /* and is taken up again */
    chosen += report.best_epoch;
    assert_int_equal(
        llmx_train_final(test_path("run"), NULL, NULL, test_path("final"), &final, NULL), 0);
    assert_int_equal(final.epochs, chosen);
    assert_int_equal(epochs_of("final"), chosen); /* which took up nothing */
}

static void test_final__has_no_lengths_that_were_not_measured(void **state)
{
    (void)state;
    char data[256], metrics[4096] = "";
    struct llmx_train_report report;
    struct llmx_final_report final;
    snprintf(data, sizeof data, "%s", test_interactions("one.inter", 20, 15, 6, 1));
    assert_int_equal(learn(data, 2, false, &report), 0);
    assert_int_equal(
        llmx_train_final(test_path("run"), NULL, NULL, test_path("unmeasured"), &final, NULL), 0);
    FILE *f = fopen(test_path("unmeasured/metrics.json"), "r");
    assert_non_null(f);
    assert_true(fread(metrics, 1, sizeof metrics - 1, f) > 0);
    fclose(f);
    assert_non_null(strstr(metrics, "\"at\":{}"));
    assert_null(strstr(metrics, "\"0\":"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_final__counts_the_epochs_of_what_was_taken_up),
        cmocka_unit_test(test_final__has_no_lengths_that_were_not_measured),
    };
    return cmocka_run_group_tests_name("final", tests, NULL, NULL);
}
