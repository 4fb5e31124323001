/* Numbers as strtod reads them with a decimal point, and only numbers. */
#include "support/test.h"

#include "base/number.h"
#include "base/plain.h"
#include "base/rng.h"

static void test_number__equals_strtod(void **state)
{
    (void)state;
    static const char *const texts[] = {"0",
                                        "-0",
                                        "7",
                                        "881250949",
                                        "3.5",
                                        "-0.1",
                                        ".5",
                                        "5.",
                                        "1e9",
                                        "1E-3",
                                        "+4",
                                        "123456789012345",
                                        "1234567890123456",
                                        "0.000000000000000000000001",
                                        "179769313486231570000000000000000000000",
                                        "9007199254740993",
                                        "4.9e-324",
                                        "0.30000000000000004",
                                        "2.2250738585072011e-308"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        double value;
        assert_true(number_parse(texts[i], strlen(texts[i]), &value));
        double expected;
        assert_true(number_read(texts[i], &expected));
        assert_memory_equal(&value, &expected, sizeof value);
    }
}

static void test_number__equals_strtod_for_random_decimals(void **state)
{
    (void)state;
    struct rng rng = rng_stream(1, RNG_SAMPLING, 0);
    for (int i = 0; i < 200000; i++) {
        char text[64];
        double value, scale = pow(10, (double)rng_below(&rng, 20) - 4);
        plain_snprintf(text, sizeof text, "%.*f", (int)rng_below(&rng, 12),
                       (rng_uniform(&rng) - 0.5) * scale);
        assert_true(number_parse(text, strlen(text), &value));
        double expected;
        assert_true(number_read(text, &expected));
        if (memcmp(&value, &expected, sizeof value) != 0)
            fail_msg("%s: %.17g, expected %.17g", text, value, expected);
    }
}

static void test_number__refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      " ",    "n/a", "nan", "NaN",   "inf", "-inf",
                                        "1e999", "0x10", "1 ",  " 1",  "1,5",   "--1", "1-",
                                        "1e",    ".",    "-",   "e5",  "1.2.3", "١"};
    double value = 42;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (number_parse(texts[i], strlen(texts[i]), &value))
            fail_msg("\"%s\" was read as %g", texts[i], value);
    assert_false(number_parse("1\0", 2, &value));
    assert_near(value, 42, 0);
}

static void test_number__reads_all_that_printf_writes(void **state)
{
    (void)state;
    const double values[] = {0.1, -1.5e300, 4.9e-324, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[40];
        double back;
        plain_snprintf(text, sizeof text, "%a", values[i]);
        assert_true(number_read(text, &back));
        assert_true(back == values[i]);
    }
    double value;
    assert_true(number_read("nan", &value) && isnan(value));
    assert_false(number_read("", &value));
    assert_false(number_read("1 ", &value));
}

static void test_number__whole_or_refused(void **state)
{
    (void)state;
    const double none[] = {1e300, -1e300, INFINITY, NAN, 2.5, -1, 11, 2147483648.0};
    int whole = 42;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(number_whole(none[i], 0, 10, &whole));
    assert_false(number_whole(2147483648.0, INT32_MIN, INT32_MAX, &whole));
    assert_int_equal(whole, 42);
    assert_true(number_whole(10, 0, 10, &whole));
    assert_int_equal(whole, 10);
    assert_true(number_whole(-2147483648.0, INT32_MIN, INT32_MAX, &whole));
    assert_int_equal(whole, INT32_MIN);
}

static void test_number__unsigned_is_digits_alone(void **state)
{
    (void)state;
    static const char *const none[] = {"",   "-1",  " 1",  "+1",
                                       "1 ", "0x1", "1.0", "18446744073709551616"};
    uint64_t value = 42;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_false(number_unsigned(none[i], &value));
    assert_int_equal(value, 42);
    assert_true(number_unsigned("18446744073709551615", &value));
    assert_true(value == UINT64_MAX);
    assert_true(number_unsigned("0", &value));
    assert_int_equal(value, 0);
}

static void test_number__puts_no_more_digits_than_it_takes(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"},          {0.1, "0.1"},
                 {1e-3, "0.001"},   {1.0 / 3, "0.3333333333333333"},
                 {1e300, "1e+300"}, {16777217, "16777217"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text out = {0};
        number_put(&out, cases[i].value);
        assert_string_equal(out.s, cases[i].text);
        text_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number__equals_strtod),
        cmocka_unit_test(test_number__equals_strtod_for_random_decimals),
        cmocka_unit_test(test_number__refuses_what_is_none),
        cmocka_unit_test(test_number__reads_all_that_printf_writes),
        cmocka_unit_test(test_number__whole_or_refused),
        cmocka_unit_test(test_number__unsigned_is_digits_alone),
        cmocka_unit_test(test_number__puts_no_more_digits_than_it_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
