/* The base floor: small things that everything stands on. */
#include "support/test.h"

#include "base/arena.h"
#include "base/dtype.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/names.h"
#include "base/option_name.h"
#include "base/rng.h"
#include "base/text.h"
#include "support/failing_alloc.h"

#include <sys/stat.h>

static void test_err__keeps_code_and_cuts_long_messages(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_int_equal(err_set(&err, LLMX_BAD_INPUT, "%s:%d", "file", 7), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_string_equal(err.message, "file:7");
    assert_int_equal(err_prefix(&err, "run %s", "x"), -1);
    assert_string_equal(err.message, "run x: file:7");
    err_set(&err, LLMX_IO, "%2000d", 1);
    assert_int_equal(strlen(err.message), LLMX_MESSAGE_MAX - 1);
    assert_int_equal(err_set(NULL, LLMX_IO, "nobody listens"), -1);
}

static void test_option_name__has_dashes_or_underscores(void **state)
{
    (void)state;
    assert_true(option_name_is("learning-rate", "learning_rate"));
    assert_true(option_name_is("l2", "l2"));
    assert_false(option_name_is("learning-rat", "learning_rate"));
    assert_false(option_name_is("learning rate", "learning_rate"));
    assert_false(option_name_is("", "l2"));
}

static void test_memory__refuses_sizes_that_overflow(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_null(mem_array(SIZE_MAX / 2, 3, &err));
    assert_int_equal(err.code, LLMX_NO_MEMORY);
    assert_null(mem_tensor(SIZE_MAX / 2, 3, &err));
    int *array = NULL;
    size_t capacity = 0;
    assert_int_equal(mem_grow(&array, &capacity, SIZE_MAX / 2, sizeof *array, &err), -1);
    assert_int_equal(mem_grow(&array, &capacity, 17, sizeof *array, &err), 0);
    assert_true(capacity >= 17);
    free(array);
    void *tensor = mem_tensor(3, 1, &err);
    assert_int_equal((uintptr_t)tensor % 64, 0);
    free(tensor);
}

static void test_arena__gives_zeroed_aligned_memory_of_any_size(void **state)
{
    (void)state;
    struct arena arena = {0};
    for (size_t n = 1; n < 300000; n = n * 3 + 1) {
        unsigned char *p = arena_array(&arena, n, 1, NULL);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % (n >= 64 ? 64 : 16), 0);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, n);
    }
    assert_null(arena_array(&arena, SIZE_MAX / 2, 4, NULL));
    arena_reset(&arena);
    assert_string_equal(arena_printf(&arena, NULL, "%d-%s", 3, "x"), "3-x");
    assert_string_equal(arena_text(&arena, "abcdef", 3, NULL), "abc");
    arena_release(&arena);
}

static void test_text__grows_and_remembers_failure(void **state)
{
    (void)state;
    struct text text = {0};
    struct llmx_error err;
    for (int i = 0; i < 1000; i++)
        text_printf(&text, "%d,", i % 10);
    text_puts(&text, "end");
    assert_int_equal(text.n, 2003);
    assert_string_equal(text.s + 2000, "end");
    assert_int_equal(text_check(&text, &err), 0);
    text_clear(&text);
    assert_int_equal(text.n, 0);
    failing_alloc_at(1);
    text_printf(&text, "%100000d", 1);
    failing_alloc_happened();
    assert_int_equal(text_check(&text, &err), -1);
    assert_int_equal(err.code, LLMX_NO_MEMORY);
    text_release(&text);
}

static void test_names__number_by_first_appearance(void **state)
{
    (void)state;
    struct names names = {0};
    char name[32];
    assert_int_equal(names_find(&names, "x", 1), -1);
    for (int i = 0; i < 20000; i++) {
        int n = snprintf(name, sizeof name, "name-%d", i);
        assert_int_equal(names_add(&names, name, (size_t)n, NULL), i);
    }
    for (int i = 0; i < 20000; i += 7) {
        int n = snprintf(name, sizeof name, "name-%d", i);
        assert_int_equal(names_add(&names, name, (size_t)n, NULL), i);
        size_t length;
        assert_string_equal(names_get(&names, (uint32_t)i, &length), name);
        assert_int_equal(length, n);
    }
    assert_int_equal(names_add(&names, "", 0, NULL), 20000);
    assert_int_equal(names_add(&names, "a\0b", 3, NULL), 20001);
    assert_int_equal(names_find(&names, "a\0c", 3), -1);
    assert_int_equal(names_find(&names, "", 0), 20000);
    names_release(&names);
}

static int fill_names(void *context, struct llmx_error *err)
{
    (void)context;
    struct names names = {0};
    int status = 0;
    char name[32];
    for (int i = 0; i < 500 && status == 0; i++) {
        int n = snprintf(name, sizeof name, "%d", i);
        status = names_add(&names, name, (size_t)n, err) < 0 ? -1 : 0;
    }
    names_release(&names);
    return status;
}

