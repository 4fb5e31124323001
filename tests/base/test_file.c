/* Outputs through symbolic links, with the mode that the user wants, and without replacing what is not theirs. */
#include "base/file.h"
#include "support/test.h"

#include <sys/stat.h>
#include <unistd.h>

static int write_text(const char *path, const char *text, bool is_new, struct llmx_error *err)
{
    struct output output;
    if ((is_new ? output_open_new : output_open)(&output, path, err) != 0)
        return -1;
    fputs(text, output.stream);
    return output_commit(&output, err);
}

static void check_text(const char *path, const char *text)
{
    char *found = test_read(path);
    assert_string_equal(found, text);
    free(found);
}

static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static void test_output__goes_through_links(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_int_equal(mkdir(test_path("disk"), 0777), 0);
    assert_int_equal(symlink("disk/there", test_path("link")), 0); /* dangling */
    assert_int_equal(symlink("link", test_path("second")), 0);
    for (int i = 0; i < 2; i++) {
        const char *text = i ? "again\n" : "first\n";
        assert_int_equal(write_text(test_path("second"), text, false, &err), 0);
        assert_true(is_link(test_path("link")) && is_link(test_path("second")));
        check_text(test_path("disk/there"), text);
    }
    assert_int_equal(symlink("round", test_path("round")), 0);
    assert_int_equal(write_text(test_path("round"), "x", false, &err), -1);
    assert_contains(err.message, "cannot follow the symbolic link");
    test_command("ls -A $T/disk", 0, "there\n"); /* nothing else */
}

static void test_output__has_the_mode_that_the_umask_leaves(void **state)
{
    (void)state;
    struct stat st;
    struct llmx_error err;
    const mode_t before = umask(027);
    assert_int_equal(write_text(test_path("mode"), "x", false, &err), 0);
    umask(before);
    assert_int_equal(stat(test_path("mode"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
}

static void test_output__new_ones_replace_nothing_else(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_int_equal(write_text(test_path("new"), "mine\n", true, &err), 0);
    assert_int_equal(write_text(test_path("new"), "mine\n", true, &err), 0);
    assert_int_equal(write_text(test_path("new"), "yours\n", true, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "new is there and holds something else");
    check_text(test_path("new"), "mine\n");
    test_command("ls -A $T | grep -c tmp", 1, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output__goes_through_links),
        cmocka_unit_test(test_output__has_the_mode_that_the_umask_leaves),
        cmocka_unit_test(test_output__new_ones_replace_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
