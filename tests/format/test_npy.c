/* NumPy's format, byte for byte: numpy.lib.format, version 1.0. */
#include "format/npy.h"
#include "support/test.h"

#define HEADER_BYTES 128 /* magic, version, length and dictionary of a small array */

static void assert_header(const char *file, const char *dictionary)
{
    assert_memory_equal(file, "\x93NUMPY\x01\x00\x76\x00", 10); /* 118 bytes follow */
    assert_memory_equal(file + 10, dictionary, strlen(dictionary));
    for (size_t i = 10 + strlen(dictionary); i < HEADER_BYTES - 1; i++)
        assert_int_equal(file[i], ' ');
    assert_int_equal(file[HEADER_BYTES - 1], '\n');
}

static void test_npy_write__writes_what_numpy_does(void **state)
{
    (void)state;
    const float matrix[] = {1, 2, 3, 4, 5, 6};
    const int64_t vector[] = {7, -8};
    const char *path = test_path("m.npy");
    assert_int_equal(npy_write(path, false, DTYPE_F32, 2, (const uint64_t[]){2, 3}, matrix, NULL),
                     0);
    char *file = test_read(path);
    assert_header(file, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
    assert_memory_equal(file + HEADER_BYTES, matrix, sizeof matrix);
    free(file);
    assert_int_equal(npy_write(path, false, DTYPE_I64, 1, (const uint64_t[]){2}, vector, NULL), 0);
    file = test_read(path);
    assert_header(file, "{'descr': '<i8', 'fortran_order': False, 'shape': (2,), }");
    assert_memory_equal(file + HEADER_BYTES, vector, sizeof vector);
    free(file);
}

static void test_npy_write__refuses_types_that_numpy_has_not(void **state)
{
    (void)state;
    struct llmx_error err;
    const uint16_t one = 0;
    assert_int_equal(
        npy_write(test_path("b.npy"), false, DTYPE_BF16, 1, (const uint64_t[]){1}, &one, &err), -1);
    assert_int_equal(err.code, LLMX_UNSUPPORTED);
    assert_contains(err.message, "BF16");
    assert_int_equal(npy_write("/dev/full", false, DTYPE_F16, 1, (const uint64_t[]){1}, &one, &err),
                     -1);
    assert_int_equal(err.code, LLMX_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_write__writes_what_numpy_does),
        cmocka_unit_test(test_npy_write__refuses_types_that_numpy_has_not),
    };
    return cmocka_run_group_tests_name("npy", tests, NULL, NULL);
}