static void test_names__survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(fill_names, NULL) > 5);
}

static void test_output__appears_only_when_committed(void **state)
{
    (void)state;
    struct llmx_error err;
    struct output output;
    char path[256];
    snprintf(path, sizeof path, "%s", test_file("kept.txt", "old"));
    assert_int_equal(output_open(&output, path, &err), 0);
    fputs("new", output.stream);
    output_discard(&output);
    char *text = test_read(path);
    assert_string_equal(text, "old");
    free(text);
    assert_int_equal(output_open(&output, path, &err), 0);
    fputs("new", output.stream);
    assert_int_equal(output_commit(&output, &err), 0);
    output_discard(&output);
    text = test_read(path);
    assert_string_equal(text, "new");
    free(text);
    assert_int_equal(test_shell("test $(ls /tmp/llmxrec-test-*/kept.txt* | wc -l) = 1", NULL), 0);
}

static void test_output__names_the_cause(void **state)
{
    (void)state;
    struct llmx_error err;
    struct output output;
    assert_int_equal(output_open(&output, "/no/such/folder/file", &err), -1);
    assert_contains(err.message, "/no/such/folder/file: No such file");
    assert_int_equal(output_open(&output, "/dev/full", &err), 0);
    fputs("x", output.stream);
    assert_int_equal(output_commit(&output, &err), -1);
    assert_int_equal(err.code, LLMX_IO);
    assert_contains(err.message, "No space left");
}

static void test_mapping__names_what_cannot_be_read(void **state)
{
    (void)state;
    struct llmx_error err;
    struct mapping mapping;
    assert_int_equal(mapping_open(&mapping, "/no/such/file", &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_int_equal(mapping_open(&mapping, "/tmp", &err), -1);
    assert_contains(err.message, "is a directory");
    assert_int_equal(mapping_open(&mapping, test_file("empty", ""), &err), 0);
    assert_int_equal(mapping.size, 0);
    mapping_release(&mapping);
}

static void test_directory_make__makes_parents(void **state)
{
    (void)state;
    struct llmx_error err;
    struct stat st;
    assert_int_equal(directory_make(test_path("a/b/c"), &err), 0);
    assert_int_equal(stat(test_path("a/b/c"), &st), 0);
    assert_int_equal(directory_make(test_path("a/b/c"), &err), 0);
    test_file("plain", "");
    assert_int_equal(directory_make(test_path("plain"), &err), -1);
}

static void test_rng__streams_are_repeatable_and_apart(void **state)
{
    (void)state;
    struct rng a = rng_stream(1, RNG_INIT, 0), b = rng_stream(1, RNG_INIT, 0),
               c = rng_stream(1, RNG_INIT, 1);
    int same = 0, below[7] = {0};
    double sum = 0, squares = 0;
    for (int i = 0; i < 70000; i++) {
        uint64_t x = rng_next(&a);
        assert_int_equal(x, rng_next(&b));
        same += x == rng_next(&c);
        below[rng_below(&a, 7)]++;
        rng_next(&b);
        double z = rng_normal(&c);
        sum += z;
        squares += z * z;
    }
    assert_int_equal(same, 0);
    for (int i = 0; i < 7; i++)
        assert_near(below[i], 10000, 500);
    assert_near(sum / 70000, 0, 0.02);
    assert_near(squares / 70000, 1, 0.03);
}

static void test_dtype__sizes_are_whole_blocks(void **state)
{
    (void)state;
    size_t bytes;
    assert_true(dtype_size(DTYPE_Q4_1, 64, &bytes));
    assert_int_equal(bytes, 40);
    assert_false(dtype_size(DTYPE_Q4_1, 65, &bytes));
    assert_false(dtype_size(DTYPE_F64, UINT64_MAX / 4, &bytes));
    assert_string_equal(dtype_name(DTYPE_Q6_K), "Q6_K");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_err__keeps_code_and_cuts_long_messages),
        cmocka_unit_test(test_option_name__has_dashes_or_underscores),
        cmocka_unit_test(test_memory__refuses_sizes_that_overflow),
        cmocka_unit_test(test_arena__gives_zeroed_aligned_memory_of_any_size),
        cmocka_unit_test(test_text__grows_and_remembers_failure),
        cmocka_unit_test(test_names__number_by_first_appearance),
        cmocka_unit_test(test_names__survive_every_failed_allocation),
        cmocka_unit_test(test_output__appears_only_when_committed),
        cmocka_unit_test(test_output__names_the_cause),
        cmocka_unit_test(test_mapping__names_what_cannot_be_read),
        cmocka_unit_test(test_directory_make__makes_parents),
        cmocka_unit_test(test_rng__streams_are_repeatable_and_apart),
        cmocka_unit_test(test_dtype__sizes_are_whole_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
