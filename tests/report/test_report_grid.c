/* Figures become tables, whatever holds them: rows, columns, intervals, and nothing that is markup. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "report/report_grid.h"

/* The table of a JSON text; free() it. */
static char *table_of(const char *text, bool is_matrix)
{
    struct llmx_error err = {0};
    char *out = NULL;
    size_t size;
    json_t *value = json_loads(text, 0, NULL);
    FILE *f = open_memstream(&out, &size);
    assert_non_null(value);
    assert_int_equal(grid_put(f,
                              &(struct grid_table){.caption = "a_caption", .is_matrix = is_matrix},
                              value, &err),
                     0);
    fclose(f);
    json_decref(value);
    return out;
}

static void holds(const char *json, const char *part)
{
    char *out = table_of(json, false);
    assert_contains(out, part);
    free(out);
}

static void lacks(const char *json, const char *part)
{
    char *out = table_of(json, false);
    if (strstr(out, part))
        fail_msg("\"%s\" holds \"%s\"", out, part);
    free(out);
}

static void test_grid__objects_of_objects_are_rows(void **state)
{
    (void)state;
    const char *json = "{\"one\": {\"a_b\": 0.5, \"c\": 3}, \"two\": {\"a_b\": 12.5, \"c\": null}}";
    holds(json, "<caption>a caption</caption>");
    holds(json, "<th scope=\"col\" class=\"n\">a b</th><th scope=\"col\" class=\"n\">c</th>");
    holds(json, "<th scope=\"row\"><bdi>one</bdi></th><td class=\"n\" data-v=\"0.5\"><span "
                "class=\"value\">0.500</span></td><td class=\"n\" data-v=\"3\"><span "
                "class=\"value\">3</span></td>");
    holds(json, "<span class=\"value\">12.50</span></td><td class=\"n none\">–</td></tr>");
    holds("{\"x\": {\"y\": {\"z\": {\"v\": 1}}}}", "<th scope=\"row\"><bdi>x</bdi></th><th "
                                                   "scope=\"row\"><bdi>y</bdi></th>");
}

static void test_grid__objects_in_a_row_name_their_columns(void **state)
{
    (void)state;
    const char *json =
        "[{\"by\": \"a\", \"figures\": {\"w\": 1}, \"loose\": {\"w\": 2}}, {\"by\": \"b\", "
        "\"figures\": {\"w\": 3}}]";
    holds(json, "<th scope=\"col\" class=\"n\">w</th><th scope=\"col\" class=\"n\">loose w</th>");
}

static void test_grid__one_row_stands_upright(void **state)
{
    (void)state;
    holds("{\"a\": 1, \"b\": \"x\"}",
          "<tr><th scope=\"row\"><bdi>a</bdi></th><td class=\"n\" "
          "data-v=\"1\"><span class=\"value\">1</span></td></tr>\n<tr>");
}

static void test_grid__intervals_in_all_their_ways(void **state)
{
    (void)state;
    const char *part = "<span class=\"interval\">0.250 to 0.750";
    holds("{\"s\": {\"v\": {\"mean\": 0.5, \"low\": 0.25, \"high\": 0.75}}}", part);
    holds("{\"s\": {\"v\": {\"value\": 0.5, \"low\": 0.25, \"high\": 0.75}}}", part);
    holds("{\"s\": {\"n\": 3, \"v\": 0.5, \"low\": 0.25, \"high\": 0.75, \"w\": 1}}", part);
    holds("{\"s\": {\"v\": 0.5, \"interval\": [0.25, 0.75]}}", part);
    holds("{\"v\": 0.5, \"w\": 1, \"intervals\": {\"v\": [0.25, 0.75]}}", part);
    holds("{\"s\": {\"v\": 0.5, \"w\": 1, \"v_interval\": {\"mean\": 0.5, \"low\": 0.25, "
          "\"high\": 0.75}}}",
          part);
    holds(
        "{\"s\": {\"v\": {\"mean\": 0.5, \"low\": 0.25, \"high\": 0.75, \"n\": 7, \"p\": 0.031}}}",
        "0.750 <small>of 7</small> <small>p 0.031</small></span>");
    holds("{\"s\": {\"v\": {\"mean\": 0.5, \"low\": 0.25, \"high\": 0.75, \"n\": 12345, "
          "\"p\": 0.0002}}}",
          "<small>of 12,345</small> <small>p &lt; 0.001</small>");
    lacks("{\"s\": {\"v\": {\"mean\": 0.5, \"low\": null, \"high\": null}}}", "interval");
    lacks("{\"s\": {\"v\": {\"mean\": null, \"low\": null, \"high\": null}}}", "<table");
}

/* From 0 to 1 for shares; else all intervals of the column, and 0. */
static void test_grid__strips_share_a_scale(void **state)
{
    (void)state;
    holds("{\"s\": {\"v\": {\"mean\": 0.5, \"low\": 0.25, \"high\": 0.75}}}",
          "class=\"range\" x1=\"27.0\" x2=\"77.0\"");
    holds("{\"s\": {\"v\": {\"mean\": 1, \"low\": -2, \"high\": 2}}}",
          "class=\"zero\" x1=\"52.0\" x2=\"52.0\"");
}

/* A bar has a place even where its scale has no end. */
static void test_grid__no_figure_is_off_the_scale(void **state)
{
    (void)state;
    const char *json = "{\"s\": {\"v\": {\"mean\": 1e308, \"low\": -1e308, \"high\": 1e308}}}";
    holds(json, "class=\"range\" x1=\"2.0\" x2=\"102.0\"");
    lacks(json, "nan");
    lacks(json, "inf\"");
}

