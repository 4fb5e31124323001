#include "llmxrec/llmxrec.h"
#include "support/data.h"
#include "support/test.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct llmx_train_options quick(void)
{
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.dim = 16;
    options.epochs = 40;
    options.min_epochs = 40;
    options.batch = 256;
    options.threads = 2;
    return options;
}

static const char *run_file(const char *run, const char *name)
{
    static char paths[8][256];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof *paths, "%s/%s", run, name);
    return path;
}

static bool is_there(const char *run, const char *name)
{
    return access(run_file(run, name), F_OK) == 0;
}

static void assert_same_file(const char *a, const char *b, const char *name)
{
    char command[600], *out;
    snprintf(command, sizeof command, "cmp %s %s", run_file(a, name), run_file(b, name));
    if (test_shell(command, &out) != 0)
        fail_msg("%s", out);
    free(out);
}

static void assert_same_run(const char *a, const char *b)
{
    const char *const names[] = {"model.safetensors", "metrics.json", "log.jsonl", "config.yaml",
                                 "users.tsv",         "items.tsv",    "curve.svg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_same_file(a, b, names[i]);
}

static void train(const struct llmx_data *data, const struct llmx_train_options *options,
                  const char *run)
{
    struct llmx_error err;
    if (llmx_train(data, options, run, &err) != 0)
        fail_msg("%s", err.message);
}

static void expect_failure(const struct llmx_data *data, const struct llmx_train_options *options,
                           const char *run, enum llmx_code code, const char *message)
{
    struct llmx_error err = {0};
    assert_int_equal(llmx_train(data, options, run, &err), -1);
    assert_contains(err.message, message);
    assert_int_equal(err.code, code);
}

static void test_train__learns_who_likes_what(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("learn.inter", 120, 80, 20, 1);
    struct llmx_train_options options = quick();
    struct llmx_train_report report;
    options.report = &report;
    train(data, &options, test_path("learn"));
    assert_int_equal(report.epochs, 40);
    assert_int_equal(report.test.users, 120);
    assert_true(report.test.at[1].recall > 0.25); /* ten at random of the 62 others: .16 */
    assert_true(report.test.gauc > 0.65);
    assert_false(is_there(test_path("learn"), "checkpoint"));
    llmx_data_destroy(data);
}

static int stop_at(void *context, const char *stage, double done, double total, const char *note)
{
    (void)stage, (void)total, (void)note;
    return done >= *(int *)context;
}

static void test_train__says_how_to_go_on_after_an_interruption(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("stop.inter", 90, 70, 18, 3);
    struct llmx_train_options options = quick();
    int epoch = 7;
    options.progress = (struct llmx_progress){stop_at, &epoch};
    const char *run = test_path("stopped");
    expect_failure(data, &options, run, LLMX_INTERRUPTED,
                   "stopped after epoch 7; the same command with --resume");
    assert_true(is_there(run, "checkpoint"));
    assert_false(is_there(run, "model.safetensors"));
    expect_failure(data, &options, run, LLMX_BAD_OPTION,
                   "--resume goes on with it, --force starts again");
    options.resume = 1;
    epoch = 23;
    expect_failure(data, &options, run, LLMX_INTERRUPTED, "stopped after epoch 23");
    llmx_data_destroy(data);
}

/* A child trains with checkpoints after every epoch and is killed at a moment of its own; then another goes on. */
static void test_train__killed_and_resumed_ends_in_the_same_bytes(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("kill.inter", 300, 90, 30, 4);
    struct llmx_train_options options = quick();
    train(data, &options, test_path("never-killed"));
    options.checkpoint_seconds = 0;
    options.resume = 1;
    options.threads = 1; /* threads do not survive a fork */
    int kills = 0;
    for (int round = 0; round < 60; round++) {
        const pid_t child = fork();
        if (child == 0)
            _exit(llmx_train(data, &options, test_path("killed"), NULL) == 0 ? 0 : 1);
        usleep((useconds_t)(3000 + round * 7919 % 40000));
        kill(child, SIGKILL);
        int status;
        waitpid(child, &status, 0);
        kills += WIFSIGNALED(status);
        if (WIFEXITED(status)) {
            assert_int_equal(WEXITSTATUS(status), 0);
            break;
        }
    }
    train(data, &options, test_path("killed"));
    assert_true(kills > 0);
    assert_same_run(test_path("never-killed"), test_path("killed"));
    char command[300], *out;
    snprintf(command, sizeof command, "ls %s | wc -l", test_path("killed"));
    assert_int_equal(test_shell(command, &out), 0);
    assert_int_equal(atoi(out), 8); /* no temporary file is left */
    free(out);
    llmx_data_destroy(data);
}

static void test_train__leaves_a_finished_run_alone(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("done.inter", 40, 40, 12, 5);
    struct llmx_train_options options = quick();
    struct llmx_train_report report;
    const char *run = test_path("done");
    options.epochs = 2;
    options.report = &report;
    train(data, &options, run);
    expect_failure(data, &options, run, LLMX_BAD_OPTION,
                   "holds a finished run; --force replaces it");
    options.resume = 1;
    train(data, &options, run);
    assert_int_equal(report.was_finished, 1);
    options.resume = 0;
    options.force = 1;
    options.epochs = 3;
    train(data, &options, run);
    assert_int_equal(report.epochs, 3);
    llmx_data_destroy(data);
}

static void test_train__resumes_only_with_the_same_options_and_data(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("same.inter", 40, 40, 12, 6),
                     *other = test_data("other.inter", 40, 40, 12, 7);
    struct llmx_train_options options = quick();
    const char *run = test_path("same");
    int epoch = 2;
    options.progress = (struct llmx_progress){stop_at, &epoch};
    expect_failure(data, &options, run, LLMX_INTERRUPTED, "stopped after epoch 2");
    options.resume = 1;
    options.learning_rate = 0.5;
    expect_failure(data, &options, run, LLMX_MISMATCH, "learning_rate: 0.004, not 0.5");
    options.learning_rate = 4e-3;
    expect_failure(other, &options, run, LLMX_MISMATCH, "was trained on other interactions");
    if (truncate(run_file(run, "checkpoint"), 1000) != 0)
        fail_msg("truncate");
    expect_failure(data, &options, run, LLMX_BAD_INPUT, "checkpoint");
    llmx_data_destroy(data);
    llmx_data_destroy(other);
}

/* Half of the interactions, then all of them: warm, the rest is learnt in a few epochs, as well as from the start. */
static void test_train__takes_up_a_finished_run_with_new_data(void **state)
{
    (void)state;
    const char *path = test_interactions("grown.inter", 200, 60, 24, 3);
    char *text = test_read(path), *half = text;
    for (int line = 0; line < 2400 && half; line++)
        half = strchr(half + 1, '\n');
    assert_non_null(half);
    const char kept = half[1];
    half[1] = '\0';
    struct llmx_error err;
    struct llmx_data *all, *old;
    assert_int_equal(llmx_data_open(&old, test_file("old.inter", text), NULL, &err), 0);
    half[1] = kept;
    assert_int_equal(llmx_data_open(&all, path, NULL, &err), 0);
    assert_true(llmx_data_users(old) < llmx_data_users(all));
    struct llmx_train_options options = quick();
    struct llmx_train_report report;
    options.report = &report;
    train(all, &options, test_path("cold"));
    const double cold = report.valid.at[1].ndcg;
    train(old, &options, test_path("warm"));
    options.resume = 1;
    options.epochs = options.min_epochs = 8;
    train(all, &options, test_path("warm"));
    assert_int_equal(report.was_finished, 0);
    assert_int_equal(report.epochs, 8);
    const double warm = report.valid.at[1].ndcg;
    options.resume = 0;
    train(all, &options, test_path("short"));
    assert_true(warm > report.valid.at[1].ndcg);
    assert_near(warm, cold, 0.05);
    struct llmx_run *run;
    assert_int_equal(llmx_run_open(&run, test_path("warm"), all, &err), 0);
    llmx_run_destroy(run);
    options.resume = 1;
    train(all, &options, test_path("warm")); /* of these data: finished */
    assert_int_equal(report.was_finished, 1);
    options.dim = 8;
    expect_failure(all, &options, test_path("warm"), LLMX_MISMATCH, "dim: 16, not 8");
    expect_failure(old, &options, test_path("warm"), LLMX_MISMATCH, "user_embedding");
    free(text);
    llmx_data_destroy(all);
    llmx_data_destroy(old);
}

static void test_train__stops_when_the_loss_is_no_number(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("nan.inter", 40, 40, 12, 8);
    struct llmx_train_options options = quick();
    options.learning_rate = 1e25;
    options.epochs = 1000;
    expect_failure(data, &options, test_path("nan"), LLMX_BAD_OPTION,
                   "the loss is no number any more in epoch");
    llmx_data_destroy(data);
}

static void test_train__names_the_option_that_is_wrong(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("wrong.inter", 10, 20, 5, 8);
    struct llmx_train_options options = quick();
    options.dim = 0;
    expect_failure(data, &options, test_path("wrong"), LLMX_BAD_OPTION, "dim 0: choose 1 to 4096");
    options = quick();
    options.metric = "precison@10";
    expect_failure(data, &options, test_path("wrong"), LLMX_BAD_OPTION,
                   "'precison@10' is no metric to watch");
    options = quick();
    options.model = "bqr";
    expect_failure(data, &options, test_path("wrong"), LLMX_BAD_OPTION,
                   "there is no model 'bqr'; there are: pop, ");
    options = quick();
    expect_failure(data, &options, "/dev/null/such", LLMX_IO, "cannot make the directory");
    llmx_data_destroy(data);
}

/* Two interactions a user: one to learn from, one to test on, none to watch. */
static int expect_no_nan(void *context, const char *stage, double done, double total,
                         const char *note)
{
    (void)stage;
    (void)done;
    (void)total;
    if (note && strstr(note, "nan"))
        *(bool *)context = true;
    return 0;
}

static void test_train__does_without_a_validation_part(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("two.inter", 30, 20, 2, 9);
    struct llmx_train_options options = quick();
    struct llmx_train_report report;
    bool has_nan = false;
    options.report = &report;
    options.progress = (struct llmx_progress){expect_no_nan, &has_nan};
    options.epochs = 5;
    train(data, &options, test_path("two"));
    assert_false(has_nan);
    assert_int_equal(report.best_epoch, 5);
    assert_int_equal(report.valid.users, 0);
    assert_int_equal(report.test.users, 30);
    char *log = test_read(run_file(test_path("two"), "log.jsonl"));
    assert_contains(log, "\"ndcg@10\":null");
    free(log);
    llmx_data_destroy(data);
}

/* The figures of docs/benchmarks.md are means of five seeds; one is watched here. */
static void test_train__is_no_worse_than_recbole_on_ml100k(void **state)
{
    (void)state;
    struct llmx_data *data = test_ml100k(LLMX_TIME_NORMALISED_FLOAT32);
    struct llmx_train_options options = llmx_train_defaults("bpr");
    struct llmx_train_report report;
    options.report = &report;
    train(data, &options, test_path("ml-100k"));
    assert_true(report.epochs > 100);
    assert_true(report.test.at[1].recall >= 0.1262);
    assert_true(report.test.at[1].ndcg >= 0.0682);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train__learns_who_likes_what),
        cmocka_unit_test(test_train__says_how_to_go_on_after_an_interruption),
        cmocka_unit_test(test_train__killed_and_resumed_ends_in_the_same_bytes),
        cmocka_unit_test(test_train__leaves_a_finished_run_alone),
        cmocka_unit_test(test_train__resumes_only_with_the_same_options_and_data),
        cmocka_unit_test(test_train__takes_up_a_finished_run_with_new_data),
        cmocka_unit_test(test_train__stops_when_the_loss_is_no_number),
        cmocka_unit_test(test_train__names_the_option_that_is_wrong),
        cmocka_unit_test(test_train__does_without_a_validation_part),
        cmocka_unit_test(test_train__is_no_worse_than_recbole_on_ml100k),
    };
    return cmocka_run_group_tests_name("train", tests, NULL, NULL);
}
