#include "format/gguf.h"

#include "support/failing_alloc.h"
#include "support/gguf_file.h"
#include "support/test.h"

#include <unistd.h>

static void expect_failure(enum llmx_code code, const char *part)
{
    struct gguf gguf;
    struct llmx_error err = {0};
    unsigned char *exact = malloc(
        gguf_file.n ? gguf_file.n : 1); /* no byte more, so that a sanitizer sees reads past it */
    assert_non_null(exact);
    memcpy(exact, gguf_file.s, gguf_file.n);
    assert_int_equal(gguf_parse(&gguf, exact, gguf_file.n, "m.gguf", &err), -1);
    free(exact);
    if (err.code != code || !strstr(err.message, part) || strncmp(err.message, "m.gguf: ", 8) != 0)
        fail_msg("code %d, message \"%s\"; expected code %d and \"%s\"", (int)err.code, err.message,
                 (int)code, part);
}

/* Two tensors, a key of each sort. */
static void put_good_file(void)
{
    gguf_begin(2, 5);
    gguf_put_u32_key("llama.block_count", 30);
    gguf_put_name("llama.epsilon");
    gguf_put_u32(GGUF_F32);
    gguf_put(&(float){0.5f}, 4);
    gguf_put_name("general.name");
    gguf_put_u32(GGUF_TEXT);
    gguf_put_name("Tiny");
    gguf_put_name("tokens");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_TEXT);
    gguf_put_u64(3);
    gguf_put_name("a");
    gguf_put_name("");
    gguf_put_name("ccc");
    gguf_put_name("scores");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_I16);
    gguf_put_u64(2);
    gguf_put(&(int16_t){-7}, 2);
    gguf_put(&(int16_t){300}, 2);
    gguf_put_tensor("first", 4, 2, 0, 0);
    gguf_put_tensor("second", 32, 1, 2, 32);
    gguf_put_data(32 + 18);
}

static void test_gguf__reads_keys_and_tensors(void **state)
{
    (void)state;
    struct gguf g;
    put_good_file();
    assert_int_equal(
        gguf_parse(&g, (const unsigned char *)gguf_file.s, gguf_file.n, "m.gguf", NULL), 0);

    struct llmx_error err;
    int64_t integer;
    double real;
    size_t n, offset = 0;
    const char *text;
    assert_int_equal(gguf_integer(&g, "llama.block_count", &integer, &err), 0);
    assert_int_equal(integer, 30);
    assert_int_equal(gguf_real(&g, "llama.epsilon", &real, &err), 0);
    assert_true(real == 0.5);
    assert_int_equal(gguf_integer_or(&g, "no.such", 7), 7);
    assert_int_equal(gguf_real(&g, "llama.block_count", &real, &err), 0);
    assert_true(real == 30);
    text = gguf_text(&g, "general.name", &n);
    assert_true(n == 4 && memcmp(text, "Tiny", 4) == 0);

    const struct gguf_value *tokens = gguf_find(&g, "tokens"), *scores = gguf_find(&g, "scores");
    assert_true(gguf_next_text(tokens, &offset, &text, &n) && n == 1 && *text == 'a');
    assert_true(gguf_next_text(tokens, &offset, &text, &n) && n == 0);
    assert_true(gguf_next_text(tokens, &offset, &text, &n) && n == 3 &&
                memcmp(text, "ccc", 3) == 0);
    assert_false(gguf_next_text(tokens, &offset, &text, &n));
    assert_true(gguf_element(scores, 0) == -7 && gguf_element(scores, 1) == 300);

    const struct gguf_tensor *first = gguf_find_tensor(&g, "first"),
                             *second = gguf_find_tensor(&g, "second");
    assert_true(first->type == DTYPE_F32 && first->n_dims == 2 && first->dims[0] == 4 &&
                first->size == 32);
    assert_true(second->type == DTYPE_Q4_0 && second->size == 18 &&
                second->data == first->data + 32);
    assert_null(gguf_find_tensor(&g, "third"));
    gguf_release(&g);
}

static void test_gguf__names_the_key_that_is_wrong(void **state)
{
    (void)state;
    struct gguf g;
    struct llmx_error err;
    int64_t integer;
    double real;
    size_t n;
    put_good_file();
    assert_int_equal(
        gguf_parse(&g, (const unsigned char *)gguf_file.s, gguf_file.n, "m.gguf", NULL), 0);
    assert_int_equal(gguf_integer(&g, "llama.epsilon", &integer, &err), -1);
    assert_string_equal(
        err.message, "m.gguf: the key 'llama.epsilon' is of kind f32, not an integer below 2^63");
    assert_int_equal(gguf_real(&g, "general.name", &real, &err), -1);
    assert_string_equal(err.message,
                        "m.gguf: the key 'general.name' is of kind text, not a number");
    assert_int_equal(gguf_integer(&g, "llama.heads", &integer, &err), -1);
    assert_string_equal(err.message, "m.gguf: the key 'llama.heads' is missing");
    assert_null(gguf_text(&g, "tokens", &n));
    gguf_release(&g);
}

