#include "kernel/low_rank.h"

#include "base/rng.h"
#include "kernel/vector.h"

#include "support/test.h"

#define ROWS 7
#define IN   48
#define RANK 8
#define OUT  80

static float x[ROWS * IN], a[RANK * IN], b[RANK * OUT], u[ROWS * RANK], y[ROWS * OUT];

static void fill(float *values, int n, uint64_t stream)
{
    struct rng rng = rng_stream(5, RNG_INIT, stream);
    for (int i = 0; i < n; i++)
        values[i] = (float)rng_normal(&rng);
}

static void fill_all(void)
{
    fill(x, ROWS * IN, 1);
    fill(a, RANK * IN, 2);
    fill(b, RANK * OUT, 3);
    fill(u, ROWS * RANK, 4);
    fill(y, ROWS * OUT, 5);
}

static void test_low_rank_in__equals_its_formula(void **state)
{
    (void)state;
    uint16_t half[ROWS * IN];
    float rounded[ROWS * RANK];
    fill_all();
    for (int i = 0; i < ROWS * IN; i++)
        half[i] = bf16_of(x[i]);
    low_rank_in(u, RANK, x, DTYPE_F32, a, ROWS, IN, RANK);
    low_rank_in(rounded, RANK, half, DTYPE_BF16, a, ROWS, IN, RANK);
    for (int r = 0; r < ROWS; r++)
        for (int k = 0; k < RANK; k++) {
            double want = 0, want_rounded = 0;
            for (int i = 0; i < IN; i++) {
                want += (double)x[r * IN + i] * (double)a[k * IN + i];
                want_rounded += (double)f32_of_bf16(half[r * IN + i]) * (double)a[k * IN + i];
            }
            assert_near(u[r * RANK + k], want, 1e-5);
            assert_near(rounded[r * RANK + k], want_rounded, 1e-5);
        }
}

static void test_low_rank_out__adds_its_formula(void **state)
{
    (void)state;
    static float before[ROWS * OUT];
    fill_all();
    memcpy(before, y, sizeof y);
    low_rank_out(y + 16, OUT, u, RANK, b + 16, OUT, ROWS, RANK - 1, OUT - 32);
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < OUT; c++) {
            double want = before[r * OUT + c];
            for (int k = 0; k < RANK - 1 && c >= 16 && c < OUT - 16; k++)
                want += (double)u[r * RANK + k] * (double)b[k * OUT + c];
            assert_near(y[r * OUT + c], want, 1e-5);
        }
}

static void test_low_rank__gives_a_row_the_same_bits_whatever_stands_beside_it(void **state)
{
    (void)state;
    float alone[RANK], out_alone[OUT];
    fill_all();
    static float before[ROWS * OUT];
    memcpy(before, y, sizeof y);
    low_rank_in(u, RANK, x, DTYPE_F32, a, ROWS, IN, RANK);
    low_rank_out(y, OUT, u, RANK, b, OUT, ROWS, RANK, OUT);
    for (int r = 0; r < ROWS; r++) {
        low_rank_in(alone, RANK, x + r * IN, DTYPE_F32, a, 1, IN, RANK);
        assert_memory_equal(alone, u + r * RANK, sizeof alone);
        memcpy(out_alone, before + r * OUT, sizeof out_alone);
        low_rank_out(out_alone, OUT, alone, RANK, b, OUT, 1, RANK, OUT);
        assert_memory_equal(out_alone, y + r * OUT, sizeof out_alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_low_rank_in__equals_its_formula),
        cmocka_unit_test(test_low_rank_out__adds_its_formula),
        cmocka_unit_test(test_low_rank__gives_a_row_the_same_bits_whatever_stands_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
