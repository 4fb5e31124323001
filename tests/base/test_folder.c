/* Whose a folder is: what may be replaced and removed in it. */
#include "base/file.h"
#include "base/folder.h"
#include "support/test.h"

#include <unistd.h>

static const char *const names[] = {"notes.yaml", "model.bin"};
static const struct folder_kind kind = {
    "llmxrec test", names, 2, "notes.yaml", {"first: ", "\nsecond: "}};

static void put(const char *folder, const char *name, const char *text)
{
    struct llmx_error err;
    assert_int_equal(directory_make(test_path(folder), &err), 0);
    assert_int_equal(folder_write(test_path(folder), name, text, strlen(text), &err), 0);
}

static void test_folder__is_told_by_its_mark(void **state)
{
    (void)state;
    put("ours", "notes.yaml", "first: 1\nsecond: 2\n");
    put("theirs", "notes.yaml", "second: 2\nfirst: 1\n");
    put("empty", "notes.yaml", "");
    assert_true(folder_is_ours(test_path("ours"), &kind));
    assert_false(folder_is_ours(test_path("theirs"), &kind));
    assert_false(folder_is_ours(test_path("empty"), &kind));
    assert_false(folder_is_ours(test_path("nowhere"), &kind));
}

static void test_folder__of_somebody_else_is_refused(void **state)
{
    (void)state;
    struct llmx_error err;
    struct folder folder;
    put("weights", "model.bin", "precious");
    put("weights", "model.bin.abcdef.tmp", "precious");
    assert_int_equal(folder_open(&folder, test_path("weights"), &kind, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "weights/model.bin was not written by llmxrec test");
    assert_true(folder_has(test_path("weights"), "model.bin.abcdef.tmp"));
    put("other", "letter.txt", "dear");
    assert_int_equal(folder_open(&folder, test_path("other"), &kind, &err), 0);
    folder_close(&folder);
}

static void test_folder__keeps_what_is_not_ours_when_cleared(void **state)
{
    (void)state;
    put("mixed", "notes.yaml", "first: 1\nsecond: 2\n");
    put("mixed", "model.bin", "ours");
    put("mixed", "letter.txt", "dear");
    folder_clear(test_path("mixed"), &kind);
    assert_false(folder_has(test_path("mixed"), "model.bin"));
    assert_false(folder_has(test_path("mixed"), "notes.yaml"));
    assert_true(folder_has(test_path("mixed"), "letter.txt"));
    put("whole", "notes.yaml", "first: 1\nsecond: 2\n");
    folder_clear(test_path("whole"), &kind);
    assert_int_equal(access(test_path("whole"), F_OK), -1);
    put("kept", "model.bin", "theirs");
    folder_clear(test_path("kept"), &kind);
    assert_true(folder_has(test_path("kept"), "model.bin"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folder__is_told_by_its_mark),
        cmocka_unit_test(test_folder__of_somebody_else_is_refused),
        cmocka_unit_test(test_folder__keeps_what_is_not_ours_when_cleared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
