/* Options: words, YAML, and what is said when they are wrong. */
#include "support/test.h"

#include "cli/opt.h"

static struct {
    const char *run, *metric, *recs, *explanations, *out;
    int top;
    double rate;
    bool json;
} o;

static const struct option_spec options[] = {OPT_ARG("RUN", &o.run, REQUIRED, "run directory"),
                                             OPT_TEXT("metric", &o.metric, "ndcg@10", "metric"),
                                             OPT_INT("top", &o.top, "10", "how many"),
                                             OPT_REAL("learning-rate", &o.rate, "0.001", "step"),
                                             OPT_PATH("recs", &o.recs, NULL, "what is explained"),
                                             OPT_LIST("explanations", &o.explanations, "some"),
                                             OPT_OUT("out", &o.out, NULL, "what is written"),
                                             OPT_FLAG("json", &o.json, "print JSON"),
                                             OPT_END};

static struct {
    const char *words;
    int some;
    double share;
    bool is_on;
} mode;

static const struct option_spec two_modes[] = {
    OPT_INT("top", &o.top, "10", "how many"),     OPT_TEXT("words", &mode.words, "all", "which"),
    OPT_INT("some", &mode.some, "5", "how many"), OPT_REAL("share", &mode.share, NULL, "how much"),
    OPT_FLAG("on", &mode.is_on, "whether"),       OPT_END};

static const struct command command = {"try", "", "", "", options, NULL};

static int parse(struct common *common, struct llmx_error *err, int argc, ...)
{
    char *argv[16];
    bool help;
    va_list args;
    va_start(args, argc);
    for (int i = 0; i < argc; i++)
        argv[i] = va_arg(args, char *);
    va_end(args);
    return opt_parse(&command, common, argc, argv, &help, err);
}

static void test_opt__defaults_then_words(void **state)
{
    (void)state;
    struct common common = {0};
    struct llmx_error err;
    assert_int_equal(parse(&common, &err, 1, "dir"), 0);
    assert_string_equal(o.run, "dir");
    assert_string_equal(o.metric, "ndcg@10");
    assert_int_equal(o.top, 10);
    assert_false(o.json);
    assert_int_equal(common.seed, 42);
    assert_int_equal(parse(&common, &err, 8, "--top=3", "--json", "dir", "--learning_rate", "0.5",
                           "--seed", "18446744073709551615", "--quiet"),
                     0);
    assert_int_equal(o.top, 3);
    assert_true(o.json && common.quiet);
    assert_near(o.rate, 0.5, 0);
    assert_int_equal(common.seed, UINT64_MAX);
}

static void test_opt__errors_name_the_nearest_option(void **state)
{
    (void)state;
    struct common common = {0};
    struct llmx_error err;
    assert_int_equal(parse(&common, &err, 3, "dir", "--tpo", "3"), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "did you mean 'top'");
    assert_int_equal(parse(&common, &err, 0), -1);
    assert_contains(err.message, "needs RUN");
    assert_int_equal(parse(&common, &err, 3, "dir", "--top", "3x"), -1);
    assert_contains(err.message, "'3x'");
    assert_int_equal(parse(&common, &err, 2, "dir", "--top"), -1);
    assert_contains(err.message, "needs a value");
    assert_int_equal(parse(&common, &err, 2, "dir", "other"), -1);
    assert_contains(err.message, "one word too many");
    assert_int_equal(parse(&common, &err, 3, "dir", "--top", "99999999999"), -1);
    assert_int_equal(parse(&common, &err, 3, "dir", "--seed", "-1"), -1);
    assert_int_equal(parse(&common, &err, 3, "dir", "--learning-rate", "nan"), -1);
}

static int parse_outs(struct common *common, struct llmx_error *err, const char *run,
                      const char *option, const char *value, const char *out)
{
    char *argv[] = {(char *)run, "--out", (char *)out, (char *)option, (char *)value};
    bool help;
    assert_int_equal(opt_parse(&command, common, option ? 5 : 3, argv, &help, err), 0);
    return opt_check_outs(&command, err);
}

static void test_opt__nothing_that_is_read_is_written(void **state)
{
    (void)state;
    struct common common = {0};
    struct llmx_error err;
    char both[600], *a = strdup(test_file("a", "1")), *b = strdup(test_file("b", "2"));
    snprintf(both, sizeof both, "%s,%s", a, b);
    assert_int_equal(parse_outs(&common, &err, "dir", "--recs", a, b), 0);
    assert_int_equal(parse_outs(&common, &err, "dir", "--recs", a, a), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "--recs");
    assert_int_equal(parse_outs(&common, &err, a, NULL, NULL, a), -1);
    assert_contains(err.message, "file of RUN too");
    assert_int_equal(parse_outs(&common, &err, "dir", "--explanations", both, b), -1);
    assert_contains(err.message, "--explanations");
    free(a);
    free(b);
}

