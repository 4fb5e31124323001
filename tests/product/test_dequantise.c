#include "product/dequantise.h"

#include "support/test.h"

#include <jansson.h>

static const enum dtype types[] = {DTYPE_F16,  DTYPE_BF16, DTYPE_Q4_0, DTYPE_Q4_1,
                                   DTYPE_Q5_0, DTYPE_Q5_1, DTYPE_Q8_0, DTYPE_Q2_K,
                                   DTYPE_Q3_K, DTYPE_Q4_K, DTYPE_Q5_K, DTYPE_Q6_K};
#define N_TYPES (sizeof types / sizeof types[0])

static size_t from_hex(unsigned char *bytes, const char *hex)
{
    size_t n = 0;
    for (; hex[2 * n]; n++) {
        char digits[3] = {hex[2 * n], hex[2 * n + 1], '\0'};
        bytes[n] = (unsigned char)strtoul(digits, NULL, 16);
    }
    return n;
}

static void test_dequantise__equals_gguf_py(void **state)
{
    (void)state;
    json_t *golden = json_load_file("tests/golden/product/dequantise.json", 0, NULL);
    assert_non_null(golden);
    for (size_t t = 0; t < N_TYPES; t++) {
        const json_t *one = json_object_get(golden, dtype_name(types[t]));
        const json_t *expected = json_object_get(one, "values");
        unsigned char bytes[4096];
        float values[2048];
        size_t n = json_array_size(expected), size;
        assert_true(n > 0 && n <= 2048);
        assert_true(dtype_size(types[t], n, &size));
        assert_int_equal(from_hex(bytes, json_string_value(json_object_get(one, "bytes_hex"))),
                         size);
        dequantise_scalar(values, bytes, types[t], n);
        for (size_t i = 0; i < n; i++) {
            double want = json_number_value(json_array_get(expected, i));
            if (fabs(values[i] - want) > 1e-6 * fabs(want) + 1e-7)
                fail_msg("%s value %zu: %.9g, expected %.9g", dtype_name(types[t]), i,
                         (double)values[i], want);
        }
    }
    json_decref(golden);
}

/* Every half-precision number, infinities and NaNs too, through both paths. */
static void test_dequantise__halves_agree_on_all_numbers(void **state)
{
    (void)state;
    static uint16_t halves[65536];
    static float fast[65536], plain[65536];
    for (unsigned i = 0; i < 65536; i++)
        halves[i] = (uint16_t)i;
    for (size_t t = 0; t < 2; t++) {
        dequantise(fast, halves, types[t], 65536);
        dequantise_scalar(plain, halves, types[t], 65536);
        assert_memory_equal(fast, plain, sizeof fast);
    }
    dequantise_scalar(plain, halves, DTYPE_F16, 65536);
    assert_true(plain[0x3c00] == 1.0f && plain[0x0001] == 0x1p-24f && isinf(plain[0x7c00]) &&
                isnan(plain[0x7e00]));
}

static void test_dequantise__vector_path_equals_scalar(void **state)
{
    (void)state;
    enum { N = 256 * 37 };
    static unsigned char bytes[1 + N * 4];
    static float fast[N], plain[N];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof bytes; i++) {
        x = x * 1664525u + 1013904223u;
        bytes[i] = (unsigned char)(x >> 24);
    }
    for (size_t t = 0; t < N_TYPES; t++) {
        const unsigned char *blocks = bytes + 1; /* unaligned on purpose */
        for (size_t b = 0; b < N / dtype_block_values(types[t]);
             b++) /* scales must be finite to compare */
            for (unsigned k = 0; k < dtype_block_bytes(types[t]); k++)
                bytes[1 + b * dtype_block_bytes(types[t]) + k] &= 0xbf;
        dequantise(fast, blocks, types[t], N);
        dequantise_scalar(plain, blocks, types[t], N);
        assert_memory_equal(fast, plain, sizeof fast);
    }
}

static void test_dequantise__rows_of_any_length(void **state)
{
    (void)state;
    const uint16_t ones[11] = {0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x3c00,
                               0x3c00, 0x3c00, 0x3c00, 0x3c00, 0x4000};
    float y[12] = {[11] = 7};
    dequantise(y, ones, DTYPE_F16, 11);
    assert_true(y[0] == 1 && y[9] == 1 && y[10] == 2 && y[11] == 7);
    dequantise(y, (float[]){1.5f, -2.5f}, DTYPE_F32, 2);
    assert_true(y[0] == 1.5f && y[1] == -2.5f && y[2] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dequantise__equals_gguf_py),
        cmocka_unit_test(test_dequantise__halves_agree_on_all_numbers),
        cmocka_unit_test(test_dequantise__vector_path_equals_scalar),
        cmocka_unit_test(test_dequantise__rows_of_any_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
