/* What is written is what the reader finds. */
#include "format/gguf_write.h"

#include "support/failing_alloc.h"
#include "support/test.h"

static const float matrix[6] = {1, 2, 3, 4, 5, 6};
static const float vector[3] = {7, 8, 9};

static int write_file(const char *path, const struct gguf_value *list, struct llmx_error *err)
{
    struct gguf_writer w = {0};
    struct output output = {0};
    int result = -1;
    gguf_writer_text(&w, "general.architecture", "llama");
    gguf_writer_u32(&w, "n", 7);
    gguf_writer_f32(&w, "x", 0.5f);
    if (list)
        gguf_writer_value(&w, "list", list);
    gguf_writer_tensor(&w, "matrix", DTYPE_F32, 2, (const uint64_t[]){3, 2});
    gguf_writer_tensor(&w, "vector", DTYPE_F32, 1, (const uint64_t[]){3});
    if (output_open(&output, path, err) == 0 && gguf_writer_begin(&w, output.stream, err) == 0) {
        fwrite(matrix, sizeof *matrix, 2, output.stream);
        fwrite(matrix + 2, sizeof *matrix, 4, output.stream);
        gguf_writer_pad(&w, sizeof matrix);
        fwrite(vector, sizeof *vector, 3, output.stream);
        gguf_writer_pad(&w, sizeof vector);
        result = output_commit(&output, err);
    }
    output_discard(&output);
    gguf_writer_release(&w);
    return result;
}

static void test_gguf_writer__writes_what_the_reader_reads(void **state)
{
    (void)state;
    struct llmx_error err;
    struct gguf gguf, again;
    uint64_t length = 3;
    unsigned char texts[2 * 11];
    for (int i = 0; i < 2; i++) {
        memcpy(texts + 11 * i, &length, 8);
        memcpy(texts + 11 * i + 8, i ? "two" : "one", 3);
    }
    struct gguf_value list = {GGUF_ARRAY, GGUF_TEXT, 2, sizeof texts, texts};
    assert_int_equal(write_file(test_path("a.gguf"), &list, &err), 0);
    if (gguf_open(&gguf, test_path("a.gguf"), &err) != 0)
        fail_msg("%s", err.message);
    size_t n, offset = 0;
    double real;
    const char *text = gguf_text(&gguf, "general.architecture", &n);
    assert_int_equal(n, 5);
    assert_memory_equal(text, "llama", 5);
    assert_int_equal(gguf_integer_or(&gguf, "n", 0), 7);
    assert_int_equal(gguf_real(&gguf, "x", &real, NULL), 0);
    assert_near(real, 0.5, 0);
    const struct gguf_value *read = gguf_find(&gguf, "list");
    assert_true(gguf_next_text(read, &offset, &text, &n));
    assert_memory_equal(text, "one", 3);
    const struct gguf_tensor *m = gguf_find_tensor(&gguf, "matrix");
    const struct gguf_tensor *v = gguf_find_tensor(&gguf, "vector");
    assert_int_equal(m->dims[0], 3);
    assert_int_equal(m->dims[1], 2);
    assert_memory_equal(m->data, matrix, sizeof matrix);
    assert_memory_equal(v->data, vector, sizeof vector);
    assert_int_equal((v->data - m->data) % 32, 0);
    assert_int_equal(write_file(test_path("b.gguf"), read, &err), 0);
    assert_int_equal(gguf_open(&again, test_path("b.gguf"), &err), 0);
    assert_int_equal(gguf.mappings[0].size, again.mappings[0].size);
    assert_memory_equal(gguf.mappings[0].data, again.mappings[0].data, gguf.mappings[0].size);
    gguf_release(&again);
    gguf_release(&gguf);
}

static void test_gguf_type_number__is_ggmls(void **state)
{
    (void)state;
    assert_int_equal(gguf_type_number(DTYPE_F32), 0);
    assert_int_equal(gguf_type_number(DTYPE_F16), 1);
    assert_int_equal(gguf_type_number(DTYPE_Q8_0), 8);
    assert_int_equal(gguf_type_number(DTYPE_BF16), 30);
}

static int attempt(void *context, struct llmx_error *err)
{
    (void)context;
    return write_file(test_path("c.gguf"), NULL, err);
}

static void test_gguf_writer__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(attempt, NULL) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gguf_writer__writes_what_the_reader_reads),
        cmocka_unit_test(test_gguf_type_number__is_ggmls),
        cmocka_unit_test(test_gguf_writer__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
