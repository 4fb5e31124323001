/* Tables in other encodings than UTF-8. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "format/table.h"

#include <unistd.h>
#include <zlib.h>

#define LINES 20000 /* past one block of the file, whatever it is decoded from */

/* "1\té\n2\té\n", each character in two bytes. */
static const char *write_utf16(const char *name, size_t cut)
{
    const char *path = test_path(name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs("\xff\xfe", f);
    for (int i = 1; i <= LINES; i++) {
        char line[32];
        snprintf(line, sizeof line, "%d\t?\n", i);
        for (const char *s = line; *s; s++) {
            fputc(*s == '?' ? 0xe9 : *s, f);
            fputc(0, f);
        }
    }
    assert_int_equal(fflush(f), 0);
    assert_int_equal(ftruncate(fileno(f), ftell(f) - (long)cut), 0);
    fclose(f);
    return path;
}

/* Reads all lines, each of which must be whole; the number of them, or -1. */
static int read_lines(const char *path, const char *encoding, struct llmx_error *err)
{
    struct table table;
    const struct table_form form = {.encoding = encoding};
    int n = 0, got;
    if (table_open(&table, path, form, err) != 0)
        return -1;
    while ((got = table_next(&table, err)) > 0) {
        char number[16];
        snprintf(number, sizeof number, "%d", ++n);
        assert_int_equal(table.fields[0].n, strlen(number));
        assert_memory_equal(table.fields[0].s, number, strlen(number));
        assert_int_equal(table.fields[1].n, 2);
        assert_memory_equal(table.fields[1].s, "\xc3\xa9", 2);
    }
    table_release(&table);
    return got == 0 ? n : -1;
}

static void test_decoder__reads_blocks(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    assert_int_equal(read_lines(write_utf16("utf16", 0), "utf-16", &err), LINES);
    assert_int_equal(read_lines(test_file("latin1", "1\t\xe9\n2\t\xe9"), "latin1", &err), 2);
    const char *path = test_path("latin1.gz");
    gzFile gz = gzopen(path, "w");
    gzputs(gz, "1\t\xe9\n");
    assert_int_equal(gzclose(gz), Z_OK);
    assert_int_equal(read_lines(path, "latin1", &err), 1);
}

static void test_decoder__says_what_is_wrong(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    assert_int_equal(read_lines(write_utf16("cut", 1), "utf-16", &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "cut: what follows line 19999 is not in the encoding");
    assert_int_equal(read_lines(test_file("bad", "1\t\xc3\xa9\n2\t\xff\n"), "utf-8", &err), -1);
    assert_contains(err.message, "is not in the encoding that --encoding names");
    assert_int_equal(read_lines(test_file("none", "1\tx\n"), "", &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(read_lines(test_path("utf16"), NULL, &err), -1);
    assert_contains(err.message, "--encoding utf-16");
}

static int read_all(void *path, struct llmx_error *err)
{
    return read_lines(path, "latin1", err) < 0 ? -1 : 0;
}

static void test_decoder__survives_want_of_memory(void **state)
{
    (void)state;
    const char *path = test_file("latin1", "1\t\xe9\n");
    assert_true(failing_alloc_each(read_all, (void *)(size_t)path) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoder__reads_blocks),
        cmocka_unit_test(test_decoder__says_what_is_wrong),
        cmocka_unit_test(test_decoder__survives_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
