#include "format/safetensors.h"

#include "base/text.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#include <unistd.h>

/* A file with this header and n bytes of data. */
static struct text make(const char *header, size_t n)
{
    struct text file = {0};
    uint64_t size = strlen(header);
    text_put(&file, (const char *)&size, sizeof size);
    text_puts(&file, header);
    for (size_t i = 0; i < n; i++)
        text_put(&file, &(char){(char)i}, 1);
    return file;
}

static void expect_bytes(const void *bytes, size_t n, enum llmx_code code, const char *part)
{
    struct safetensors st = {0};
    struct llmx_error err = {0};
    unsigned char *exact =
        malloc(n ? n : 1); /* no byte more, so that a sanitizer sees reads past it */
    assert_non_null(exact);
    memcpy(exact, bytes, n);
    assert_int_equal(safetensors_parse(&st, exact, n, "m.st", &err), -1);
    free(exact);
    safetensors_release(&st);
    if (err.code != code || !strstr(err.message, part) || !strstr(err.message, "m.st"))
        fail_msg("code %d, message \"%s\"; expected code %d and \"%s\"", (int)err.code, err.message,
                 (int)code, part);
}

static void expect(const char *header, size_t n, enum llmx_code code, const char *part)
{
    struct text file = make(header, n);
    expect_bytes(file.s, file.n, code, part);
    text_release(&file);
}

static void test_safetensors__reads_what_it_wrote(void **state)
{
    (void)state;
    const float w[6] = {1, 2, 3, 4, 5, 6};
    const uint16_t half[1] = {0x3c00};
    const struct st_entry entries[] = {{"w", DTYPE_F32, 2, {2, 3}, w},
                                       {"empty", DTYPE_F32, 1, {0}, NULL},
                                       {"half", DTYPE_F16, 0, {0}, half}};
    const char *const meta[][2] = {{"format", "pt"}, {"quote", "\"ü\""}};
    struct llmx_error err;
    struct safetensors st;
    const char *path = test_path("a.safetensors");
    assert_int_equal(safetensors_write(path, entries, 3, meta, 2, &err), 0);
    assert_int_equal(safetensors_open(&st, path, &err), 0);
    const struct st_tensor *t = safetensors_need(&st, "w", DTYPE_F32, 2, (uint64_t[]){2, 3}, &err);
    assert_non_null(t);
    assert_memory_equal(t->data, w, sizeof w);
    assert_int_equal((t->data - st.mappings[0].data) % 8, 0);
    assert_int_equal(safetensors_find(&st, "empty")->size, 0);
    assert_memory_equal(safetensors_find(&st, "half")->data, half, 2);
    assert_string_equal(safetensors_meta(&st, "quote"), "\"ü\"");
    assert_null(safetensors_meta(&st, "none"));
    assert_string_equal(names_get(&st.names, 0, NULL), "w");
    safetensors_release(&st);
}

static void test_safetensors__need_says_what_differs(void **state)
{
    (void)state;
    struct text file =
        make("{\"w\":{\"dtype\":\"F16\",\"shape\":[2,3],\"data_offsets\":[0,12]}}", 12);
    struct safetensors st = {0};
    struct llmx_error err;
    assert_int_equal(safetensors_parse(&st, (unsigned char *)file.s, file.n, "m.st", &err), 0);
    assert_null(safetensors_need(&st, "w", DTYPE_F32, 2, (uint64_t[]){3, 2}, &err));
    assert_string_equal(err.message, "the tensor 'w' is F16 (2, 3); F32 (3, 2) is needed");
    assert_null(safetensors_need(&st, "v", DTYPE_F32, 2, (uint64_t[]){3, 2}, &err));
    assert_string_equal(err.message, "the tensor 'v' is missing");
    safetensors_release(&st);
    text_release(&file);
}

static void test_safetensors__hostile_sizes(void **state)
{
    (void)state;
    expect_bytes("", 0, LLMX_BAD_INPUT, "header would not fit");
    expect_bytes("\377\377\377\377\377\377\377\377{}", 10, LLMX_BAD_INPUT, "header would not fit");
    expect("{\"w\":", 0, LLMX_BAD_INPUT, "not a safetensors file");
    expect("[]", 0, LLMX_BAD_INPUT, "no JSON object");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
           0, LLMX_BAD_INPUT, "tensor 'w' has an impossible shape");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
           LLMX_BAD_INPUT, "tensor 'w' has an impossible shape");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, LLMX_BAD_INPUT,
           "impossible shape");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4,
           LLMX_BAD_INPUT, "no shape of at most 8 dimensions");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4, LLMX_BAD_INPUT,
           "tensor 'w' ends at byte 8 of the data, which has 4");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, LLMX_BAD_INPUT,
           "tensor 'w' has 4 bytes of data; its shape and type need 8");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, LLMX_BAD_INPUT,
           "no data_offsets");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, LLMX_BAD_INPUT,
           "no data_offsets");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, LLMX_BAD_INPUT, "no data_offsets");
}

