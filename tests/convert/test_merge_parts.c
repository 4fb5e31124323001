/* A base that is cut into several GGUF files merges into one file that is whole. */
#include "format/gguf_write.h"
#include "llmxrec/adapter.h"
#include "llmxrec/llm.h"

#include "support/test.h"

#define WHOLE   "tests/golden/llm/llama-tied.f32.gguf"
#define ADAPTER "tests/golden/llm/llama-tied/adapter"
#define FIRST   8 /* tensors in the first part */

static void write_part(const struct gguf *from, const char *name, uint32_t number, uint32_t begin,
                       uint32_t end)
{
    struct gguf_writer w = {0};
    FILE *f = fopen(test_path(name), "wb");
    assert_non_null(f);
    for (uint32_t i = 0; number == 0 && i < from->keys.count; i++)
        gguf_writer_value(&w, names_get(&from->keys, i, NULL), &from->values[i]);
    gguf_writer_u32(&w, "split.no", number);
    gguf_writer_u32(&w, "split.count", 2);
    gguf_writer_u32(&w, "split.tensors.count", from->names.count);
    for (uint32_t i = begin; i < end; i++)
        gguf_writer_tensor(&w, names_get(&from->names, i, NULL), from->tensors[i].type,
                           from->tensors[i].n_dims, from->tensors[i].dims);
    assert_int_equal(gguf_writer_begin(&w, f, NULL), 0);
    for (uint32_t i = begin; i < end; i++) {
        fwrite(from->tensors[i].data, 1, from->tensors[i].size, f);
        gguf_writer_pad(&w, from->tensors[i].size);
    }
    assert_int_equal(fclose(f), 0);
    gguf_writer_release(&w);
}

static const char *write_parts(void)
{
    struct gguf whole;
    assert_int_equal(gguf_open(&whole, WHOLE, NULL), 0);
    write_part(&whole, "m-00001-of-00002.gguf", 0, 0, FIRST);
    write_part(&whole, "m-00002-of-00002.gguf", 1, FIRST, whole.names.count);
    gguf_release(&whole);
    return test_path("m-00001-of-00002.gguf");
}

static void test_merge__parts_become_a_whole(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    struct gguf merged;
    const char *parts = write_parts();
    if (llmx_adapter_merge(parts, ADAPTER, "f32", test_path("p.gguf"), &err) != 0 ||
        llmx_adapter_merge(WHOLE, ADAPTER, "f32", test_path("w.gguf"), &err) != 0 ||
        gguf_open(&merged, test_path("p.gguf"), &err) != 0)
        fail_msg("%s", err.message);
    assert_null(gguf_find(&merged, "split.count"));
    gguf_release(&merged);
    assert_int_equal(test_shell("cmp $T/p.gguf $T/w.gguf", NULL), 0);
}

static void test_model__describes_parts(void **state)
{
    (void)state;
    char text[4096];
    struct llmx_error err = {0};
    FILE *f = fmemopen(text, sizeof text, "w");
    assert_int_equal(llmx_model_describe(write_parts(), f, 0, &err), 0);
    fclose(f);
    assert_contains(text, "part 1 of 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_merge__parts_become_a_whole),
        cmocka_unit_test(test_model__describes_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
