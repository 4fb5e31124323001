/* The commands data and split, as a user sees them. */
#include "support/test.h"

#include <jansson.h>
#include <sys/stat.h>

#define PROGRAM "$LLMXREC"

static void assert_prints(const char *arguments, int status, const char *expected)
{
    char command[1024], *out;
    test_needs_program();
    snprintf(command, sizeof command, "%s %s", PROGRAM, arguments);
    int got = test_shell(command, &out);
    assert_string_equal(out, expected);
    assert_int_equal(got, status);
    free(out);
}

static void write_data(void)
{
    remove(test_path("s.user"));
    test_file("s.inter",
              "user_id:token\titem_id:token\ttimestamp:float\nu1\ta\t900000300\nu2\tb\t900000000\n"
              "u1\tc\t900000100\nu1\td\t900000300\nu1\ta\t900000200\n");
    test_file("s.item", "item_id:token\ttitle:token_seq\na\tApple Pie\nz\tZebra\n");
}

static const char *with(const char *format)
{
    static char out[1024];
    snprintf(out, sizeof out, format, test_directory(), test_directory());
    return out;
}

static void test_cmd_split__writes_the_table(void **state)
{
    (void)state;
    write_data();
    assert_prints(with("split %s/s"), 0, "user\tvalid_item\ttest_item\nu1\ta\td\nu2\t\t\n");
    assert_prints(with("split %s/s --duplicates last --out %s/split.tsv"), 0, "");
    char *text = test_read(test_path("split.tsv"));
    assert_string_equal(text, "user\tvalid_item\ttest_item\nu1\ta\td\nu2\t\t\n");
    free(text);
}

static void test_cmd_split__by_ratio_and_by_time(void **state)
{
    (void)state;
    write_data();
    assert_prints(with("split %s/s --split-by ratio:0.5,0.25,0.25"), 0,
                  "user\tvalid_item\ttest_item\nu1\ta\td\nu2\t\t\n");
    assert_prints(with("split %s/s --split-by time:0.6,0,0.4"), 0,
                  "user\tvalid_item\ttest_item\nu1\t\ta d\nu2\t\t\n");
    assert_prints(with("data %s/s --split-by time:0.6,0,0.4 | grep split"), 0,
                  "  split          3 train, 0 validation, 2 test (by time:0.6,0,0.4)\n");
    assert_prints("split x --split-by half 2>/dev/null", 2, "");
}

static void test_cmd_split__reads_files_of_lists(void **state)
{
    (void)state;
    assert_int_equal(mkdir(test_path("lists"), 0700), 0);
    test_file("lists/train.txt", "0 7 3 12\n1 3\n");
    test_file("lists/test.txt", "0 4 5\n1 7\n");
    assert_prints(with("split %s/lists"), 0, "user\tvalid_item\ttest_item\n0\t\t4 5\n1\t\t7\n");
    assert_prints(with("data %s/lists | grep split"), 0,
                  "  split          4 train, 0 validation, 3 test (ready-made)\n");
}

static void test_cmd_data__describes_for_a_person(void **state)
{
    (void)state;
    write_data();
    char expected[2048];
    snprintf(
        expected, sizeof expected,
        "%s/s.inter\n\n"
        "  users                    2   2.5 interactions each\n"
        "  items                    4   1.2 interactions each\n"
        "  interactions             5   50 %% of all pairs (sparsity 0.5000)\n"
        "  split          3 train, 1 validation, 1 test\n"
        "  histories      1 to 4 interactions, median 1, nine in ten at most 4\n"
        "  times          1998-07-09 16:00:00 UTC to 1998-07-09 16:05:00 UTC (seconds since "
        "1970)\n"
        "  columns        user=user_id, item=item_id, time=timestamp (separated by tab)\n"
        "  header line    yes: names with types\n"
        "  item features  title\n                 from %s/s.item, item=item_id\n\n"
        "Most popular items\n"
        "            2  Apple Pie (a)\n"
        "            1  b\n"
        "            1  c\n"
        "            1  d\n\n"
        "Worth a second look\n"
        "            1  interactions that repeat a user and an item (--duplicates first or last "
        "keeps one)\n"
        "            1  validation interactions with what the user had taken before (evaluate "
        "--repeat "
        "ranks it)\n"
        "            1  users with one interaction: learnt from, neither validated nor tested\n"
        "            1  items in no user's training part: nothing can be learnt of them\n"
        "            1  users whose lines do not stand in time order in the file (sorted here)\n"
        "            1  users whose last times are equal: the order of lines decides what is held "
        "out\n"
        "            3  items without a line in the item file: no title, no features\n"
        "            1  lines of the item file about items without interactions\n",
        test_directory(), test_directory());
    assert_prints(with("data %s/s"), 0, expected);
}

