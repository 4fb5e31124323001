#include "base/rng.h"
#include "product/inner.h"
#include "support/test.h"

static void fill(float *x, size_t n, uint64_t seed)
{
    struct rng rng = rng_stream(seed, RNG_INIT, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)rng_normal(&rng);
}

/* Shapes on both sides of a tile, and those of one person and one number. */
static void test_inner_products__equal_sums_in_double(void **state)
{
    (void)state;
    static const struct {
        int n, m, dim;
    } shapes[] = {{1, 1, 1}, {3, 1023, 7}, {5, 1025, 64}, {2, 2100, 33}, {0, 10, 4}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const int n = shapes[s].n, m = shapes[s].m, dim = shapes[s].dim;
        float *a = malloc((size_t)(n * dim + 1) * sizeof *a);
        float *b = malloc((size_t)(m * dim) * sizeof *b);
        float *products = malloc((size_t)(n * m + 1) * sizeof *products);
        assert_true(a && b && products);
        fill(a, (size_t)(n * dim), s);
        fill(b, (size_t)(m * dim), s + 100);
        products[n * m] = 7;
        assert_int_equal(inner_products(products, a, n, b, m, dim, NULL), 0);
        for (int i = 0; i < n * m; i++) {
            double sum = 0;
            for (int d = 0; d < dim; d++)
                sum += (double)a[i / m * dim + d] * (double)b[i % m * dim + d];
            assert_near(products[i], sum, 1e-4);
        }
        assert_true(products[n * m] == 7);
        free(a);
        free(b);
        free(products);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inner_products__equal_sums_in_double),
    };
    return cmocka_run_group_tests_name("inner", tests, NULL, NULL);
}
