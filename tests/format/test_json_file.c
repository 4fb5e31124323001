/* Files of one JSON value, and byte order marks wherever a text is read. */
#include "format/json_file.h"
#include "format/jsonl.h"

#include "support/test.h"

static void test_json_file__skips_a_byte_order_mark(void **state)
{
    (void)state;
    json_t *value = json_file_read(test_file("m.json", "\xef\xbb\xbf{\"a\": 1}"), NULL);
    assert_int_equal(json_integer_value(json_object_get(value, "a")), 1);
    json_decref(value);
}

static void test_json_file__says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {{"{\n\"a\" 1}", "w.json:2: not valid JSON"},
                 {"", "w.json:1: not valid JSON"},
                 {"\xef\xbb\xbf", "w.json:1: not valid JSON"},
                 {"{\"a\": 1, \"a\": 2}", "duplicate object key"}};
    struct llmx_error err = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_null(json_file_read(test_file("w.json", cases[i].text), &err));
        assert_contains(err.message, cases[i].says);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
    }
    assert_null(json_file_read(test_path("none.json"), &err));
    assert_int_equal(err.code, LLMX_NOT_FOUND);
}

/* The lines that are read of a file, and the message in `err` where that ends badly. */
static int read_lines(const char *text, struct llmx_error *err)
{
    struct jsonl in;
    json_t *object;
    int n = 0, got;
    assert_int_equal(jsonl_open(&in, test_file("l.jsonl", text), err), 0);
    for (; (got = jsonl_read(&in, &object, err)) == 1; n++)
        json_decref(object);
    jsonl_close(&in);
    return got < 0 ? -1 : n;
}

static void test_jsonl__skips_a_byte_order_mark_of_the_file_alone(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    assert_int_equal(read_lines("\xef\xbb\xbf{\"a\": 1}\n{}\n", &err), 2);
    assert_int_equal(read_lines("\xef\xbb\xbf", &err), 0);
    assert_int_equal(read_lines("{}\n\xef\xbb\xbf{}\n", &err), -1);
    assert_contains(err.message, "l.jsonl:2: not valid JSON");
}

static void test_jsonl__says_how_lines_are_made_of_other_json(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    assert_int_equal(read_lines("[{\"a\": 1}, {\"a\": 2}]\n", &err), -1);
    assert_contains(err.message, "l.jsonl:1: a JSON object {...} is needed on each line");
    assert_contains(err.message, "jq -c '.[]' FILE");
    assert_int_equal(read_lines("[\n  {\"a\": 1}\n]\n", &err), -1);
    assert_contains(err.message, "jq -c '.[]' FILE");
    assert_int_equal(read_lines("{\n  \"a\": 1\n}\n", &err), -1);
    assert_contains(err.message, "one whole object (jq -c . FILE");
}

#define COMPARE " >$T/out 2>&1 && cmp $T/out $T/plain"

/* What a command writes with a file is what it writes with the same file behind a mark. */
static void check_alike(const char *file, const char *command)
{
    char line[1200], *out;
    snprintf(line, sizeof line,
             "printf '%s' >$T/f; F=$T/f; %s >$T/plain 2>&1 && printf '\\357\\273\\277%s' >$T/f && "
             "%s" COMPARE,
             file, command, file, command);
    int status = test_shell(line, &out);
    if (status != 0)
        fail_msg("%s: %s", command, out);
    free(out);
}

static void test_commands__skip_byte_order_marks(void **state)
{
    (void)state;
    char *out;
    test_needs_program();
    int status = test_shell(
        "$LLMXREC train --data tests/golden/tiny --model pop --quiet --out $T/run", &out);
    if (status != 0)
        fail_msg("%s", out);
    free(out);
    static const char recommend[] = "$LLMXREC recommend $T/run --quiet --top 3";
    char with[4][300];
    static const char *const options[] = {"--users $F", "--history $F", "--users 5 --allow $F",
                                          "--config $F"};
    for (int i = 0; i < 4; i++)
        snprintf(with[i], sizeof with[i], "%s %s", recommend, options[i]);
    check_alike("5\\n22\\n", with[0]);
    check_alike("x\\t20\\nx\\t26\\n", with[1]);
    check_alike("1\\n2\\n3\\n", with[2]);
    check_alike("users: 5\\n", with[3]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_file__skips_a_byte_order_mark),
        cmocka_unit_test(test_json_file__says_what_is_wrong),
        cmocka_unit_test(test_jsonl__skips_a_byte_order_mark_of_the_file_alone),
        cmocka_unit_test(test_jsonl__says_how_lines_are_made_of_other_json),
        cmocka_unit_test(test_commands__skip_byte_order_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
