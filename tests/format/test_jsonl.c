#include "format/jsonl.h"

#include "support/test.h"

#include <unistd.h>

static char path[] = "/tmp/llmxrec-jsonl-XXXXXX";

static void begin(struct jsonl *jsonl, const char *bytes, size_t n)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(jsonl_open(jsonl, path, NULL), 0);
}

static void expect_failure(const char *bytes, size_t n, const char *after_path)
{
    struct jsonl jsonl;
    struct llmx_error err = {0};
    json_t *object = NULL;
    int result;
    begin(&jsonl, bytes, n);
    while ((result = jsonl_read(&jsonl, &object, &err)) == 1)
        json_decref(object);
    jsonl_close(&jsonl);
    assert_int_equal(result, -1);
    if (strncmp(err.message, path, strlen(path)) != 0 || !strstr(err.message, after_path))
        fail_msg("\"%s\" lacks \"%s\"", err.message, after_path);
}

static void test_jsonl__reads_lines_and_counts_them(void **state)
{
    (void)state;
    struct jsonl jsonl;
    struct llmx_error err;
    json_t *object;
    json_int_t integer;
    double real;
    const char *text = "\n{\"a\":\"\\u00fc\"}\r\n \t\n{\"n\":3,\"x\":0.5}";
    begin(&jsonl, text, strlen(text));
    assert_int_equal(jsonl_read(&jsonl, &object, &err), 1);
    assert_int_equal(jsonl.lines.number, 2);
    assert_string_equal(jsonl_text(&jsonl, object, "a", &err), "ü");
    json_decref(object);
    assert_int_equal(jsonl_read(&jsonl, &object, &err), 1);
    assert_int_equal(jsonl.lines.number, 4);
    assert_int_equal(jsonl_integer(&jsonl, object, "n", &integer, &err), 0);
    assert_int_equal(integer, 3);
    assert_int_equal(jsonl_real(&jsonl, object, "x", &real, &err), 0);
    assert_true(real == 0.5);
    assert_int_equal(jsonl_real(&jsonl, object, "n", &real, &err), 0);
    assert_true(real == 3);

    assert_int_equal(jsonl_integer(&jsonl, object, "x", &integer, &err), -1);
    assert_non_null(strstr(err.message, ":4: the field \"x\" must be an integer"));
    assert_null(jsonl_text(&jsonl, object, "b", &err));
    assert_non_null(strstr(err.message, ":4: the field \"b\" is missing; it must be a text"));
    json_decref(object);
    assert_int_equal(jsonl_read(&jsonl, &object, &err), 0);
    jsonl_close(&jsonl);
}

static void test_jsonl__bad_lines(void **state)
{
    (void)state;
    expect_failure("{}\n{\"a\":\n", 9, ":2: not valid JSON at byte");
    expect_failure("[1]\n", 4, ":1: a JSON object {...} is needed");
    expect_failure("{\"a\":\"\xff\"}\n", 10, ":1: not valid JSON");
    expect_failure("{\"a\":\"x\0y\"}\n", 12, ":1: not valid JSON");
    expect_failure("{\"a\":1,\"a\":2}\n", 14,
                   ":1: not valid JSON at byte 10: duplicate object key");
    expect_failure("{} {}\n", 6, ":1: not valid JSON");
}

static void test_jsonl__a_gigantic_line_is_an_error(void **state)
{
    (void)state;
    size_t n = LINE_MAX_BYTES + 1;
    char *line = malloc(n);
    assert_non_null(line);
    memset(line, ' ', n);
    expect_failure(line, n, ":1: the line is longer than 16 MiB");
    free(line);
}

static void test_jsonl__missing_file(void **state)
{
    (void)state;
    struct jsonl jsonl;
    struct llmx_error err;
    assert_int_equal(jsonl_open(&jsonl, "no/such.jsonl", &err), -1);
    assert_string_equal(err.message, "cannot open no/such.jsonl: No such file or directory");
}

static void test_jsonl__writes_in_order(void **state)
{
    (void)state;
    char *bytes = NULL;
    size_t n;
    struct llmx_error err;
    FILE *stream = open_memstream(&bytes, &n);
    json_t *object = json_pack("{s:s, s:f, s:i}", "z", "ü \"q\"\n", "x", (double)0.1f, "a", 7);
    assert_int_equal(jsonl_write(stream, object, &err), 0);
    fclose(stream);
    assert_string_equal(bytes, "{\"z\":\"ü \\\"q\\\"\\n\",\"x\":0.100000001,\"a\":7}\n");
    free(bytes);

    stream = fopen("/dev/full", "w");
    if (stream) {
        setvbuf(stream, NULL, _IONBF, 0);
        assert_int_equal(jsonl_write(stream, object, &err), -1);
        assert_int_equal(err.code, LLMX_IO);
        fclose(stream);
    }
    json_decref(object);
}

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jsonl__reads_lines_and_counts_them),
        cmocka_unit_test(test_jsonl__bad_lines),
        cmocka_unit_test(test_jsonl__a_gigantic_line_is_an_error),
        cmocka_unit_test(test_jsonl__missing_file),
        cmocka_unit_test(test_jsonl__writes_in_order),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
