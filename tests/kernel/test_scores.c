/* The vectorised passes over scores against the plain ones. */
#include "base/rng.h"
#include "kernel/scores.h"
#include "support/test.h"

#define N_MAX 1000

static const int lengths[] = {1, 63, 64, 65, 200, 999, 1000};

static void fill(float *x, int n, uint64_t seed)
{
    struct rng rng = rng_stream(seed, RNG_INIT, 0);
    for (int i = 0; i < n; i++)
        x[i] = (float)(rng_normal(&rng) * 8);
}

static void test_scores_max__equals_scalar(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        float x[N_MAX], fast[N_MAX], plain[N_MAX];
        int n = lengths[l];
        fill(x, n, l);
        x[n / 2] = NAN;
        x[n / 3] = -INFINITY;
        scores_max(fast, x, n);
        scores_max_scalar(plain, x, n);
        assert_memory_equal(fast, plain, (size_t)scores_blocks(n) * sizeof *fast);
    }
}

static void test_scores_exp__equals_scalar(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        float x[N_MAX], y[N_MAX], fast[N_MAX], plain[N_MAX];
        int n = lengths[l];
        fill(x, n, l + 50);
        x[n / 2] = NAN;
        x[0] = -INFINITY;
        memcpy(y, x, sizeof y);
        scores_exp(x, fast, n, -20, 40, 0.7f);
        scores_exp_scalar(y, plain, n, -20, 40, 0.7f);
        for (int i = 0; i < n; i++)
            assert_true(fabsf(x[i] - y[i]) <= 4e-7f * y[i]);
        for (int b = 0; b < scores_blocks(n); b++)
            assert_true(fabsf(fast[b] - plain[b]) <= 2e-6f * plain[b]);
    }
}

static void test_scores_exp__is_accurate_everywhere(void **state)
{
    (void)state;
    float x[SCORES_BLOCK], sum;
    for (double from = 0; from > -85; from -= 0.37) {
        for (int i = 0; i < SCORES_BLOCK; i++)
            x[i] = (float)(from - i * 0.005);
        scores_exp(x, &sum, SCORES_BLOCK, -INFINITY, 0, 1);
        for (int i = 0; i < SCORES_BLOCK; i++) {
            double right = exp((double)(float)(from - i * 0.005));
            assert_true(fabs(x[i] - right) <= 2.5e-7 * right);
        }
    }
    for (int i = 0; i < SCORES_BLOCK; i++)
        x[i] = -1000.0f * (float)(i + 1);
    scores_exp(x, &sum, SCORES_BLOCK, -INFINITY, 0, 1);
    assert_true(sum == 0);
}

static void test_scores_count__equals_scalar(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        float x[N_MAX];
        int n = lengths[l], higher, equal, higher_plain, equal_plain;
        fill(x, n, l + 90);
        for (int i = 0; i < n; i++)
            x[i] = roundf(x[i]); /* so that many are equal */
        x[n / 2] = NAN;
        x[n / 3] = -INFINITY;
        const float limits[] = {0, -3, 100, -INFINITY};
        for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
            scores_count(x, n, limits[i], &higher, &equal);
            scores_count_scalar(x, n, limits[i], &higher_plain, &equal_plain);
            assert_int_equal(higher, higher_plain);
            assert_int_equal(equal, equal_plain);
        }
    }
}

static void test_scores_survey__equals_scalar(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        float x[N_MAX], max[N_MAX], max_plain[N_MAX];
        int n = lengths[l], got[3], plain[3];
        fill(x, n, l + 130);
        for (int i = 0; i < n; i++)
            x[i] = roundf(x[i]);
        x[n / 2] = NAN;
        x[n / 3] = -INFINITY;
        for (float score = -4; score < 5; score += 4) {
            scores_survey(max, &got[0], &got[1], &got[2], x, n, score);
            scores_survey_scalar(max_plain, &plain[0], &plain[1], &plain[2], x, n, score);
            assert_memory_equal(got, plain, sizeof got);
            assert_memory_equal(max, max_plain, (size_t)scores_blocks(n) * sizeof *max);
        }
    }
}

static void test_scores_above__finds_all_in_order(void **state)
{
    (void)state;
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        float x[N_MAX], max[N_MAX];
        int32_t place[N_MAX];
        const int n = lengths[l];
        fill(x, n, l + 170);
        x[n / 2] = NAN;
        scores_max(max, x, n);
        for (float least = -20; least < 30; least += 5) {
            int found = 0;
            const int got = scores_above(x, max, n, least, place, n);
            for (int i = 0; i < n; i++)
                if (x[i] > least)
                    assert_int_equal(place[found++], i);
            assert_int_equal(got, found);
            if (found > 0)
                assert_int_equal(scores_above(x, max, n, least, place, found - 1), found);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scores_max__equals_scalar),
        cmocka_unit_test(test_scores_exp__equals_scalar),
        cmocka_unit_test(test_scores_count__equals_scalar),
        cmocka_unit_test(test_scores_survey__equals_scalar),
        cmocka_unit_test(test_scores_above__finds_all_in_order),
        cmocka_unit_test(test_scores_exp__is_accurate_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
