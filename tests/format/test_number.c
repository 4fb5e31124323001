/* Numbers as strtod reads them, and only numbers; UTF-8 as RFC 3629 has it. */
#include "support/test.h"

#include "base/rng.h"
#include "format/number.h"

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
        double expected = strtod(texts[i], NULL);
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
        snprintf(text, sizeof text, "%.*f", (int)rng_below(&rng, 12),
                 (rng_uniform(&rng) - 0.5) * scale);
        assert_true(number_parse(text, strlen(text), &value));
        double expected = strtod(text, NULL);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_number__equals_strtod),
        cmocka_unit_test(test_number__equals_strtod_for_random_decimals),
        cmocka_unit_test(test_number__refuses_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
