/* Small products of every number of rows, plain and transposed, against the plain reference. */
#include "product/small_product.h"

#include "base/rng.h"

#include "support/test.h"

#define ROWS_MAX 19
#define INNER    7
#define COLUMNS  40

static void fill(float *x, int n)
{
    struct rng rng = rng_stream(1, RNG_INIT, (uint64_t)n);
    for (int i = 0; i < n; i++)
        x[i] = (float)rng_normal(&rng);
}

static void check(const float *have, const float *want, int n)
{
    for (int i = 0; i < n; i++)
        assert_near(have[i], want[i], 1e-5);
}

static void test_small_product__equals_plain(void **state)
{
    (void)state;
    float a[ROWS_MAX * INNER], b[INNER * 64], keep[ROWS_MAX];
    float c[ROWS_MAX * 50], want[ROWS_MAX * 50];
    fill(a, ROWS_MAX * INNER);
    fill(b, INNER * 64);
    fill(keep, ROWS_MAX);
    for (int rows = 1; rows <= ROWS_MAX; rows++) {
        for (int turned = 0; turned < 2; turned++) {
            size_t row = turned ? 1 : INNER, step = turned ? ROWS_MAX : 1;
            fill(c, ROWS_MAX * 50);
            fill(want, ROWS_MAX * 50);
            small_product(c, 50, a, row, step, b, 64, rows, INNER, COLUMNS, keep);
            small_product_scalar(want, 50, a, row, step, b, 64, rows, INNER, COLUMNS, keep);
            check(c, want, ROWS_MAX * 50);
            small_product(c, 50, a, row, step, b, 64, rows, INNER, COLUMNS, NULL);
            small_product_scalar(want, 50, a, row, step, b, 64, rows, INNER, COLUMNS, NULL);
            check(c, want, ROWS_MAX * 50);
            small_product_add(c, 50, a, row, step, b, 64, rows, INNER, COLUMNS);
            for (int i = 0; i < rows * 50; i++)
                want[i] *= i % 50 < COLUMNS ? 2 : 1;
            check(c, want, ROWS_MAX * 50);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small_product__equals_plain)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