static void test_gguf__any_shorter_file_fails(void **state)
{
    (void)state;
    put_good_file();
    for (size_t n = 0; n < gguf_file.n; n++) {
        struct gguf g;
        struct llmx_error err = {0};
        unsigned char *part = malloc(n ? n : 1);
        assert_non_null(part);
        memcpy(part, gguf_file.s, n);
        assert_int_equal(gguf_parse(&g, part, n, "m.gguf", &err), -1);
        assert_true(err.code == LLMX_BAD_INPUT && strlen(err.message) > 10);
        free(part);
    }
}

static void test_gguf__hostile_heads(void **state)
{
    (void)state;
    text_clear(&gguf_file);
    gguf_put("GGML", 4);
    expect_failure(LLMX_BAD_INPUT, "not a GGUF file");
    gguf_begin(0, 0);
    gguf_file.s[4] = 1;
    expect_failure(LLMX_UNSUPPORTED, "version 1");
    memcpy(gguf_file.s + 4, "\0\0\0\3", 4);
    expect_failure(LLMX_UNSUPPORTED, "big-endian");
    gguf_begin(UINT64_MAX, 0);
    expect_failure(LLMX_BAD_INPUT, "more than the file can hold");
    gguf_begin(0, 1);
    expect_failure(LLMX_BAD_INPUT, "more than the file can hold");
}

static void test_gguf__hostile_keys(void **state)
{
    (void)state;
    gguf_begin(0, 1);
    gguf_put_u64(UINT64_MAX - 3);
    gguf_put_data(64);
    expect_failure(LLMX_BAD_INPUT, "ends within the keys");

    gguf_begin(0, 2);
    gguf_put_u32_key("twice", 1);
    gguf_put_u32_key("twice", 2);
    expect_failure(LLMX_BAD_INPUT, "the key 'twice' is there twice");

    gguf_begin(0, 1);
    gguf_put_name("odd");
    gguf_put_u32(13);
    gguf_put_u64(0);
    expect_failure(LLMX_BAD_INPUT, "key 'odd' has the unknown kind 13");

    gguf_begin(0, 1);
    gguf_put_name("nested");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u64(1);
    expect_failure(LLMX_UNSUPPORTED, "key 'nested' is an array of arrays");

    gguf_begin(0, 1);
    gguf_put_name("huge");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_U64);
    gguf_put_u64(UINT64_MAX / 8 + 2); /* times 8 wraps to 8 */
    gguf_put_u64(0);
    expect_failure(LLMX_BAD_INPUT, "key 'huge' claims 2305843009213693953 elements");

    gguf_begin(0, 1);
    gguf_put_name("strange");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(99);
    gguf_put_u64(0);
    expect_failure(LLMX_BAD_INPUT, "key 'strange' is an array of elements of unknown kind 99");

    gguf_begin(0, 1);
    gguf_put_name("tokens");
    gguf_put_u32(GGUF_ARRAY);
    gguf_put_u32(GGUF_TEXT);
    gguf_put_u64(2);
    gguf_put_name("a");
    gguf_put_u64(1000);
    expect_failure(LLMX_BAD_INPUT, "ends within the value of 'tokens'");
}

static void one_tensor(uint64_t columns, uint64_t rows, uint32_t type, uint64_t offset, size_t data)
{
    gguf_begin(1, 0);
    gguf_put_tensor("w", columns, rows, type, offset);
    gguf_put_data(data);
}

