/* Every loop that this processor offers runs, and longer when asked for more rounds. */
#include "base/clock.h"
#include "base/cpu.h"
#include "product/peak.h"
#include "support/test.h"

static double seconds(struct peak peak, long n_rounds)
{
    double best = 1e9;
    for (int i = 0; i < 5; i++) {
        double start = clock_now_s();
        peak.run(n_rounds);
        double took = clock_now_s() - start;
        best = took < best ? took : best;
    }
    return best;
}

static void test_peak__does_as_many_rounds_as_asked(void **state)
{
    (void)state;
    for (enum peak_type type = 0; type < PEAK_TYPES; type++) {
        struct peak peak = peak_of(type);
        if (!peak.name)
            continue;
        assert_true(peak.operations > 0);
        assert_true(seconds(peak, 1000000) > 10 * seconds(peak, 1000));
    }
}

static void test_peak__is_missing_only_where_bf16_is(void **state)
{
    (void)state;
    assert_non_null(peak_of(PEAK_F32).name);
    assert_non_null(peak_of(PEAK_INT8).name);
    assert_int_equal(peak_of(PEAK_BF16).name != NULL, cpu()->has_avx512_bf16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peak__does_as_many_rounds_as_asked),
        cmocka_unit_test(test_peak__is_missing_only_where_bf16_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
