/* The description of a data set: times that are dates, and times that are none. */
#include "support/test.h"

#include "llmxrec/data.h"

static char *describe(const char *times)
{
    char text[300];
    struct llmx_data *data;
    struct llmx_error err;
    snprintf(text, sizeof text, "user_id:token\titem_id:token\ttimestamp:float\n%s", times);
    if (llmx_data_open(&data, test_file("times.inter", text), NULL, &err) != 0)
        fail_msg("%s", err.message);
    FILE *f = fopen(test_path("description"), "w");
    assert_int_equal(llmx_data_describe(data, f, 0, &err), 0);
    fclose(f);
    llmx_data_destroy(data);
    return test_read(test_path("description"));
}

static void check(const char *times, const char *from, const char *to)
{
    char *said = describe(times);
    assert_contains(said, from);
    assert_contains(said, to);
    free(said);
}

static void test_describe__times(void **state)
{
    (void)state;
    check("a\tx\t881250949\nb\ty\t893286638000\n", "1997-12-04 15:55:49 UTC",
          "1998-04-22 23:10:38 UTC");
    check("a\tx\t-1e300\nb\ty\t1e300\n", "-1e+300", "1e+300");
    check("a\tx\t0.5\nb\ty\t9e18\n", "0.5", "9e+18");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe__times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