static void test_safetensors__hostile_entries(void **state)
{
    (void)state;
    expect("{\"w\":3}", 0, LLMX_BAD_INPUT, "entry 'w' is no object");
    expect("{\"w\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, LLMX_BAD_INPUT,
           "tensor 'w' has no dtype");
    expect("{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[4],\"data_offsets\":[0,4]}}", 4,
           LLMX_UNSUPPORTED, "tensor 'w' is of type F8_E4M3");
    expect("{\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
           "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
           8, LLMX_BAD_INPUT, "duplicate");
    expect("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
           "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
           12, LLMX_BAD_INPUT, "tensors 'a' and 'b' overlap");
    expect("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
           "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}",
           12, LLMX_BAD_INPUT, "4 bytes before tensor 'b' belong to no tensor");
    expect("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 9, LLMX_BAD_INPUT,
           "the last 5 bytes belong to no tensor");
    expect("{\"__metadata__\":{\"k\":1}}", 0, LLMX_BAD_INPUT, "metadata 'k' is no text");
}

static void test_safetensors__shards(void **state)
{
    (void)state;
    struct safetensors st;
    struct llmx_error err;
    const float x = 1, y = 2;
    const struct st_entry a = {"a", DTYPE_F32, 1, {1}, &x}, b = {"b", DTYPE_F32, 1, {1}, &y};
    const char *index = "{\"weight_map\":{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}}";
    assert_int_equal(safetensors_write(test_path("s1.safetensors"), &a, 1, NULL, 0, &err), 0);
    assert_int_equal(safetensors_write(test_path("s2.safetensors"), &b, 1, NULL, 0, &err), 0);
    test_file("model.safetensors.index.json", index);
    assert_int_equal(safetensors_open(&st, test_directory(), &err), 0);
    assert_int_equal(st.n_mappings, 2);
    assert_memory_equal(safetensors_find(&st, "b")->data, &y, sizeof y);
    safetensors_release(&st);

    assert_int_equal(safetensors_write(test_path("s2.safetensors"), &a, 1, NULL, 0, &err), 0);
    assert_int_equal(safetensors_open(&st, test_directory(), &err), -1);
    assert_non_null(strstr(err.message, "the tensor 'a' is there twice"));

    unlink(test_path("s2.safetensors"));
    assert_int_equal(safetensors_open(&st, test_directory(), &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_non_null(strstr(err.message, "names the shard 's2.safetensors'"));

    const struct {
        const char *index, *part;
    } wrong[] = {
        {"{\"weight_map\":{\"a\":\"../s1.safetensors\"}}",
         "'../s1.safetensors', which is no plain file name"},
        {"{\"weight_map\":{\"a\":\"..\"}}", "no plain file name"},
        {"{\"weight_map\":{\"a\":\"/etc/passwd\"}}", "no plain file name"},
        {"{\"weight_map\":{\"a\":3}}", "no plain file name"},
        {"{\"weight_map\":{\"a\":\"s1.safetensors\",\"c\":\"s1.safetensors\"}}",
         "tensor 'c' is not in its shard 's1.safetensors'"},
        {"{\"weights\":{}}", "no \"weight_map\""},
        {"{", "not valid JSON"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        test_file("model.safetensors.index.json", wrong[i].index);
        assert_int_equal(safetensors_open(&st, test_directory(), &err), -1);
        if (!strstr(err.message, wrong[i].part))
            fail_msg("\"%s\" lacks \"%s\"", err.message, wrong[i].part);
    }
    unlink(test_path("model.safetensors.index.json"));
    assert_int_equal(safetensors_open(&st, test_directory(), &err), -1);
    assert_non_null(strstr(err.message, "holds neither model.safetensors nor"));
}

static void test_safetensors__a_full_disk_fails(void **state)
{
    (void)state;
    struct llmx_error err;
    const float x = 1;
    const struct st_entry a = {"a", DTYPE_F32, 1, {1}, &x};
    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(safetensors_write("/dev/full", &a, 1, NULL, 0, &err), -1);
    assert_string_equal(err.message, "cannot write /dev/full: No space left on device");
}

static int write_and_read(void *context, struct llmx_error *err)
{
    (void)context;
    const float x[2] = {1, 2};
    const struct st_entry entries[] = {{"a", DTYPE_F32, 1, {1}, x},
                                       {"b", DTYPE_F32, 1, {1}, x + 1}};
    const char *const meta[][2] = {{"format", "pt"}};
    struct safetensors st;
    const char *path = test_path("model.safetensors");
    if (safetensors_write(path, entries, 2, meta, 1, err) != 0 ||
        safetensors_open(&st, path, err) != 0)
        return -1;
    safetensors_release(&st);
    return 0;
}

static void test_safetensors__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(write_and_read, NULL) > 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_safetensors__reads_what_it_wrote),
        cmocka_unit_test(test_safetensors__need_says_what_differs),
        cmocka_unit_test(test_safetensors__hostile_sizes),
        cmocka_unit_test(test_safetensors__hostile_entries),
        cmocka_unit_test(test_safetensors__shards),
        cmocka_unit_test(test_safetensors__a_full_disk_fails),
        cmocka_unit_test(test_safetensors__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
