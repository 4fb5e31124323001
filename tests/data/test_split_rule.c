/* Splits by ratio and by time. The counts of a ratio are those of RecBole 1.2.1's Dataset._calcu_split_ids. */
#include "support/test.h"

#include "data/dataset.h"
#include "data/split_rule.h"

static void assert_counts(const char *text, size_t n, size_t valid, size_t test)
{
    struct split_rule rule;
    size_t v, t;
    assert_int_equal(split_rule_parse(&rule, text, NULL), 0);
    split_rule_count(&rule, n, &v, &t);
    if (v != valid || t != test)
        fail_msg("%s of %zu: %zu and %zu, expected %zu and %zu", text, n, v, t, valid, test);
}

static void test_split_rule__counts_as_recbole(void **state)
{
    (void)state;
    const char *rule = "ratio:0.8,0.1,0.1";
    assert_counts(rule, 100, 10, 10);
    assert_counts(rule, 25, 2, 2);
    assert_counts(rule, 9, 1, 1); /* a tenth of nine is less than one: one all the same */
    assert_counts(rule, 3, 1, 1);
    assert_counts(rule, 2, 0, 1); /* one is left to learn from: the test goes first */
    assert_counts(rule, 1, 0, 0);
    assert_counts("ratio:8,1,1", 25, 2, 2); /* shares need not add up to one */
    assert_counts("ratio:0.8,0,0.2", 3, 0, 1);
    assert_counts("ratio:1,1,2", 8, 2, 4);
    assert_counts(NULL, 5, 1, 1);
    assert_counts("leave-one-out", 2, 0, 1);
}

static void test_split_rule__refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "ratio",
                                        "ratio:",
                                        "ratio:1,1",
                                        "ratio:1,1,1,1",
                                        "ratio:1,-1,1",
                                        "ratio:0,1,1",
                                        "time:1,1,0",
                                        "time:a,b,c",
                                        "fold:0.8,0.1,1",
                                        "ratio:1,nan,1"};
    struct split_rule rule;
    struct llmx_error err;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(split_rule_parse(&rule, wrong[i], &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        assert_contains(err.message, "--split-by");
    }
}

static const char *history(const struct llmx_data *data, const char *user, enum llmx_part part)
{
    static char out[256];
    int n;
    const llmx_id *items = llmx_data_history(data, llmx_data_user(data, user), part, &n);
    out[0] = '\0';
    for (int i = 0; i < n; i++)
        strcat(strcat(out, i ? " " : ""), llmx_data_item_token(data, items[i]));
    return out;
}

static struct llmx_data *open_split(const char *path, const char *split_by, struct llmx_error *err)
{
    const struct llmx_data_options options = {.split_by = split_by};
    struct llmx_data *data = NULL;
    return llmx_data_open(&data, path, &options, err) == 0 ? data : NULL;
}

#define HEADER "user_id:token\titem_id:token\ttimestamp:float\n"

static void test_split_by_ratio__cuts_each_history_in_time_order(void **state)
{
    (void)state;
    const char *path = test_file("ratio.inter", HEADER "u\ta\t5\nu\tb\t4\nu\tc\t3\nu\td\t2\n"
                                                       "u\te\t1\nv\ta\t9\n");
    struct llmx_data *data = open_split(path, "ratio:0.6,0.2,0.2", NULL);
    assert_non_null(data);
    assert_string_equal(history(data, "u", LLMX_TRAIN), "e d c");
    assert_string_equal(history(data, "u", LLMX_VALID), "b");
    assert_string_equal(history(data, "u", LLMX_TEST), "a");
    assert_string_equal(history(data, "v", LLMX_TRAIN), "a");
    llmx_data_destroy(data);
}

/* Ten interactions at times 1 to 9 and one more at 7: validation begins at 7, the test at 9. */
static void test_split_by_time__cuts_everybody_at_the_same_times(void **state)
{
    (void)state;
    const char *path =
        test_file("time.inter", HEADER "u\ta\t1\nu\tb\t8\nu\tc\t9\nv\ta\t2\nv\tb\t3\n"
                                       "v\tc\t7\nw\ta\t7\nx\ta\t4\nx\tb\t5\nx\tc\t6\n");
    struct llmx_data *data = open_split(path, "time:0.7,0.2,0.1", NULL);
    assert_non_null(data);
    assert_string_equal(history(data, "u", LLMX_TRAIN), "a");
    assert_string_equal(history(data, "u", LLMX_VALID), "b");
    assert_string_equal(history(data, "u", LLMX_TEST), "c");
    assert_string_equal(history(data, "v", LLMX_TRAIN), "a b");
    assert_string_equal(history(data, "v", LLMX_VALID), "c"); /* equal times stay together */
    assert_string_equal(history(data, "w", LLMX_TRAIN), "");
    assert_string_equal(history(data, "w", LLMX_VALID), "a");
    assert_string_equal(history(data, "x", LLMX_TRAIN), "a b c");
    llmx_data_destroy(data);
}

static void test_split_by__says_what_it_cannot_do(void **state)
{
    (void)state;
    struct llmx_error err;
    const char *path = test_file("same.inter", HEADER "u\ta\t1\nu\tb\t1\nv\tb\t1\n");
    assert_null(open_split(path, "time:0.4,0.3,0.3", &err));
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "leaves nothing to learn from");
    path = test_file("untimed.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\n");
    assert_null(open_split(path, "time:0.4,0.3,0.3", &err));
    assert_contains(err.message, "--split-by time needs times");
    test_file("made.train.inter", HEADER "u\ta\t1\n");
    test_file("made.test.inter", HEADER "u\tb\t2\n");
    assert_null(open_split(test_path("made"), "ratio:8,1,1", &err));
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "comes split already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_split_rule__counts_as_recbole),
        cmocka_unit_test(test_split_rule__refuses_what_is_none),
        cmocka_unit_test(test_split_by_ratio__cuts_each_history_in_time_order),
        cmocka_unit_test(test_split_by_time__cuts_everybody_at_the_same_times),
        cmocka_unit_test(test_split_by__says_what_it_cannot_do),
    };
    return cmocka_run_group_tests_name("split_rule", tests, NULL, NULL);
}
