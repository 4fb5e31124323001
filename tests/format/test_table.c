/* Atomic files and delimited files, line by line; what is said of bad ones. */
#include "support/test.h"

#include "format/table_names.h"
#include "support/failing_alloc.h"

#include <unistd.h>
#include <zlib.h>

/* All fields of a table, "a|b|c" a line, a missing column as "-"; errors as "!". */
static char *dump(struct table *table)
{
    static char out[4096];
    struct llmx_error err;
    size_t used = 0;
    int got;
    out[0] = '\0';
    while ((got = table_next(table, &err)) != 0 && !table->is_broken) {
        if (got < 0)
            used += (size_t)snprintf(out + used, sizeof out - used, "!");
        for (int i = 0; got > 0 && i < table->n_columns; i++) {
            struct span f = table->fields[i];
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%.*s", i ? "|" : "",
                                     (int)f.n, i < table->n_fields ? f.s : "");
            used += (size_t)snprintf(out + used, sizeof out - used, "%s",
                                     i < table->n_fields ? "" : "-");
        }
        used += (size_t)snprintf(out + used, sizeof out - used, "\n");
    }
    return out;
}

static void assert_lines(const char *text, char separator, const char *expected)
{
    struct table table;
    struct llmx_error err;
    if (table_parse(&table, "t", text, strlen(text), (struct table_form){.separator = separator},
                    &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(dump(&table), expected);
    table_release(&table);
}

static void test_table__splits_lines(void **state)
{
    (void)state;
    assert_lines("a\tb\tc\nd\te\tf\n", '\t', "a|b|c\nd|e|f\n");
    assert_lines("a\tb\tc\r\nd\te\tf\r\n", '\t', "a|b|c\nd|e|f\n");
    assert_lines("a\tb\tc\n\n\r\nd\te\tf", '\t', "a|b|c\nd|e|f\n");
    assert_lines("a\tb\tc\nd\ne\t\n\tf\t\n", '\t', "a|b|c\nd|-|-\ne||-\n|f|\n");
    assert_lines("a\tb\nc\td\te\nf\tg\n", '\t', "a|b\n!\nf|g\n");
    assert_lines("\xef\xbb\xbf"
                 "a\tb\n",
                 '\t', "a|b\n");
    assert_lines("\"a\t\"b\n", '\t', "\"a|\"b\n");
}

static void test_table__finds_the_separator(void **state)
{
    (void)state;
    assert_lines("1::2::5::97\n3::4::1::98\n", 0, "1|2|5|97\n3|4|1|98\n");
    assert_lines("1,2,5\n3,4,1\n", 0, "1|2|5\n3|4|1\n");
    assert_lines("1;2,0;5\n", 0, "1|2,0|5\n");
    assert_lines("1|2|5\n", 0, "1|2|5\n");
    assert_lines("1 2 5\n", 0, "1|2|5\n");
    assert_lines("u 1\ti,2\n", 0, "u 1|i,2\n");
    assert_lines("1:2,3\n", 0, "1:2|3\n");
    assert_lines("1::a:b::3\n", ':', "1|a:b|3\n");
}

static void test_table__takes_quoted_fields(void **state)
{
    (void)state;
    assert_lines("a,\"b,c\",d\n\"e\",\"say \"\"f\"\", \"\"g\"\"\",\"\"\n", ',',
                 "a|b,c|d\ne|say \"f\", \"g\"|\n");
}

static void test_table__reads_typed_headers(void **state)
{
    (void)state;
    static const char text[] =
        "user_id:token\tgenre:token_seq\ttime:of:day:float\tv:float_seq\n1\t2\t3\t4\n";
    struct table table;
    struct llmx_error err;
    assert_int_equal(table_parse(&table, "t", text, sizeof text - 1,
                                 (struct table_form){.separator = '\t'}, &err),
                     0);
    assert_int_equal(table_typed_header(&table, &err), 0);
    assert_int_equal(table.n_columns, 4);
    assert_int_equal(table_column(&table, "time:of:day"), 2);
    assert_int_equal(table_column(&table, "time"), -1);
    assert_int_equal(table.columns[0].type, TABLE_TOKEN);
    assert_int_equal(table.columns[1].type, TABLE_TOKEN_SEQ);
    assert_int_equal(table.columns[2].type, TABLE_FLOAT);
    assert_int_equal(table.columns[3].type, TABLE_FLOAT_SEQ);
    assert_string_equal(dump(&table), "1|2|3|4\n");
    table_release(&table);
}

static void assert_header_fails(const char *header, const char *message)
{
    struct table table;
    struct llmx_error err;
    assert_int_equal(table_parse(&table, "x.inter", header, strlen(header),
                                 (struct table_form){.separator = '\t'}, &err),
                     0);
    assert_true(table_typed_header(&table, &err) != 0 || table_check_names(&table, &err) != 0);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_string_equal(err.message, message);
    table_release(&table);
}

static void test_table__says_what_is_wrong_with_a_header(void **state)
{
    (void)state;
    assert_header_fails("user_id:token\titem_id\n",
                        "x.inter:1: column 2 of the header is not NAME:TYPE: \"item_id\"\n  (as in "
                        "user_id:token; a "
                        "file without such a header is read with --columns user=1,item=2,time=4)");
    assert_header_fails("user_id:token\titem_id:tokn\n",
                        "x.inter:1: column 2 has the unknown type \"tokn\"\n  (token, token_seq, "
                        "float or float_seq)");
    assert_header_fails("\n\na:token\ta:float\n", "x.inter:3: two columns are called 'a'");
    assert_header_fails(":token\ta:float\n", "x.inter:1: column 1 has no name that is UTF-8 text");
    assert_header_fails("a\xff:token\ta:float\n",
                        "x.inter:1: column 1 has no name that is UTF-8 text");
}

static void assert_open_fails(const char *path, enum llmx_code code, const char *part)
{
    struct table table;
    struct llmx_error err = {0};
    int got = table_open(&table, path, (struct table_form){.separator = '\t'}, &err);
    if (got == 0) {
        while ((got = table_next(&table, &err)) > 0)
            ;
        assert_true(got == 0 || table.is_broken);
        table_release(&table);
    }
    assert_int_equal(got, -1);
    assert_contains(err.message, part);
    assert_contains(err.message, path);
    assert_int_equal(err.code, code);
}

static void test_table__refuses_files_that_are_no_tables(void **state)
{
    (void)state;
    assert_open_fails(test_path("nothing"), LLMX_NOT_FOUND, "No such file");
    assert_open_fails(test_directory(), LLMX_IO, "Is a directory");
    assert_open_fails(test_file("empty", ""), LLMX_BAD_INPUT, "the file is empty");
    assert_open_fails(test_file("blank", "\n\r\n\n"), LLMX_BAD_INPUT, "the file is empty");
    assert_open_fails(test_file("utf16", "\xff\xfeu"), LLMX_BAD_INPUT, "UTF-16");
    FILE *f = fopen(test_path("binary"), "w");
    assert_non_null(f);
    fwrite("GGUF\3\0\0\0", 1, 8, f);
    fclose(f);
    assert_open_fails(test_path("binary"), LLMX_BAD_INPUT, "binary file");
}

static void test_table__limits_the_length_of_lines(void **state)
{
    (void)state;
    struct table table;
    struct llmx_error err;
    const char *path = test_path("long");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("a\tb\n", f);
    for (size_t i = 0; i < TABLE_LINE_MAX - 2; i++)
        fputc('x', f);
    fputs("\ty\nc\td\n", f);
    fclose(f);
    assert_int_equal(table_open(&table, path, (struct table_form){.separator = '\t'}, &err), 0);
    assert_int_equal(table_next(&table, &err), 1);
    assert_int_equal(table_next(&table, &err), 1);
    assert_int_equal(table.fields[0].n, TABLE_LINE_MAX - 2);
    assert_int_equal(table_next(&table, &err), 1);
    assert_int_equal(table_next(&table, &err), 0);
    table_release(&table);
    f = fopen(path, "r+");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    for (size_t i = 0; i < TABLE_LINE_MAX + 1; i++)
        fputc('x', f);
    fclose(f);
    assert_open_fails(path, LLMX_TOO_LARGE, ":4: the line is longer than 1048576 bytes");
}

/* Three blocks of lines, plain and packed; then packed and cut off. */
static void test_table__reads_gzip(void **state)
{
    (void)state;
    enum { LINES = 100000 };
    char path[256], line[64];
    snprintf(path, sizeof path, "%s", test_path("lines.gz"));
    gzFile gz = gzopen(path, "w");
    for (int i = 0; i < LINES; i++)
        gzprintf(gz, "%d\titem %d\n", i, i * 7919 % 10007);
    gzclose(gz);
    struct table table;
    struct llmx_error err;
    assert_int_equal(table_open(&table, path, (struct table_form){.separator = '\t'}, &err), 0);
    for (int i = 0; i < LINES; i++) {
        assert_int_equal(table_next(&table, &err), 1);
        snprintf(line, sizeof line, "%d\titem %d", i, i * 7919 % 10007);
        assert_memory_equal(table.fields[0].s, line, strlen(line));
        assert_int_equal(table.line, i + 1);
    }
    assert_int_equal(table_next(&table, &err), 0);
    table_release(&table);

    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    assert_int_equal(truncate(path, ftell(f) / 2), 0);
    assert_open_fails(path, LLMX_BAD_INPUT, "the gzip data is cut off after line");
    fseek(f, 2000, SEEK_SET);
    for (int i = 0; i < 5000; i++)
        fputc(i, f);
    fclose(f);
    assert_open_fails(path, LLMX_BAD_INPUT, "the gzip data is damaged after line");
}

static void test_table__shows_fields_safely(void **state)
{
    (void)state;
    static const char text[] = "a\tb\nx\t\x1b[31m\xe9\n";
    struct table table;
    struct llmx_error err;
    assert_int_equal(table_parse(&table, "t", text, sizeof text - 1,
                                 (struct table_form){.separator = '\t'}, &err),
                     0);
    assert_int_equal(table_next(&table, &err), 1);
    assert_int_equal(table_next(&table, &err), 1);
    assert_int_equal(table_fail(&table, 1, "is odd", "look", &err), -1);
    assert_string_equal(err.message,
                        "t:2: 'column 2' is odd: \"\\x1b[31m\\xe9\"\n  (column 2; look)");
    table_release(&table);
}

static int open_table(void *path, struct llmx_error *err)
{
    struct table table;
    if (table_open(&table, path, (struct table_form){0}, err) != 0)
        return -1;
    int result = table_plain_header(&table, err);
    table_release(&table);
    return result;
}

static void test_table__survives_want_of_memory(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", test_file("small.csv", "a,b\n1,2\n"));
    assert_true(failing_alloc_each(open_table, path) >= 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__splits_lines),
        cmocka_unit_test(test_table__finds_the_separator),
        cmocka_unit_test(test_table__takes_quoted_fields),
        cmocka_unit_test(test_table__reads_typed_headers),
        cmocka_unit_test(test_table__says_what_is_wrong_with_a_header),
        cmocka_unit_test(test_table__refuses_files_that_are_no_tables),
        cmocka_unit_test(test_table__limits_the_length_of_lines),
        cmocka_unit_test(test_table__reads_gzip),
        cmocka_unit_test(test_table__shows_fields_safely),
        cmocka_unit_test(test_table__survives_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
