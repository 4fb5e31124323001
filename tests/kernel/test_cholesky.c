/* Small symmetric systems against plain sums, at sizes that are and are not multiples of a vector. */
#include "kernel/cholesky.h"

#include "base/rng.h"
#include "support/test.h"

#define ROWS 50
#define MOST 144

static const int sizes[] = {1, 3, 15, 16, 17, 48, 64, 80, 100, MOST};

static float rows[ROWS * MOST], a[MOST * MOST], kept[MOST * MOST], b[MOST];
static int32_t picked[70];

/* A = I + sum of outer products of some rows, some of them twice. */
static void build(int n)
{
    struct rng rng = rng_stream(1, RNG_INIT, (uint64_t)n);
    for (int i = 0; i < ROWS * n; i++)
        rows[i] = (float)rng_normal(&rng);
    for (int p = 0; p < 70; p++)
        picked[p] = (int32_t)rng_below(&rng, ROWS);
    memset(a, 0, sizeof a);
    memset(b, 0, sizeof b);
    for (int i = 0; i < n; i++)
        a[i * n + i] = 1;
    gram_add(a, b, rows, picked, 70, n);
    memcpy(kept, a, sizeof a);
}

static double element(int n, int i, int j)
{
    return (double)(i <= j ? kept[i * n + j] : kept[j * n + i]);
}

static void test_gram_add__sums_outer_products(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int n = sizes[s];
        build(n);
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int p = 0; p < 70; p++)
                sum += (double)rows[picked[p] * n + i];
            assert_near(b[i], sum, 1e-4);
            for (int j = i; j < n; j++) {
                sum = i == j;
                for (int p = 0; p < 70; p++)
                    sum += (double)rows[picked[p] * n + i] * (double)rows[picked[p] * n + j];
                assert_near(a[i * n + j], sum, 1e-3);
            }
        }
    }
}

static void test_cholesky__solves(void **state)
{
    (void)state;
    static float x[3 * MOST], right[3 * MOST];
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int n = sizes[s];
        build(n);
        for (int i = 0; i < 3 * n; i++)
            x[i] = right[i] = (float)(i % 7) - 3;
        assert_int_equal(cholesky_factor(a, n), 0);
        cholesky_solve(a, n, x, 3);
        for (int r = 0; r < 3; r++)
            for (int i = 0; i < n; i++) {
                double sum = 0;
                for (int j = 0; j < n; j++)
                    sum += element(n, i, j) * (double)x[r * n + j];
                assert_near(sum, right[r * n + i], 2e-3);
            }
    }
}

/* More than two tiles; the same bits with one thread and three. */
static void test_cholesky__inverts(void **state)
{
    (void)state;
    enum { N = 2 * CHOLESKY_TILE + 17 };
    static float left[N * N], inverse[2][N * N], scratch[N * CHOLESKY_TILE];
    struct rng rng = rng_stream(2, RNG_INIT, 0);
    for (int i = 0; i < N * N; i++)
        left[i] = (float)rng_normal(&rng) / 20;
    for (int t = 0; t < 2; t++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                inverse[t][i * N + j] = i == j;
                for (int k = 0; k < N && j <= i; k++)
                    inverse[t][i * N + j] += left[i * N + k] * left[j * N + k];
            }
        struct threads *pool = threads_create(1 + 2 * t, NULL);
        assert_int_equal(cholesky_invert(inverse[t], N, pool, scratch), 0);
        threads_destroy(pool);
    }
    assert_memory_equal(inverse[0], inverse[1], sizeof *inverse);
    for (int i = 0; i < N; i += 7)
        for (int k = 0; k < N; k += 5) {
            double sum = 0;
            for (int j = 0; j < N; j++) {
                double element_ij = i == j;
                for (int m = 0; m < N; m++)
                    element_ij += (double)left[i * N + m] * (double)left[j * N + m];
                sum += element_ij * (double)inverse[0][j * N + k];
            }
            assert_near(sum, i == k, 1e-4);
        }
}

static void test_cholesky__refuses_what_is_not_positive(void **state)
{
    (void)state;
    float not_positive[] = {1, 2, 2, 1}, nan[] = {NAN};
    assert_int_equal(cholesky_factor(not_positive, 2), -1);
    assert_int_equal(cholesky_factor(nan, 1), -1);
    for (int at = 0; at < 64; at += 21) /* sizes that AVX-512 takes */
        for (int is_nan = 0; is_nan < 2; is_nan++) {
            build(64);
            a[at * 64 + at] = is_nan ? NAN : -1;
            assert_int_equal(cholesky_factor(a, 64), -1);
        }
    float again[] = {1, 2, 2, 1};
    float scratch[2 * CHOLESKY_TILE];
    assert_int_equal(cholesky_invert(again, 2, NULL, scratch), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gram_add__sums_outer_products),
        cmocka_unit_test(test_cholesky__solves),
        cmocka_unit_test(test_cholesky__inverts),
        cmocka_unit_test(test_cholesky__refuses_what_is_not_positive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
