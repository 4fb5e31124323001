/* Models cut into several GGUF files: read as one, and refused by what is wrong with the parts. */
#include "format/gguf.h"

#include "support/failing_alloc.h"
#include "support/gguf_file.h"
#include "support/test.h"

/* One part with one tensor of 8 values. */
static const char *write_part(const char *name, uint32_t number, uint32_t count, uint32_t tensors,
                              const char *tensor)
{
    const char *path = test_path(name);
    gguf_begin(1, 3);
    gguf_put_u32_key("split.no", number);
    gguf_put_u32_key("split.count", count);
    gguf_put_u32_key("split.tensors.count", tensors);
    gguf_put_tensor(tensor, 8, 1, 0, 0);
    gguf_put_data(32);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(gguf_file.s, 1, gguf_file.n, f), gguf_file.n);
    fclose(f);
    return path;
}

static void write_three(void)
{
    write_part("m-00001-of-00003.gguf", 0, 3, 3, "a");
    write_part("m-00002-of-00003.gguf", 1, 3, 3, "b");
    write_part("m-00003-of-00003.gguf", 2, 3, 3, "c");
}

static void check_refused(const char *name, enum llmx_code code, const char *says)
{
    struct gguf gguf;
    struct llmx_error err = {0};
    assert_int_equal(gguf_open(&gguf, test_path(name), &err), -1);
    assert_contains(err.message, says);
    assert_int_equal(err.code, code);
}

static void test_gguf_parts__are_one_model(void **state)
{
    (void)state;
    struct gguf gguf;
    struct llmx_error err = {0};
    write_three();
    if (gguf_open(&gguf, test_path("m-00001-of-00003.gguf"), &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(gguf.n_mappings, 3);
    assert_int_equal(gguf.names.count, 3);
    for (int i = 0; i < 3; i++) {
        const struct gguf_tensor *t = gguf_find_tensor(&gguf, (const char *[]){"a", "b", "c"}[i]);
        assert_non_null(t);
        assert_true(t->data > gguf.mappings[i].data &&
                    t->data + t->size <= gguf.mappings[i].data + gguf.mappings[i].size);
    }
    gguf_release(&gguf);
}

static void test_gguf_parts__refused(void **state)
{
    (void)state;
    write_three();
    check_refused("m-00002-of-00003.gguf", LLMX_BAD_INPUT, "is part 2 of 3 (split.count): give");
    check_refused("m-00002-of-00003.gguf", LLMX_BAD_INPUT, "m-00001-of-00003.gguf, and the others");
    write_part("m-00003-of-00003.gguf", 1, 3, 3, "c");
    check_refused("m-00001-of-00003.gguf", LLMX_BAD_INPUT, "it is part 3 of 3");
    write_part("m-00003-of-00003.gguf", 2, 3, 3, "a");
    check_refused("m-00001-of-00003.gguf", LLMX_BAD_INPUT, "'a' is in an earlier part too");
    write_part("m-00003-of-00003.gguf", 2, 3, 3, "c");
    write_part("m-00001-of-00003.gguf", 0, 3, 4, "a");
    check_refused("m-00001-of-00003.gguf", LLMX_BAD_INPUT, "split.tensors.count says 4");
    assert_int_equal(remove(test_path("m-00003-of-00003.gguf")), 0);
    check_refused("m-00001-of-00003.gguf", LLMX_NOT_FOUND, "is part 1 of 3: cannot open");
    check_refused("m-00001-of-00003.gguf", LLMX_NOT_FOUND, "m-00003-of-00003.gguf");
    write_part("renamed.gguf", 0, 3, 3, "a");
    check_refused("renamed.gguf", LLMX_BAD_INPUT, "does not end in -00001-of-00003.gguf");
    write_part("x.gguf", 3, 3, 3, "a");
    check_refused("x.gguf", LLMX_BAD_INPUT, "part 4 of 3 (split.no, split.count) is impossible");
}

static int open_parts(void *context, struct llmx_error *err)
{
    struct gguf gguf;
    if (gguf_open(&gguf, context, err) != 0)
        return -1;
    gguf_release(&gguf);
    return 0;
}

static void test_gguf_parts__survive_any_failing_allocation(void **state)
{
    (void)state;
    char path[512];
    write_three();
    snprintf(path, sizeof path, "%s", test_path("m-00001-of-00003.gguf"));
    assert_true(failing_alloc_each(open_parts, path) > 6);
}

static int release(void **state)
{
    (void)state;
    text_release(&gguf_file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gguf_parts__are_one_model),
        cmocka_unit_test(test_gguf_parts__refused),
        cmocka_unit_test(test_gguf_parts__survive_any_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
