/* How interactions are read, option by option, from texts and back into them. */
#include "data/data_settings.h"

#include "support/test.h"

/* What is put of an option is what it is set from, and no option falls between. */
static void test_data_set__reads_what_is_put(void **state)
{
    (void)state;
    static const char *const values[][3] = {
        {"columns", "user=1,item=2", "user=1,item=2"},
        {"separator", "tab", "\t"},
        {"separator", "::", "::"},
        {"separator", ";", ";"},
        {"timestamps", "float32", "float32"},
        {"duplicates", "last", "last"},
        {"min-rating", "3.50", "3.5"},
        {"min_user", "5", "5"},
        {"min-item", "-1", "-1"},
        {"valid", "v.inter", "v.inter"},
        {"test", "", ""},
        {"split-by", "ratio:1,1,1", "ratio:1,1,1"},
        {"header", "no", "no"},
        {"quotes", "yes", "yes"},
        {"item-file", "movies.csv", "movies.csv"},
        {"item-columns", "item=1,title=2", "item=1,title=2"},
        {"role", "year=made", "year=made"},
        {"user-file", "people.csv", "people.csv"},
        {"user-columns", "user=1,age=2", "user=1,age=2"},
        {"encoding", "latin1", "latin1"},
        {"skip-bad", "true", "true"},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct data_setting *setting = data_setting_find(values[i][0]);
        struct llmx_data_options options = {0}, again = {0};
        struct text text = {0}, text_again = {0};
        assert_non_null(setting);
        assert_int_equal(llmx_data_set(&options, values[i][0], values[i][1], NULL), 0);
        assert_true(data_setting_put(&text, &options, setting));
        assert_string_equal(text.s, values[i][2]);
        assert_int_equal(data_setting_read(&again, setting, text.s, NULL), 0);
        assert_true(data_setting_put(&text_again, &again, setting));
        assert_string_equal(text_again.s, values[i][2]);
        text_release(&text);
        text_release(&text_again);
    }
    for (const struct data_setting *s = data_settings; s->name; s++) {
        bool is_here = false;
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            is_here |= data_setting_find(values[i][0]) == s;
        if (!is_here)
            fail_msg("%s is not tried here", s->name);
    }
}

static void test_data_set__says_what_is_no_option_or_value(void **state)
{
    (void)state;
    static const char *const wrong[][3] = {
        {"separator", ":", "is not tab, space, :: or one character"},
        {"separator", "\"", "is not tab"},
        {"min-user", "2.5", "takes a whole number, not '2.5'"},
        {"min-rating", "good", "takes a number, not 'good'"},
        {"duplicates", "all", "there is no 'all'; choose one of: keep, first, last"},
        {"colour", "red", "there is no option 'colour' of data; there are: columns, separator, "},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct llmx_data_options options = {0};
        struct llmx_error err;
        assert_int_equal(llmx_data_set(&options, wrong[i][0], wrong[i][1], &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        assert_contains(err.message, wrong[i][2]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_set__reads_what_is_put),
        cmocka_unit_test(test_data_set__says_what_is_no_option_or_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
