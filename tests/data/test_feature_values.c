/* Lists and years as tables write them. */
#include "support/test.h"

#include "data/feature_values.h"

/* NULL: no list. */
static void assert_list(const char *text, const char *expected)
{
    struct text out = {0};
    text_puts(&out, "+");
    const bool is_list = value_put_list(&out, text, strlen(text));
    if (is_list != (expected != NULL))
        fail_msg("%s is %s", text, is_list ? "taken for a list" : "taken for no list");
    assert_string_equal(out.s + 1, expected ? expected : "");
    text_release(&out);
}

static void test_value__lists(void **state)
{
    (void)state;
    assert_list("[\"Comedy\",\"Crime\"]", "Comedy|Crime");
    assert_list("['Comedy', 'Crime']", "Comedy|Crime");
    assert_list("[u'Action', u\"It's\"]", "Action|It's");
    assert_list("[\"Furniture, Office\", \"a \\\"b\\\" \\\\ c\\n\"]",
                "Furniture, Office|a \"b\" \\ c ");
    assert_list("[\"Caf\\u00e9\", \"\\ud83c\\udfac\"]", "Caf\xc3\xa9|\xf0\x9f\x8e\xac");
    assert_list("[['Books', 'Maps'], ['Books']]", "Books|Maps|Books");
    assert_list("[ 1, -2.5 ,null, None, \"\", 'x' ]", "1|-2.5|x");
    assert_list("[]", "");
    assert_list("[[]]", "");
}

static void test_value__what_is_no_list(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "[",
                                        "[REC]",
                                        "[Safe",
                                        "Comedy|Crime",
                                        "['a'] and ['b']",
                                        "['a', b]",
                                        "['a",
                                        "['a]",
                                        "[\"\\ud800\"]",
                                        "[\"\\u00g0\"]",
                                        "[{\"a\": 1}]",
                                        "['a']]",
                                        "[['a']",
                                        "['a\\']",
                                        "[]]"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_list(texts[i], NULL);
}

static void test_value__years(void **state)
{
    (void)state;
    static const struct {
        const char *text, *year;
    } cases[] = {{"1995", "1995"},
                 {"2008.0", "2008"},
                 {"01-Jan-1995", "1995"},
                 {"1995-03-01", "1995"},
                 {"July 5, 1995", "1995"},
                 {"12 3000 1999", "1999"},
                 {"", NULL},
                 {"95", NULL},
                 {"19951", NULL},
                 {"-720.0", NULL},
                 {"0", NULL},
                 {"n32880.000", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *year = value_find_year(cases[i].text, strlen(cases[i].text));
        assert_int_equal(year != NULL, cases[i].year != NULL);
        if (year)
            assert_memory_equal(year, cases[i].year, 4);
    }
}

static void test_value__years_of_titles(void **state)
{
    (void)state;
    static const struct {
        const char *title, *year;
        size_t length;
    } cases[] = {{"Hill, The (1991)", "1991", 9},
                 {"Hill (A Walk) (1991) ", "1991", 13},
                 {"Hill(1991)", "1991", 4},
                 {"1991 (1992)", "1992", 4},
                 {"(1991)", NULL, 0},
                 {" (1991)", NULL, 0},
                 {"Hill (1991", NULL, 0},
                 {"Hill (91)", NULL, 0},
                 {"Hill (1991-1993)", NULL, 0},
                 {"Hill (3991)", NULL, 0},
                 {"Hill (1991) 2", NULL, 0},
                 {"", NULL, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length = 0;
        const char *title = cases[i].title, *year = value_title_year(title, strlen(title), &length);
        if ((year != NULL) != (cases[i].year != NULL))
            fail_msg("%s", title);
        if (!year)
            continue;
        assert_memory_equal(year, cases[i].year, 4);
        assert_int_equal(length, cases[i].length);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value__lists),
        cmocka_unit_test(test_value__what_is_no_list),
        cmocka_unit_test(test_value__years),
        cmocka_unit_test(test_value__years_of_titles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