static void test_opt__what_cannot_be_written_is_told_at_once(void **state)
{
    (void)state;
    struct common common = {0};
    struct llmx_error err;
    assert_int_equal(parse_outs(&common, &err, "dir", NULL, NULL, "/nowhere/x"), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "cannot write /nowhere/x");
    assert_int_equal(parse_outs(&common, &err, "dir", NULL, NULL, "/"), -1);
    assert_int_equal(parse_outs(&common, &err, "dir", NULL, NULL, "/dev/null"), 0);
    assert_int_equal(parse_outs(&common, &err, "dir", NULL, NULL, "-"), 0);
}

static void test_config__sets_what_the_command_line_leaves(void **state)
{
    (void)state;
    struct common common = {0};
    struct llmx_error err;
    char path[256];
    snprintf(path, sizeof path, "%s",
             test_file("a.yaml", "# comment\nlearning_rate: 0.25\nvalid_metric: recall@20\ntop: "
                                 "7\njson: true\nseed: 5\n"));
    assert_int_equal(parse(&common, &err, 5, "dir", "--top", "8", "--config", path), 0);
    assert_near(o.rate, 0.25, 0);
    assert_string_equal(o.metric, "recall@20");
    assert_int_equal(o.top, 8);
    assert_true(o.json);
    assert_int_equal(common.seed, 5);
}

static void test_config__errors_name_file_and_line(void **state)
{
    (void)state;
    struct common common = {0};
    struct llmx_error err;
    assert_int_equal(parse(&common, &err, 3, "dir", "--config",
                           test_file("b.yaml", "top: 3\nlearnin_rate: 1\n")),
                     -1);
    assert_contains(err.message, "b.yaml:2: ");
    assert_contains(err.message, "did you mean 'learning-rate'");
    assert_int_equal(parse(&common, &err, 3, "dir", "--config", test_file("c.yaml", "top: [1\n")),
                     -1);
    assert_contains(err.message, "c.yaml:");
    assert_int_equal(parse(&common, &err, 3, "dir", "--config", test_file("d.yaml", "- 1\n")), -1);
    assert_int_equal(parse(&common, &err, 3, "dir", "--config", test_file("e.yaml", "")), 0);
    assert_int_equal(parse(&common, &err, 3, "dir", "--config", "/no/such.yaml"), -1);
}

static void test_opt_integers__takes_ascending_lists(void **state)
{
    (void)state;
    int values[3];
    assert_int_equal(opt_integers("5,10,20", values, 3, NULL), 3);
    assert_int_equal(values[2], 20);
    assert_int_equal(opt_integers("5,10,20,30", values, 3, NULL), -1);
    assert_int_equal(opt_integers("5,5", values, 3, NULL), -1);
    assert_int_equal(opt_integers("5,", values, 3, NULL), -1);
    assert_int_equal(opt_integers("", values, 3, NULL), -1);
    assert_int_equal(opt_integers("0", values, 3, NULL), -1);
}

static void test_opt_refuse__what_was_set_of_another_mode(void **state)
{
    (void)state;
    static const char *const refused[] = {"--words=some", "--some=6", "--share=0.5", "--on"};
    static const struct command with_modes = {"try", "", "", "", two_modes, NULL};
    struct common common = {0};
    struct llmx_error err;
    bool help;
    char *fine[] = {"--top=3", "--words=all", "--some=5"};
    assert_int_equal(opt_parse(&with_modes, &common, 3, fine, &help, &err), 0);
    assert_int_equal(opt_refuse(two_modes, &mode, sizeof mode, "is idle", &err), 0);
    assert_int_equal(opt_refuse(two_modes, &o.top, sizeof o.top, "is idle", &err), -1);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char word[32], expected[64];
        snprintf(word, sizeof word, "%s", refused[i]);
        snprintf(expected, sizeof expected, "%.*s is idle", (int)strcspn(word, "="), word);
        mode.share = 0; /* one without a default stays as it is */
        assert_int_equal(opt_parse(&with_modes, &common, 1, (char *[]){word}, &help, &err), 0);
        assert_int_equal(opt_refuse(two_modes, &mode, sizeof mode, "is idle", &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        assert_string_equal(err.message, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opt__defaults_then_words),
        cmocka_unit_test(test_opt__errors_name_the_nearest_option),
        cmocka_unit_test(test_opt__nothing_that_is_read_is_written),
        cmocka_unit_test(test_opt__what_cannot_be_written_is_told_at_once),
        cmocka_unit_test(test_config__sets_what_the_command_line_leaves),
        cmocka_unit_test(test_config__errors_name_file_and_line),
        cmocka_unit_test(test_opt_refuse__what_was_set_of_another_mode),
        cmocka_unit_test(test_opt_integers__takes_ascending_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