/* Two rows of many figures stand side by side, with figures of different kinds in a column; five below each other. */
static void test_grid__few_rows_are_turned(void **state)
{
    (void)state;
    static const char row[] =
        "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"ndcg\":1}";
    char two[500], five[800];
    snprintf(two, sizeof two, "{\"v\":%s,\"free_text\":%s}", row, row);
    snprintf(five, sizeof five, "{\"v\":%s,\"w\":%s,\"x\":%s,\"y\":%s,\"z\":%s}", row, row, row,
             row, row);
    holds(two, "<table class=\"turned\">");
    holds(two, "<th scope=\"col\" class=\"n\"><bdi>free_text</bdi></th>");
    holds(two, "<th scope=\"row\"><bdi>NDCG</bdi></th>");
    holds(five, "<table class=\"sortable\">");
    holds(five, "<th scope=\"col\" class=\"n\">NDCG</th>");
}

static void test_grid__lists_are_rows_or_cells(void **state)
{
    (void)state;
    const char *json =
        "[{\"name\": \"x_y\", \"n\": 1, \"of\": [\"a\", 2, 0.5]}, {\"name\": \"z\"}]";
    holds(json, "<th scope=\"col\" class=\"t\">name</th>");
    holds(json, "<th scope=\"row\"><bdi>x_y</bdi></th>");
    holds(json, "<td><bdi>a</bdi>, 2, 0.500</td>");
    holds("{\"k\": {\"n\": 1, \"inner\": {\"p\": {\"v\": 2}, \"q\": {\"v\": 3}}}}",
          "<bdi>k</bdi></th><th scope=\"row\"><bdi>q</bdi></th><td class=\"n\" data-v=\"1\">");
}

static void test_grid__no_text_is_markup(void **state)
{
    (void)state;
    const char *json = "{\"<i>\": {\"<b>_\\\"\": \"<script>\", \"n\": 1}, \"j\": {\"n\": 2}}";
    holds(json, "<bdi>&lt;i&gt;</bdi>");
    holds(json, "&lt;b&gt; &quot;");
    holds(json, "<td dir=\"auto\">&lt;script&gt;</td>");
}

static void test_grid__holds_nothing_of_nothing(void **state)
{
    (void)state;
    const char *const empty[] = {"{}", "[]", "{\"a\": {}}", "{\"a\": null}", "[1, 2]", "[[{}]]"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++)
        lacks(empty[i], "<");
}

static void test_grid__a_matrix_is_shaded(void **state)
{
    (void)state;
    char *out =
        table_of("{\"a\": {\"a\": null, \"b\": 0.25}, \"b\": {\"a\": 0.75, \"b\": null}}", true);
    assert_contains(out, "style=\"--share:0.750\"");
    assert_contains(out,
                    "<bdi>a</bdi></th><td class=\"n none\">–</td><td class=\"n\" data-v=\"0.25\"");
    free(out);
}

static void test_grid__long_tables_fold_and_end(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    char *out = NULL;
    size_t size;
    json_t *rows = json_array();
    for (int i = 0; i < 600; i++)
        json_array_append_new(rows, json_pack("{s:i}", "v", i));
    FILE *f = open_memstream(&out, &size);
    assert_int_equal(grid_put(f, &(struct grid_table){.caption = "c"}, rows, &err), 0);
    fclose(f);
    assert_contains(out, "<summary>c, 500 rows</summary>");
    assert_contains(out, "and 100 rows more");
    json_decref(rows);
    free(out);
}

static void test_grid__numbers_have_the_digits_that_mean_something(void **state)
{
    (void)state;
    const struct {
        double value;
        const char *said;
    } cases[] = {{0, "0"},          {0.5, "0.500"},     {0.01234, "0.0123"}, {12.345, "12.35"},
                 {123.45, "123.5"}, {12345.6, "12346"}, {-0.5, "−0.500"},    {0.00012, "0.00012"},
                 {-1e-17, "0"},     {2.5e12, "2.5e+12"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *out = NULL;
        size_t size;
        FILE *f = open_memstream(&out, &size);
        grid_put_number(f, cases[i].value);
        fclose(f);
        assert_string_equal(out, cases[i].said);
        free(out);
    }
}

static int attempt(void *value, struct llmx_error *err)
{
    static FILE *nowhere;
    nowhere = nowhere ? nowhere : fopen("/dev/null", "w");
    return grid_put(nowhere, &(struct grid_table){.caption = "c"}, value, err);
}

static void test_grid__memory_may_be_out(void **state)
{
    (void)state;
    json_t *value =
        json_loads("{\"a\": {\"x\": 1, \"y\": 2}, \"b\": {\"x\": 1, \"z\": \"t\"}}", 0, NULL);
    assert_true(failing_alloc_each(attempt, value) > 3);
    json_decref(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid__objects_of_objects_are_rows),
        cmocka_unit_test(test_grid__objects_in_a_row_name_their_columns),
        cmocka_unit_test(test_grid__one_row_stands_upright),
        cmocka_unit_test(test_grid__intervals_in_all_their_ways),
        cmocka_unit_test(test_grid__strips_share_a_scale),
        cmocka_unit_test(test_grid__no_figure_is_off_the_scale),
        cmocka_unit_test(test_grid__few_rows_are_turned),
        cmocka_unit_test(test_grid__lists_are_rows_or_cells),
        cmocka_unit_test(test_grid__no_text_is_markup),
        cmocka_unit_test(test_grid__holds_nothing_of_nothing),
        cmocka_unit_test(test_grid__a_matrix_is_shaded),
        cmocka_unit_test(test_grid__long_tables_fold_and_end),
        cmocka_unit_test(test_grid__numbers_have_the_digits_that_mean_something),
        cmocka_unit_test(test_grid__memory_may_be_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
