/* What is UTF-8, held against table 3-7 of the Unicode standard. */
#include "support/test.h"

#include "base/utf8.h"

#include <string.h>

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
        assert_int_equal(utf8_check_text(cases[i].s, cases[i].n), cases[i].good);
}

/* The bytes that may follow a first byte, by the table: how many, and the range of the first of them. */
static int follow(unsigned first, unsigned *low, unsigned *high)
{
    *low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    *high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (first < 0x80)
        return 0;
    return first < 0xc2 || first > 0xf4 ? -1 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
}

static size_t step(const unsigned char *s, size_t n, bool *valid)
{
    unsigned low, high;
    int more = follow(s[0], &low, &high);
    size_t length = 1;
    for (; more > 0 && length < n && s[length] >= low && s[length] <= high; more--, length++)
        low = 0x80, high = 0xbf;
    *valid = more == 0;
    return length;
}

static void test_utf8__steps_over_what_one_mark_stands_for(void **state)
{
    (void)state;
    static const unsigned char next[] = {0,    'a',  0x7f, 0x80, 0x8f, 0x90, 0x9f,
                                         0xa0, 0xbf, 0xc0, 0xe0, 0xf0, 0xff};
    const unsigned K = sizeof next;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned rest = 0; rest < K * K * K; rest++)
            for (size_t n = 1; n <= 4; n++) {
                const unsigned char s[] = {(unsigned char)first, next[rest % K], next[rest / K % K],
                                           next[rest / K / K]};
                bool valid, wanted_valid;
                const size_t wanted = step(s, n, &wanted_valid);
                const size_t length = utf8_step((const char *)s, n, &valid);
                if (length != wanted || valid != wanted_valid)
                    fail_msg("%02x %02x %02x %02x, %zu bytes: a step of %zu, not %zu", s[0], s[1],
                             s[2], s[3], n, length, wanted);
            }
}

static void test_utf8__writes_what_it_reads(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c += c == 0xd7ff ? 0x801 : 1) {
        char bytes[4];
        const size_t length = utf8_write(c, bytes);
        assert_int_equal(utf8_check(bytes, length), length);
        assert_int_equal(utf8_value(bytes, length), c);
    }
}

static void test_utf8__reads_escapes(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        size_t length;
        uint32_t c;
    } escapes[] = {{"00e9.", 4, 0xe9},
                   {"ABcd", 4, 0xabcd},
                   {"0000", 4, 0},
                   {"d83d\\ude00", 10, 0x1f600},
                   {"d83d\\u0041", 0, 0},
                   {"d83d", 0, 0},
                   {"de00\\ud83d", 0, 0},
                   {"00g9", 0, 0},
                   {"\x10\x10\x10\x10", 0, 0},
                   {"0e9", 0, 0}};
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        uint32_t c;
        const size_t n = strlen(escapes[i].digits);
        assert_int_equal(utf8_read_escape(escapes[i].digits, n, &c), escapes[i].length);
        if (escapes[i].length > 0)
            assert_int_equal(c, escapes[i].c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8__stops_at_the_first_bad_byte),
        cmocka_unit_test(test_utf8__steps_over_what_one_mark_stands_for),
        cmocka_unit_test(test_utf8__writes_what_it_reads),
        cmocka_unit_test(test_utf8__reads_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
