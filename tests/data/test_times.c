/* Times as numbers and as dates, and the units they count in. */
#include "support/test.h"

#include "data/times.h"

static void assert_time(const char *text, double expected)
{
    double time = -7;
    bool is_date;
    if (!time_parse(text, strlen(text), &time, &is_date))
        fail_msg("\"%s\" is not read", text);
    if (time != expected)
        fail_msg("\"%s\" is %.6f, expected %.6f", text, time, expected);
}

/* The expected seconds are `date -u -d TEXT +%s.%N`. */
static void test_times__are_read_in_every_usual_form(void **state)
{
    (void)state;
    static const char *const same[] = {"2022-06-24T21:20:11Z",
                                       "2022-06-24 21:20:11",
                                       "2022-06-24t21:20:11z",
                                       "2022-06-24T21:20:11+00:00",
                                       "2022-06-24T21:20:11.000Z",
                                       "2022-06-25T02:50:11+05:30",
                                       "2022-06-25T02:50:11+0530",
                                       "2022-06-24T14:20:11-07:00",
                                       "2022-06-24T14:20:11-07",
                                       "2022-06-24 21:20:11 UTC",
                                       "2022-06-24 21:20:11 +0000",
                                       "2022-06-24 23:20:11 +0200 CEST",
                                       "20220624T212011Z",
                                       "2022/06/24 21:20:11",
                                       "2022-06-24 21:20:11 +0000 UTC",
                                       "2022-06-24T21:20:11,0",
                                       "1656105611"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_time(same[i], 1656105611);
    assert_time("2022-06-24", 1656028800);
    assert_time("2022-06-24T24:00", 1656115200);
    assert_time("2022-06-24T21:20Z", 1656105600);
    assert_time("2022-06-24T21:20:11.5Z", 1656105611.5);
    assert_time("2022-06-24T21:20:11.25000000000000000000000000", 1656105611.25);
    assert_time("2016-12-31T23:59:60Z", 1483228800);
    assert_time("1969-12-31T23:59:59Z", -1);
    assert_time("2000-02-29", 951782400);
    assert_time("1900-03-01", -2203891200);
    assert_time("0001-01-01 00:00:00 +0000 UTC", -62135596800);
    assert_time("9999-12-31", 253402214400);
    assert_time("-3.5", -3.5);
    assert_time("20220624", 20220624);
}

static void test_times__that_do_not_exist_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "n/a",
                                      "2022-02-29",
                                      "2022-13-01",
                                      "2022-00-10",
                                      "2022-04-31",
                                      "1900-02-29",
                                      "2022-06-24T25:00",
                                      "2022-06-24T21:60",
                                      "2022-06-24T24:00:01",
                                      "2022-6-24",
                                      "24.06.2022",
                                      "2022-06/24",
                                      "2022-06-24T",
                                      "2022-06-24T21",
                                      "2022-06",
                                      "2022-06-24 21:20:11 CEST",
                                      "2022-06-24T21:20:11+24:00",
                                      "2022-06-24T21:20:11.Z",
                                      "2022-06-24T21:20:11Zulu",
                                      "2022-06-24T21:20:11+05:",
                                      "0000-01-01",
                                      "2022-06-24T21:20:11+0560",
                                      "2022-06-24x21:20:11",
                                      "1656105611s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double time = -7;
        bool is_date;
        if (time_parse(bad[i], strlen(bad[i]), &time, &is_date) || time != -7)
            fail_msg("\"%s\" is read as %.3f", bad[i], time);
    }
}

/* Every day of 800 years, against counting. */
static void test_times__count_days_as_the_calendar_does(void **state)
{
    (void)state;
    static const int length[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    double expected = -370.0 * 365.25 * 86400; /* 1600-01-01, about: the first day sets it */
    bool is_first = true, is_date;
    for (int year = 1600; year < 2400; year++)
        for (int month = 1; month <= 12; month++) {
            const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            for (int day = 1; day <= length[month - 1] + (month == 2 && is_leap); day++) {
                char text[40];
                double time;
                snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                assert_true(time_parse(text, 10, &time, &is_date));
                assert_true(is_date);
                assert_true(is_first || time == expected);
                assert_true(year != 1970 || month != 1 || day != 1 || time == 0);
                expected = time + 86400;
                is_first = false;
            }
        }
}

static void test_times__have_units(void **state)
{
    (void)state;
    assert_int_equal(time_unit_of(1656105611, false), TIME_SECONDS);
    assert_int_equal(time_unit_of(1656105611137, false), TIME_MILLISECONDS);
    assert_int_equal(time_unit_of(1656105611137000, false), TIME_MICROSECONDS);
    assert_int_equal(time_unit_of(1.656105611137e18, false), TIME_NANOSECONDS);
    assert_int_equal(time_unit_of(1656105611, true), TIME_DATE);
    assert_int_equal(time_unit_of(0, false), TIME_OTHER);
    assert_int_equal(time_unit_of(-5e9, false), TIME_OTHER);
    assert_int_equal(time_unit_of(5e10, false), TIME_OTHER);
    struct time_units units = {.count = {[TIME_SECONDS] = 3, [TIME_OTHER] = 2, [TIME_DATE] = 0}};
    assert_false(time_units_are_mixed(&units));
    units.count[TIME_DATE] = 1;
    assert_true(time_units_are_mixed(&units));
    units.count[TIME_OTHER] = 0;
    assert_false(time_units_are_mixed(&units)); /* both are seconds */
    units.count[TIME_MICROSECONDS] = 1;
    assert_true(time_units_are_mixed(&units));
    assert_int_equal(time_units_most(&units), TIME_SECONDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times__are_read_in_every_usual_form),
        cmocka_unit_test(test_times__that_do_not_exist_are_none),
        cmocka_unit_test(test_times__count_days_as_the_calendar_does),
        cmocka_unit_test(test_times__have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
