/* What is written and read is the same in locales with other decimal points and other capitals. */
#include "support/test.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/plain_json.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>

/* Makes a locale out of Debian's sources, and has this process take it. */
static void take_locale(const char *name)
{
    char command[300];
    setenv("LOCPATH", test_directory(), 1);
    snprintf(command, sizeof command, "localedef -i %.5s -f UTF-8 %s", name, test_path(name));
    if (access(test_path(name), F_OK) != 0 && test_shell(command, NULL) != 0)
        skip();
    assert_non_null(setlocale(LC_ALL, name));
}

static int leave_locale(void **state)
{
    (void)state;
    return setlocale(LC_ALL, "C") ? 0 : -1;
}

static void check_printing(const char *host_half)
{
    char out[40];
    struct arena arena = {0};
    struct text text = {0};
    struct llmx_error err;
    snprintf(out, sizeof out, "%.1f", 0.5);
    assert_string_equal(out, host_half);
    assert_int_equal(plain_snprintf(out, sizeof out, "%.1f|%s", 0.5, "½"), 6);
    assert_string_equal(out, "0.5|½");
    text_printf(&text, "%g %a", 0.25, 1.5);
    number_put(&text, 0.1);
    assert_string_equal(text.s, "0.25 0x1.8p+00.1");
    assert_string_equal(arena_printf(&arena, &err, "%g", 2.5), "2.5");
    err_set(&err, LLMX_BAD_OPTION, "at most %g", 1.5);
    assert_string_equal(err.message, "at most 1.5");
    errno = ENOSPC;
    err_system(&err, "%g bytes", 0.5);
    assert_string_equal(err.message, "0.5 bytes: No space left on device");
    FILE *f = fopen(test_path("out"), "w");
    plain_fprintf(f, "%.2e", 1234.5);
    fclose(f);
    char *written = test_read(test_path("out"));
    assert_string_equal(written, "1.23e+03");
    snprintf(out, sizeof out, "%.1f", 0.5);
    assert_string_equal(out, host_half); /* the host's own is as it was */
    free(written);
    text_release(&text);
    arena_release(&arena);
}

static void check_reading(void)
{
    double value;
    assert_true(number_parse("1.5e-3", 6, &value) && value == 1.5e-3);
    assert_true(number_parse("1234567890.12345678", 19, &value) && value == 1234567890.12345678);
    assert_true(number_read("0x1.8p+0", &value) && value == 1.5);
    assert_false(number_read("1,5", &value));
    assert_false(number_parse("1,5e0", 5, &value));
}

static void check_json(void)
{
    json_t *json = plain_json_loadb("[0.25,1e-3]", 11, 0, NULL);
    assert_non_null(json);
    assert_near(json_real_value(json_array_get(json, 1)), 1e-3, 0);
    char *text = plain_json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "[0.25,0.001]");
    free(text);
    FILE *f = fopen(test_path("out"), "w");
    assert_int_equal(plain_json_dumpf(json, f, JSON_COMPACT), 0);
    fclose(f);
    text = test_read(test_path("out"));
    assert_string_equal(text, "[0.25,0.001]");
    free(text);
    json_decref(json);
}

static void test_plain__a_decimal_comma(void **state)
{
    (void)state;
    take_locale("de_DE.UTF-8");
    check_printing("0,5");
    check_reading();
    check_json();
}

static void test_plain__a_decimal_point_of_two_bytes(void **state)
{
    (void)state;
    take_locale("ps_AF.UTF-8");
    check_printing("0٫5");
    check_reading();
    check_json();
}

static void test_plain__letters_whose_capitals_are_others(void **state)
{
    (void)state;
    take_locale("tr_TR.UTF-8");
#ifndef __SANITIZE_ADDRESS__ /* whose strcasecmp asks no locale */
    assert_int_not_equal(strcasecmp("TITLE", "title"), 0);
#endif
    assert_int_equal(plain_strcasecmp("TITLE", "title"), 0);
    assert_int_equal(plain_strncasecmp("ITEMS", "item", 4), 0);
    assert_int_not_equal(plain_strcasecmp("item", "items"), 0);
}

#define CASE(NAME) cmocka_unit_test_teardown(NAME, leave_locale)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_plain__a_decimal_comma),
        CASE(test_plain__a_decimal_point_of_two_bytes),
        CASE(test_plain__letters_whose_capitals_are_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
