#include "product/quantised.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "product/quantise.h"

#include "support/test.h"

#define INNER   96
#define COLUMNS 70

static unsigned char *packed(const struct quantised *w)
{
    unsigned char *data = aligned_alloc(64, quantised_bytes(w));
    assert_non_null(data);
    memset(data, 0xff, quantised_bytes(w));
    return data;
}

/* q and d of a block come back from where the layout says that they are; columns that are not there are zeros. */
static void test_quantised__keeps_the_blocks_of_a_file(void **state)
{
    (void)state;
    static unsigned char blocks[COLUMNS * INNER / 32][34];
    struct quantised w = {DTYPE_Q8_0, INNER, COLUMNS, NULL};
    for (int i = 0; i < COLUMNS * INNER / 32; i++)
        for (int b = 0; b < 34; b++)
            blocks[i][b] = (unsigned char)(i * 7 + b * 5);
    w.data = packed(&w);
    quantised_pack(&w, 0, COLUMNS, blocks, DTYPE_Q8_0);
    const int c = 67, g = 1, k = 13;
    const unsigned char *cell =
        (unsigned char *)w.data + quantised_panel_bytes(&w) + (size_t)g * cell_bytes(DTYPE_Q8_0);
    const unsigned char *block = blocks[c * INNER / 32 + g];
    assert_int_equal(cell[k / 4 * 256 + (c - 64) * 4 + k % 4], (block[2 + k] + 128) % 256);
    assert_memory_equal(cell + cell_q_bytes(DTYPE_Q8_0) + (c - 64) * 2, block, 2);
    static const unsigned char zeros[2 * (128 - COLUMNS)];
    assert_memory_equal(cell + cell_q_bytes(DTYPE_Q8_0) + (COLUMNS - 64) * 2, zeros, sizeof zeros);
    free(w.data);
}

/* In parts, in any order, out of floats: the bytes of all at once, out of blocks. */
static void test_quantised__packs_in_parts_and_out_of_floats(void **state)
{
    (void)state;
    static float x[COLUMNS * INNER];
    static unsigned char blocks[COLUMNS * INNER / 32 * 34];
    struct rng rng = rng_stream(3, RNG_INIT, 0);
    for (int i = 0; i < COLUMNS * INNER; i++)
        x[i] = (float)rng_normal(&rng);
    quantise(blocks, DTYPE_Q8_0, x, COLUMNS * INNER);
    struct quantised w = {DTYPE_Q8_0, INNER, COLUMNS, NULL}, parts = w;
    w.data = packed(&w);
    parts.data = packed(&parts);
    quantised_pack(&w, 0, COLUMNS, blocks, DTYPE_Q8_0);
    quantised_pack(&parts, 40, COLUMNS - 40, x + 40 * INNER, DTYPE_F32);
    quantised_pack(&parts, 0, 40, x, DTYPE_F32);
    assert_memory_equal(parts.data, w.data, quantised_bytes(&w));
    free(w.data);
    free(parts.data);
}

static void test_quantised__rows_are_within_half_a_step(void **state)
{
    (void)state;
    float x[INNER];
    struct quantised_group row[INNER / 32];
    assert_int_equal(quantised_row_bytes(INNER), sizeof row);
    struct rng rng = rng_stream(4, RNG_INIT, 0);
    for (int i = 0; i < INNER; i++)
        x[i] = (float)rng_normal(&rng);
    quantised_row(row, x, INNER);
    for (int g = 0; g < INNER / 32; g++) {
        int sum = 0, most = 0;
        for (int i = 0; i < 32; i++) {
            double scale = (double)row[g].scale;
            assert_near(row[g].x[i] * scale, (double)x[g * 32 + i], scale * 0.50001);
            sum += row[g].x[i];
            most = abs(row[g].x[i]) > most ? abs(row[g].x[i]) : most;
        }
        assert_int_equal(row[g].sum, sum);
        assert_int_equal(most, 127);
    }
}

static void check_groups(const float *x)
{
    struct quantised_group want, got;
    quantised_groups_scalar(&want, x, 1);
    memset(&got, 0xff, sizeof got);
    quantised_row(&got, x, 32);
    assert_memory_equal(&got, &want, sizeof got);
}

static void test_quantised__rows_are_the_same_bytes_on_every_instruction_set(void **state)
{
    (void)state;
    float x[32];
    struct rng rng = rng_stream(5, RNG_INIT, 0);
    static const float odd[] = {0,          -0.0f,      1e-30f, 9e-31f,    1e-45f, 3.4e38f,
                                -3.4e38f,   INFINITY,   NAN,    -NAN,      0.5f,   -127,
                                1.5f / 127, 2.5f / 127, 1e-38f, -INFINITY, 1e30f,  -1e-30f};
    const int n_odd = (int)(sizeof odd / sizeof odd[0]);
    for (int round = 0; round < 3000; round++) {
        for (int i = 0; i < 32; i++)
            x[i] = round % 3 == 0 ? (float)rng_normal(&rng)
                                  : (float)((int)rng_below(&rng, 509) - 254) / 2; /* ties */
        if (round % 3 == 2)
            x[rng_below(&rng, 32)] = odd[round / 3 % n_odd];
        check_groups(x);
    }
    for (int o = 0; o < n_odd; o++) {
        for (int i = 0; i < 32; i++)
            x[i] = i == 31 ? odd[o] : 0;
        check_groups(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quantised__keeps_the_blocks_of_a_file),
        cmocka_unit_test(test_quantised__packs_in_parts_and_out_of_floats),
        cmocka_unit_test(test_quantised__rows_are_within_half_a_step),
        cmocka_unit_test(test_quantised__rows_are_the_same_bytes_on_every_instruction_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