static json_int_t finding(const json_t *description, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(description, "findings"), key));
}

static void test_cmd_data__describes_as_json(void **state)
{
    (void)state;
    test_needs_program();
    char *out;
    write_data();
    test_file("s.user", "user_id:token\tage:token\nu1\t5\nbad\tline\there\nu1\t6\n");
    char command[1024];
    snprintf(command, sizeof command, PROGRAM " data %s/s --json --skip-bad --duplicates first",
             test_directory());
    assert_int_equal(test_shell(command, &out), 0);
    json_t *d = json_loads(out, 0, NULL);
    assert_non_null(d);
    assert_int_equal(json_integer_value(json_object_get(d, "interactions")), 4);
    assert_string_equal(json_string_value(json_array_get(json_object_get(d, "item_columns"), 0)),
                        "title");
    assert_int_equal(finding(d, "dropped_duplicates"), 1);
    assert_int_equal(finding(d, "duplicates"), 0);
    assert_int_equal(finding(d, "users_with_one_interaction"), 1);
    assert_int_equal(finding(d, "bad_user_lines"), 1);
    assert_int_equal(finding(d, "repeated_user_lines"), 1);
    assert_int_equal(finding(d, "users_without_profile"), 1);
    assert_int_equal(finding(d, "unknown_items"), 1);
    json_decref(d);
    free(out);
}

static void test_cmd_data__fails_with_file_line_and_status(void **state)
{
    (void)state;
    char expected[1024];
    write_data();
    test_file("bad.csv", "u,i,t\n1,2,3\n1,2,soon\n");
    snprintf(expected, sizeof expected,
             "llmxrec: %s/bad.csv: the first line is taken for the names of the columns, on a "
             "guess (--header no: it is data)\n"
             "llmxrec: %s/bad.csv:3: 't' is not a time: \"soon\"\n  (column 3; use "
             "--skip-bad to drop such lines "
             "and count them)\n",
             test_directory(), test_directory());
    assert_prints(with("data %s/bad.csv --columns user=1,item=2,time=3 2>&1"), 1, expected);
    assert_prints(with("data %s/bad.csv --columns user=1,item=2,time=7 2>&1 | cut -c1-30"), 0,
                  "llmxrec: --columns: time=7, bu\n");
    assert_prints(with("data %s/bad.csv --columns user=1,item=2,time=7 2>/dev/null"), 2, "");
    assert_prints("data /nowhere/x 2>/dev/null", 1, "");
    assert_prints("data --timestamps float23 x 2>&1", 2,
                  "llmxrec: --timestamps: there is no 'float23'; choose one of: exact, float32, "
                  "normalised-float32\n");
    assert_prints(with("split %s/s --out /dev/full 2>&1"), 1,
                  "llmxrec: cannot write /dev/full: No space left on device\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_split__writes_the_table),
        cmocka_unit_test(test_cmd_split__by_ratio_and_by_time),
        cmocka_unit_test(test_cmd_split__reads_files_of_lists),
        cmocka_unit_test(test_cmd_data__describes_for_a_person),
        cmocka_unit_test(test_cmd_data__describes_as_json),
        cmocka_unit_test(test_cmd_data__fails_with_file_line_and_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
