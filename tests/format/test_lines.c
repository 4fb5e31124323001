/* Lines of text files: ends, marks, columns, what is refused. */
#include "support/test.h"

#include "format/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void open_bytes(struct lines *lines, const char *bytes, size_t n)
{
    struct llmx_error err;
    char path[] = "/tmp/llmxrec-test-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    fwrite(bytes, 1, n, file);
    fclose(file);
    assert_int_equal(lines_open(lines, path, &err), 0);
    remove(path);
}

static void test_lines__end_in_any_way(void **state)
{
    (void)state;
    static const char bytes[] = "\xef\xbb\xbf"
                                "one\r\n\ntwo\rthree\nfour";
    static const char *const wanted[] = {"one", "", "two\rthree", "four"};
    struct lines lines;
    struct llmx_error err;
    open_bytes(&lines, bytes, sizeof bytes - 1);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(lines_next(&lines, &err), 1);
        assert_string_equal(lines.line, wanted[i]);
        assert_int_equal(lines.n, strlen(wanted[i]));
        assert_int_equal(lines.number, i + 1);
        assert_int_equal(lines.is_ended, i < 3);
    }
    assert_int_equal(lines_next(&lines, &err), 0);
    lines_close(&lines);
}

static void test_lines__are_cut_at_tabs(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int n;
        const char *first, *second;
    } cases[] = {{"a\tb\tc", 3, "a", "b"},
                 {"a\t", 2, "a", ""},
                 {"\tb", 2, "", "b"},
                 {"a b", 1, "a b", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lines lines;
        struct llmx_error err;
        char *column[2] = {NULL, NULL};
        open_bytes(&lines, cases[i].line, strlen(cases[i].line));
        assert_int_equal(lines_next_text(&lines, &err), 1);
        assert_int_equal(lines_columns(&lines, column, 2), cases[i].n);
        assert_string_equal(column[0], cases[i].first);
        if (cases[i].second)
            assert_string_equal(column[1], cases[i].second);
        else
            assert_null(column[1]);
        lines_close(&lines);
    }
}

static void test_lines__of_text_hold_text(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
    } cases[] = {{"fine\na\0b\n", 9}, {"fine\nAm\xe9lie\n", 13}, {"fine\n\xff\xfe", 7}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct lines lines;
        struct llmx_error err;
        open_bytes(&lines, cases[i].bytes, cases[i].n);
        assert_int_equal(lines_next_text(&lines, &err), 1);
        assert_int_equal(lines_next_text(&lines, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
        assert_non_null(strstr(err.message, ":2: not UTF-8 text"));
        lines_close(&lines);
    }
}

static void test_lines__name_the_file_that_is_not_there(void **state)
{
    (void)state;
    struct lines lines;
    struct llmx_error err;
    assert_int_equal(lines_open(&lines, "/nowhere/users.txt", &err), -1);
    assert_non_null(strstr(err.message, "/nowhere/users.txt"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines__end_in_any_way),
        cmocka_unit_test(test_lines__are_cut_at_tabs),
        cmocka_unit_test(test_lines__of_text_hold_text),
        cmocka_unit_test(test_lines__name_the_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
