/* The forms that tables come in: RFC 4180 whole, every end of a line, runs of spaces, JSON Lines. */
#include "support/test.h"

#include "format/table_names.h"
#include "support/failing_alloc.h"

#include <zlib.h>

/* All records of a table, "LINE:a|b|c" each, a missing column as "-"; errors as "LINE!", a final one as "LINE!!". */
static const char *dump(struct table *table)
{
    static char out[8192];
    struct llmx_error err;
    size_t used = 0;
    int got = 1;
    out[0] = '\0';
    while (!table->is_broken && (got = table_next(table, &err)) != 0) {
        used += (size_t)snprintf(out + used, sizeof out - used, "%ld%s", table->line,
                                 got > 0            ? ":"
                                 : table->is_broken ? "!!"
                                                    : "!");
        for (int i = 0; got > 0 && i < table->n_columns; i++)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%.*s", i ? "|" : "",
                                     i < table->n_fields ? (int)table->fields[i].n : 1,
                                     i < table->n_fields ? table->fields[i].s : "-");
        used += (size_t)snprintf(out + used, sizeof out - used, "\n");
    }
    return out;
}

static void assert_records(const char *text, struct table_form form, const char *expected)
{
    struct table table;
    struct llmx_error err;
    if (table_parse(&table, "t", text, strlen(text), form, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(dump(&table), expected);
    table_release(&table);
}

static void test_table__reads_fields_over_several_lines(void **state)
{
    (void)state;
    const struct table_form found_out = {0}, quoted_tabs = {.quotes = TABLE_QUOTES_YES};
    assert_records("a,b\n1,\"x\ny,2\n\n\"\nc,d\n", found_out, "1:a|b\n2:1|x\ny,2\n\n\n6:c|d\n");
    assert_records("a,b\r\n1,\"x\r\ny\"\r\nc,d\r\n", found_out, "1:a|b\n2:1|x\r\ny\n4:c|d\n");
    assert_records("a,b\n\"x\n\"\"y\"\"\",\"\n\"\nc,d", found_out, "1:a|b\n2:x\n\"y\"|\n\n5:c|d\n");
    assert_records("\"a\nb\",c\n1,2\n", found_out, "1:a\nb|c\n3:1|2\n");
    assert_records("a::b\n1::\"x\n::y\"\n", found_out, "1:a|b\n2:1|x\n::y\n");
    assert_records("a b\n1 \"x\n y\"  \nc d\n", found_out, "1:a|b\n2:1|x\n y\n4:c|d\n");
    assert_records("a\tb\n1\t\"x\ny\"\n", quoted_tabs, "1:a|b\n2:1|x\ny\n");
    assert_records("a\tb\n1\t\"x\ny\"\n", found_out, "1:a|b\n2:1|\"x\n3:y\"|-\n");
}

/* The same through a file, block by block: a record longer than a block, and ones that blocks cut. */
static void test_table__reads_long_records_of_a_file(void **state)
{
    (void)state;
    enum { RECORDS = 3000, BYTES = 400000 };
    char path[256];
    struct table table;
    struct llmx_error err;
    snprintf(path, sizeof path, "%s", test_path("long.csv.gz"));
    gzFile gz = gzopen(path, "w");
    gzputs(gz, "id,text\n");
    long line = 2;
    for (int i = 0; i < RECORDS; i++)
        gzprintf(gz, "%d,\"line one of %d,\nline \"\"two\"\"\n\"\n", i, i);
    gzputs(gz, "last,\"");
    for (int i = 0; i < BYTES; i++)
        gzputs(gz, i % 100 ? "x" : "\n");
    gzputs(gz, "\"\n");
    gzclose(gz);
    assert_int_equal(table_open(&table, path, (struct table_form){0}, &err), 0);
    assert_int_equal(table_next(&table, &err), 1);
    for (int i = 0; i < RECORDS; i++, line += 3) {
        char expected[64];
        assert_int_equal(table_next(&table, &err), 1);
        assert_int_equal(table.line, line);
        snprintf(expected, sizeof expected, "line one of %d,\nline \"two\"\n", i);
        assert_int_equal(table.fields[1].n, strlen(expected));
        assert_memory_equal(table.fields[1].s, expected, strlen(expected));
    }
    assert_int_equal(table_next(&table, &err), 1);
    assert_int_equal(table.fields[1].n, BYTES);
    assert_int_equal(table_next(&table, &err), 0);
    table_release(&table);
}

static void assert_ends_with(const char *text, const char *expected, bool is_broken,
                             const char *message)
{
    struct table table;
    struct llmx_error err = {0};
    int got;
    assert_int_equal(table_parse(&table, "t.csv", text, strlen(text), (struct table_form){0}, &err),
                     0);
    while ((got = table_next(&table, &err)) > 0)
        ;
    assert_int_equal(got, -1);
    assert_int_equal(table.is_broken, is_broken);
    assert_contains(err.message, expected);
    assert_contains(err.message, message);
    assert_contains(err.message, "--quotes no");
    assert_null(strstr(err.message, "--skip-bad"));
    table_release(&table);
}

/* Where a stray quote may have swallowed a line's end nobody knows what is data: that is final. */
static void test_table__refuses_stray_quotes(void **state)
{
    (void)state;
    assert_ends_with("a,b\n1,\"x\n2,y\n", "t.csv:2: ", true, "opens column 2 and never closes");
    assert_ends_with("a,b\n\"x\"y,2\nc,d\n", "t.csv:2: ", false, "text follows the closing quote");
    assert_ends_with("a,b\n\"x \"y\" z,2\nc,d\n", "t.csv:2: ", true, "of column 1");
    assert_ends_with("a,b\n1,\"x\n2,\"y\"\n", "t.csv:2: ", true, "of column 2");
    const struct table_form found_out = {0}, plain = {.quotes = TABLE_QUOTES_NO};
    assert_records("a,b\n\"x\"y,2\n\"c\" ,d\n", found_out, "1:a|b\n2!\n3:c|d\n");
    assert_records("a,b\n\"x\"y,2\n1,\"x\n", plain, "1:a|b\n2:\"x\"y|2\n3:1|\"x\n");
    assert_records("a,5\" pipe\nb,say \"no\"\n", found_out, "1:a|5\" pipe\n2:b|say \"no\"\n");
}

static void test_table__reads_every_end_of_a_line(void **state)
{
    (void)state;
    const struct table_form found_out = {0};
    assert_records("a,b\rc,d\r\re,f", found_out, "1:a|b\n2:c|d\n4:e|f\n");
    assert_records("a,\"b\r\"\rc,\"d\n\"\re,f\r", found_out, "1:a|b\r\n3:c|d\n\n4:e|f\n");
    assert_records("a,b\rc,d\re,f\r\n", found_out, "1:a|b\n2:c|d\n3:e|f\n");
    assert_records("a\rx,b\nc,d\n", found_out, "1:a\rx|b\n2:c|d\n");
    assert_records("a,b\r\r\nc,d\r\r\n", found_out, "1:a|b\n2:c|d\n");
    assert_records("\"a\rb\",c\n1,2\n", found_out, "1:a\rb|c\n2:1|2\n");
    assert_records("\xef\xbb\xbf\"a\",b\n1,2\n", found_out, "1:a|b\n2:1|2\n");
    assert_records("a", found_out, "1:a\n");
}

static void test_table__takes_runs_of_spaces_as_one(void **state)
{
    (void)state;
    const struct table_form found_out = {0};
    assert_records("  u   i  t \n\n   \n1  20    3\n12 3 4   \n", found_out,
                   "1:u|i|t\n4:1|20|3\n5:12|3|4\n");
    assert_records("1 2\n3 4 5\n6\n", found_out, "1:1|2\n2!\n3:6|-\n");
}

static void test_table__finds_the_separator_outside_of_quotes(void **state)
{
    (void)state;
    const struct table_form found_out = {0};
    assert_records("u,\"a;b\"\n1,2\n", found_out, "1:u|a;b\n2:1|2\n");
    assert_records("\"a, b\";c\n", found_out, "1:a, b|c\n");
    assert_records("\"a\tb\tc\n", found_out, "1:\"a|b|c\n");
}

/* The columns asked for, of JSON Lines. */
static void assert_keys(const char *text, const char *const *keys, const char *expected)
{
    struct table table;
    struct llmx_error err;
    int column;
    if (table_parse(&table, "t", text, strlen(text), (struct table_form){0}, &err) != 0)
        fail_msg("%s", err.message);
    assert_true(table.is_json);
    for (int i = 0; keys[i]; i++) {
        assert_int_equal(table_choose(&table, keys[i], &column, LLMX_BAD_OPTION, &err), 0);
        assert_int_equal(column, i);
    }
    assert_string_equal(dump(&table), expected);
    table_release(&table);
}

static void test_table__reads_json_lines_by_key(void **state)
{
    (void)state;
    static const char *const keys[] = {"u", "i", "r", "a.b", NULL};
    assert_keys("{\"u\":\"x\",\"i\":\"y\",\"r\":5}\n", keys, "1:x|y|5|\n");
    assert_keys(
        "\xef\xbb\xbf { \"r\" : 4.0 , \"u\":7, \"text\":\"u\\\": \\\"z\", \"i\":null}\n\n  \n"
        "{\"a\":{\"c\":{\"b\":1},\"b\":[1,{\"u\":2}]},\"u\":true}\r\n",
        keys, "1:7||4.0|\n4:true|||[1,{\"u\":2}]\n");
    assert_keys("{\"u\":\"a\\u00e9\\ud83d\\ude00\\n\\/\",\"\\u0069\":\"\"}\n", keys,
                "1:a\u00e9\U0001F600\n/|||\n");
    assert_keys("{\"u\":1\n}\n{\"u\":2}\n{\"u\":1,\"u\":2}\n{\"u\":3} {}\n{\"u\":03}\n{\"u\":4,}\n",
                keys, "1!\n2!\n3:2|||\n4!\n5!\n6!\n7!\n");
    assert_keys("{}\n", keys, "1:|||\n");
}

static void test_table__takes_the_keys_of_the_first_object(void **state)
{
    (void)state;
    static const char text[] = "{\"id\":1,\"title\":\"A\"}\n{\"title\":\"B\",\"id\":2,\"x\":[]}\n";
    struct table table;
    struct llmx_error err;
    int column;
    assert_int_equal(table_parse(&table, "t", text, sizeof text - 1, (struct table_form){0}, &err),
                     0);
    assert_int_equal(table_plain_header(&table, &err), 0);
    assert_int_equal(table_check_names(&table, &err), 0);
    assert_int_equal(table.n_columns, 2);
    assert_int_equal(table_choose(&table, "x", &column, LLMX_BAD_OPTION, &err), 0);
    assert_int_equal(column, 2);
    assert_int_equal(table_choose(&table, "title", &column, LLMX_BAD_OPTION, &err), 0);
    assert_int_equal(column, 1);
    assert_int_equal(table_next(&table, &err), 1);
    assert_false(table.is_nested[2]);
    assert_int_equal(table_next(&table, &err), 1);
    assert_true(table.is_nested[2]);
    assert_memory_equal(table.fields[2].s, "[]", 2);
    assert_int_equal(table_next(&table, &err), 0);
    table_release(&table);
}

static void assert_no_table(const char *text, const char *message)
{
    struct table table;
    struct llmx_error err;
    assert_int_equal(table_parse(&table, "t", text, strlen(text), (struct table_form){0}, &err),
                     -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, message);
}

static void test_table__says_how_json_becomes_lines(void **state)
{
    (void)state;
    struct table table;
    struct llmx_error err;
    static const char pretty[] = "{\n  \"u\": 1\n}\n";
    assert_no_table("[{\"u\":1}]\n", "jq -c '.[]' FILE");
    assert_no_table("[\n{\"u\":1}\n]\n", "jq -c '.[]' FILE");
    assert_int_equal(
        table_parse(&table, "t", pretty, sizeof pretty - 1, (struct table_form){0}, &err), 0);
    assert_int_equal(table_next(&table, &err), -1);
    assert_contains(err.message,
                    "t:1: not valid JSON at byte 2: a key in double quotes is missing");
    assert_contains(err.message, "jq -c . FILE");
    table_release(&table);
    const struct table_form found_out = {0};
    assert_records("{6F96-19}\tx\n[1]\ty\n", found_out, "1:{6F96-19}|x\n2:[1]|y\n");
}

static void test_table__lets_columns_be_nameless_or_alike(void **state)
{
    (void)state;
    static const char text[] = ",u,note,note,\xff\n1,2,3,4,5\n";
    struct table table;
    struct llmx_error err;
    int column;
    assert_int_equal(
        table_parse(&table, "t.csv", text, sizeof text - 1, (struct table_form){0}, &err), 0);
    assert_int_equal(table_plain_header(&table, &err), 0);
    assert_int_equal(table_choose(&table, "u", &column, LLMX_BAD_OPTION, &err), 0);
    assert_int_equal(column, 1);
    assert_int_equal(table_choose(&table, "note", &column, LLMX_BAD_INPUT, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "t.csv: columns 3 and 4 are both called 'note'");
    assert_int_equal(table_choose(&table, "title", &column, LLMX_BAD_OPTION, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "has no column 'title' (it has \"\", u, note, note, \"\")");
    assert_int_equal(table_check_names(&table, &err), -1);
    table_release(&table);
}

static int open_json(void *path, struct llmx_error *err)
{
    struct table table;
    int column;
    if (table_open(&table, path, (struct table_form){0}, err) != 0)
        return -1;
    int result = table_plain_header(&table, err) == 0 &&
                         table_choose(&table, "x", &column, LLMX_BAD_OPTION, err) == 0 &&
                         table_next(&table, err) == 1
                     ? 0
                     : -1;
    table_release(&table);
    return result;
}

static void test_table__survives_want_of_memory_for_keys(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", test_file("small.json", "{\"a\":1,\"b\":\"c\"}\n"));
    assert_true(failing_alloc_each(open_json, path) >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table__reads_fields_over_several_lines),
        cmocka_unit_test(test_table__reads_long_records_of_a_file),
        cmocka_unit_test(test_table__refuses_stray_quotes),
        cmocka_unit_test(test_table__reads_every_end_of_a_line),
        cmocka_unit_test(test_table__takes_runs_of_spaces_as_one),
        cmocka_unit_test(test_table__finds_the_separator_outside_of_quotes),
        cmocka_unit_test(test_table__reads_json_lines_by_key),
        cmocka_unit_test(test_table__takes_the_keys_of_the_first_object),
        cmocka_unit_test(test_table__says_how_json_becomes_lines),
        cmocka_unit_test(test_table__lets_columns_be_nameless_or_alike),
        cmocka_unit_test(test_table__survives_want_of_memory_for_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
