/* UTF-8 as RFC 3629 has it. */
#include "support/test.h"

#include "base/utf8.h"

static void test_utf8__stops_at_the_first_bad_byte(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        size_t n, good;
    } cases[] = {
        {"Amélie", 7, 7},           {"日本", 6, 6},
        {"\xf0\x9f\x8e\xac", 4, 4}, {"", 0, 0},
        {"Am\xe9lie", 6, 2},        {"a\0b", 3, 1},
        {"\xc0\x80", 2, 0},         {"\xed\xa0\x80", 3, 0},
        {"\xf4\x90\x80\x80", 4, 0}, {"\xe6\x97", 2, 0},
        {"ab\x80", 3, 2},           {"\xe0\x80\x80", 3, 0},
        {"\xf0\x80\x80\x80", 4, 0}, {"\xf8\x88\x80\x80\x80", 5, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(utf8_valid_prefix(cases[i].s, cases[i].n), cases[i].good);
}

/* Eight bytes are looked at together where that is possible. */
static void test_utf8__finds_a_byte_wherever_it_stands(void **state)
{
    (void)state;
    char s[40];
    for (size_t n = 1; n <= sizeof s; n++) {
        for (size_t at = 0; at < n; at++) {
            memset(s, 'a', n);
            s[at] = '\0';
            assert_int_equal(utf8_valid_prefix(s, n), at);
            assert_int_equal(utf8_check(s, n), n);
            s[at] = '\xff';
            assert_int_equal(utf8_valid_prefix(s, n), at);
            assert_int_equal(utf8_check(s, n), at);
            s[at] = '\x7f';
            assert_int_equal(utf8_valid_prefix(s, n), n);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8__stops_at_the_first_bad_byte),
        cmocka_unit_test(test_utf8__finds_a_byte_wherever_it_stands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