static void test_gguf__hostile_tensors(void **state)
{
    (void)state;
    one_tensor(UINT64_C(1) << 32, UINT64_C(1) << 32, 0, 0, 64);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' has an impossible size");
    one_tensor(UINT64_C(1) << 62, 2, 0, 0, 64);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' has an impossible size");
    one_tensor(0, 4, 0, 0, 64);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' has an impossible size");
    one_tensor(33, 1, 2, 0, 64);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' has rows of 33, no whole number of Q4_0 blocks");
    one_tensor(4, 4, 20, 0, 64);
    expect_failure(LLMX_UNSUPPORTED, "tensor 'w' is of type IQ4_NL");
    one_tensor(4, 4, 4, 0, 64);
    expect_failure(LLMX_UNSUPPORTED, "tensor 'w' is of the unknown type 4");
    one_tensor(4, 4, 4000000000, 0, 64);
    expect_failure(LLMX_UNSUPPORTED, "tensor 'w' is of the unknown type 4000000000");
    one_tensor(4, 4, 0, 8, 128);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' begins at 8, no multiple of 32");
    one_tensor(4, 4, 0, UINT64_MAX - 31, 64);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' reaches past the end");
    one_tensor(4, 5, 0, 0, 64);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' reaches past the end");

    gguf_begin(2, 0);
    gguf_put_tensor("a", 4, 4, 0, 0);
    gguf_put_tensor("b", 4, 4, 0, 32);
    gguf_put_data(128);
    expect_failure(LLMX_BAD_INPUT, "tensors 'a' and 'b' overlap");

    gguf_begin(2, 0);
    gguf_put_tensor("a", 4, 2, 0, 0);
    gguf_put_tensor("a", 4, 2, 0, 32);
    gguf_put_data(128);
    expect_failure(LLMX_BAD_INPUT, "the tensor 'a' is there twice");

    gguf_begin(1, 0);
    gguf_put_name("w");
    gguf_put_u32(5);
    gguf_put_data(128);
    expect_failure(LLMX_BAD_INPUT, "tensor 'w' has 5 dimensions");
}

static void test_gguf__alignment(void **state)
{
    (void)state;
    struct gguf g;
    gguf_begin(1, 1);
    gguf_put_u32_key("general.alignment", 8);
    gguf_put_tensor("w", 1, 1, 0, 8);
    while (gguf_file.n % 8)
        gguf_put("", 1);
    size_t start = gguf_file.n;
    gguf_put_u64(0);
    gguf_put(&(float){2}, 4);
    assert_int_equal(
        gguf_parse(&g, (const unsigned char *)gguf_file.s, gguf_file.n, "m.gguf", NULL), 0);
    assert_ptr_equal(gguf_find_tensor(&g, "w")->data, gguf_file.s + start + 8);
    gguf_release(&g);

    const uint32_t wrong[] = {0, 3, 1u << 21};
    for (size_t i = 0; i < 3; i++) {
        gguf_begin(0, 1);
        gguf_put_u32_key("general.alignment", wrong[i]);
        expect_failure(LLMX_BAD_INPUT, "general.alignment is");
    }
    gguf_begin(0, 1);
    gguf_put_name("general.alignment");
    gguf_put_u32(GGUF_TEXT);
    gguf_put_name("32");
    expect_failure(LLMX_BAD_INPUT, "the key 'general.alignment' is of kind text");
}

static void test_gguf__opens_a_real_file(void **state)
{
    (void)state;
    struct gguf g;
    struct llmx_error err;
    const char *path = "build/assets/smollm2-135m-instruct-q4_1.gguf";
    if (access(path, R_OK) != 0)
        skip();
    assert_int_equal(gguf_open(&g, path, &err), 0);
    assert_int_equal(g.names.count, 272);
    assert_int_equal(gguf_integer_or(&g, "llama.block_count", 0), 30);
    gguf_release(&g);
}

static void test_gguf__open_says_what_is_wrong(void **state)
{
    (void)state;
    struct gguf g;
    struct llmx_error err;
    assert_int_equal(gguf_open(&g, "no/such.gguf", &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_int_equal(gguf_open(&g, "/dev/null", &err), -1);
    assert_string_equal(err.message, "/dev/null: not a GGUF file");
}

static int parse_once(void *context, struct llmx_error *err)
{
    (void)context;
    struct gguf g;
    if (gguf_parse(&g, (const unsigned char *)gguf_file.s, gguf_file.n, "m.gguf", err) != 0)
        return -1;
    gguf_release(&g);
    return 0;
}

static void test_gguf__survives_every_failed_allocation(void **state)
{
    (void)state;
    put_good_file();
    assert_true(failing_alloc_each(parse_once, NULL) > 5);
}

static int release_file(void **state)
{
    (void)state;
    text_release(&gguf_file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gguf__reads_keys_and_tensors),
        cmocka_unit_test(test_gguf__names_the_key_that_is_wrong),
        cmocka_unit_test(test_gguf__any_shorter_file_fails),
        cmocka_unit_test(test_gguf__hostile_heads),
        cmocka_unit_test(test_gguf__hostile_keys),
        cmocka_unit_test(test_gguf__hostile_tensors),
        cmocka_unit_test(test_gguf__alignment),
        cmocka_unit_test(test_gguf__opens_a_real_file),
        cmocka_unit_test(test_gguf__open_says_what_is_wrong),
        cmocka_unit_test(test_gguf__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, release_file);
}
