#include "product/quantise.h"

#include "base/rng.h"
#include "product/dequantise.h"

#include "support/test.h"

/* Every finite f16 value comes back as itself, and what lies between two goes to the nearer one, ties to even. */
static void test_quantise__rounds_to_the_nearest_f16(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x7bff; bits++) {
        uint16_t pair[2] = {(uint16_t)bits, (uint16_t)(bits + 1)}, got[4];
        float value[2];
        dequantise(value, pair, DTYPE_F16, 2);
        float middle = (value[0] + value[1]) / 2;
        float points[4] = {value[0], nextafterf(middle, 0), middle, nextafterf(middle, INFINITY)};
        quantise(got, DTYPE_F16, points, 4);
        uint16_t even = bits % 2 ? pair[1] : pair[0];
        uint16_t want[4] = {pair[0], pair[0], even, pair[1]};
        assert_memory_equal(got, want, sizeof want);
        points[0] = -middle;
        quantise(got, DTYPE_F16, points, 1);
        assert_int_equal(got[0], even | 0x8000);
    }
    uint16_t got[3];
    quantise(got, DTYPE_F16, (float[]){65519, 65520, -1e30f}, 3);
    assert_int_equal(got[0], 0x7bff);
    assert_int_equal(got[1], 0x7c00);
    assert_int_equal(got[2], 0xfc00);
}

static void test_quantise__keeps_f32_and_rounds_bf16(void **state)
{
    (void)state;
    float values[] = {1.0f, -0.3f, 3e38f}, back[3];
    uint16_t half[3];
    quantise(back, DTYPE_F32, values, 3);
    assert_memory_equal(back, values, sizeof values);
    quantise(half, DTYPE_BF16, values, 3);
    dequantise(back, half, DTYPE_BF16, 3);
    for (int i = 0; i < 3; i++)
        assert_near(back[i] / values[i], 1, 1.0 / 256);
}

static void test_quantise__q8_0_is_within_half_a_step(void **state)
{
    (void)state;
    float values[96], back[96];
    unsigned char blocks[3 * 34];
    struct rng rng = rng_stream(1, RNG_INIT, 0);
    for (int i = 0; i < 96; i++)
        values[i] = i < 64 ? (float)rng_normal(&rng) : 0;
    quantise(blocks, DTYPE_Q8_0, values, 96);
    dequantise(back, blocks, DTYPE_Q8_0, 96);
    for (int b = 0; b < 3; b++) {
        float most = 0;
        for (int i = 32 * b; i < 32 * b + 32; i++)
            most = fmaxf(most, fabsf(values[i]));
        for (int i = 32 * b; i < 32 * b + 32; i++)
            assert_near(back[i], values[i], most / 127 * 0.5 + most * 6e-4);
    }
}

/* No cast is undefined, and what was no number does not come back as one. */
static void test_quantise__keeps_what_is_no_number(void **state)
{
    (void)state;
    const float odd[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        float values[32] = {0, 1, -2}, back[32];
        unsigned char block[34];
        values[7] = odd[i];
        quantise(block, DTYPE_Q8_0, values, 32);
        dequantise(back, block, DTYPE_Q8_0, 32);
        assert_true(isnan(back[7]) && isnan(back[31]));
    }
    float tiny[32] = {1e-39f, -1e-44f}, back[32];
    unsigned char block[34];
    quantise(block, DTYPE_Q8_0, tiny, 32);
    dequantise(back, block, DTYPE_Q8_0, 32);
    assert_near(back[0], 0, 0);
    uint16_t half;
    quantise(&half, DTYPE_F16, (float[]){NAN}, 1);
    dequantise(back, &half, DTYPE_F16, 1);
    assert_true(isnan(back[0]));
}

/* Halves go away from zero, and what is a hair below one does not. */
static void test_quantise__q8_0_rounds_as_ggml_does(void **state)
{
    (void)state;
    float x[32] = {127};
    unsigned char block[34];
    for (int i = 1; i < 32; i++) {
        float half = (float)(i - 16) + 0.5f;
        x[i] = i % 2 ? half : nextafterf(half, 0);
    }
    quantise(block, DTYPE_Q8_0, x, 32);
    for (int i = 0; i < 32; i++)
        assert_int_equal((signed char)block[2 + i], (int)roundf(x[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantise__rounds_to_the_nearest_f16),
        cmocka_unit_test(test_quantise__keeps_f32_and_rounds_bf16),
        cmocka_unit_test(test_quantise__q8_0_is_within_half_a_step),
        cmocka_unit_test(test_quantise__q8_0_rounds_as_ggml_does),
        cmocka_unit_test(test_quantise__keeps_what_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
