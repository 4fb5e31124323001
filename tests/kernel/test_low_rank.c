#include "kernel/low_rank.h"

#include "base/rng.h"
#include "kernel/vector.h"

#include "support/test.h"

#define ROWS 7
#define IN   48
#define RANK 8

static float x[ROWS * IN], a[RANK * IN], u[ROWS * RANK];

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

static void test_low_rank_in__gives_a_row_the_same_bits_whatever_stands_beside_it(void **state)
{
    (void)state;
    float alone[RANK];
    fill_all();
    low_rank_in(u, RANK, x, DTYPE_F32, a, ROWS, IN, RANK);
    for (int r = 0; r < ROWS; r++) {
        low_rank_in(alone, RANK, x + r * IN, DTYPE_F32, a, 1, IN, RANK);
        assert_memory_equal(alone, u + r * RANK, sizeof alone);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_low_rank_in__equals_its_formula),
        cmocka_unit_test(test_low_rank_in__gives_a_row_the_same_bits_whatever_stands_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
