/* Which of the marks in a file's lines separates its fields. */
#include "support/test.h"

#include "format/delimited.h"

static void assert_separator(const char *text, char expected)
{
    const char *line_end = text + strcspn(text, "\n");
    const char got = delimited_separator(text, line_end, text + strlen(text), '\n');
    if (got != expected)
        fail_msg("%s: '%c', not '%c'", text, got, expected);
}

static void test_separator__least_likely_in_a_field(void **state)
{
    (void)state;
    assert_separator("a,b\tc;d", '\t');
    assert_separator("1::Hill, The::Drama|Crime\n2::Reeds::Drama\n", ':');
    assert_separator("1;a, b\n2;c\n", ';');
    assert_separator("1,a|b\n", ',');
    assert_separator("1,a|b\n2,c|d\n", ',');
    assert_separator("1 2\n", ' ');
    assert_separator("1\n", '\t');
}

static void test_separator__that_all_lines_have_alike(void **state)
{
    (void)state;
    assert_separator("1|Hill, The (1991)|Drama\n2|Reeds (1994)|Drama\n", '|');
    assert_separator("1|Hill; The, Old|Drama\n2|Reeds|x\n", '|');
    assert_separator("1,Reeds,Drama|Crime\n2,\"Hill, The\",Drama\n", ',');
    assert_separator("1,\"Reeds\n|\",x\n2,y,z\n", ',');
    assert_separator("1,a|b\n2,c|d,\n", '|');
    assert_separator("1,a|b\n2|c|d,\n", ',');
    assert_separator("1|Hill, The\n2|Reeds, cut off he", ',');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_separator__least_likely_in_a_field),
        cmocka_unit_test(test_separator__that_all_lines_have_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
