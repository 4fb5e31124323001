/* Intervals of the metrics: of shares as by hand, the same however many are drawn, nothing of nobody. */
#include "rank/metric_ranges.h"
#include "support/test.h"

enum { RECALL, NDCG, HIT, MRR, PRECISION, MAP };

/* Of n users every fourth finds the one held-out item, at the second place of two. */
static struct metric_ranges measured(int n, uint64_t seed, int threads)
{
    struct llmx_error err;
    struct rankings r;
    struct metric_ranges ranges;
    const struct llmx_resampling how = {1000, seed, threads};
    if (rankings_create(&r, n, 2, &err) != 0)
        fail_msg("%s", err.message);
    for (int row = 0; row < n; row++) {
        r.relevant[row] = 1;
        r.hit[2 * row] = 0;
        r.hit[2 * row + 1] = row % 4 == 0;
    }
    if (metric_ranges_measure(&ranges, &r, 2, &how, &err) != 0)
        fail_msg("%s", err.message);
    rankings_release(&r);
    return ranges;
}

/* .25 of 400, whose standard error is .02165. */
static void test_metric_ranges__are_those_of_a_share(void **state)
{
    (void)state;
    const struct metric_ranges r = measured(400, 1, 2);
    assert_int_equal(r.k, 2);
    assert_near(r.of[HIT].mean, .25, 1e-9);
    assert_near(r.of[HIT].low, .25 - 1.96 * .02165, .004);
    assert_near(r.of[HIT].high, .25 + 1.96 * .02165, .004);
    assert_near(r.of[MRR].low, r.of[HIT].low / 2, 1e-9);
    assert_near(r.of[NDCG].high, r.of[HIT].high / log2(3), 1e-9);
    assert_near(r.of[PRECISION].high, r.of[HIT].high / 2, 1e-9);
}

static void test_metric_ranges__are_a_function_of_the_seed(void **state)
{
    (void)state;
    const struct metric_ranges one = measured(100, 1, 1), same = measured(100, 1, 3),
                               other = measured(100, 2, 1);
    assert_memory_equal(&one, &same, sizeof one);
    assert_memory_not_equal(one.of, other.of, sizeof one.of);
}

/* More than 10,000 are not drawn, which nobody notices. */
static void test_metric_ranges__of_many_are_normal(void **state)
{
    (void)state;
    const struct metric_ranges drawn = measured(10000, 1, 0), normal = measured(10004, 1, 0);
    assert_near(normal.of[HIT].mean - normal.of[HIT].low, 1.959964 * sqrt(.25 * .75 / 10004), 1e-9);
    for (int i = 0; i < METRICS_OF_USER; i++) {
        const double half = normal.of[i].high - normal.of[i].mean;
        assert_near(drawn.of[i].low, normal.of[i].low, .1 * half);
        assert_near(drawn.of[i].high, normal.of[i].high, .1 * half);
    }
}

static void test_metric_ranges__of_nobody_are_none(void **state)
{
    (void)state;
    struct text out = {0};
    const struct metric_ranges ranges = measured(0, 1, 1);
    const struct llmx_metrics metrics = {.n = 1};
    assert_int_equal(ranges.k, 0);
    metrics_json(&metrics, &ranges, &out);
    assert_null(strstr(out.s, "intervals"));
    text_release(&out);
}

static void test_metric_ranges__stand_behind_their_figures(void **state)
{
    (void)state;
    struct text out = {0};
    const struct metric_ranges ranges = {.k = 2, .of = {{.5, .25, .75}}};
    const struct llmx_metrics metrics = {.n = 2, .at = {{.k = 1}, {.k = 2, .recall = .5}}};
    metrics_json(&metrics, &ranges, &out);
    assert_contains(out.s, "\"2\":{\"recall\":0.5,");
    assert_contains(out.s,
                    "\"tail_percentage\":0,\"intervals\":{\"recall\":[0.25,0.75],\"ndcg\":[0,0]");
    assert_contains(out.s, "\"1\":{\"recall\":0,");
    text_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metric_ranges__are_those_of_a_share),
        cmocka_unit_test(test_metric_ranges__are_a_function_of_the_seed),
        cmocka_unit_test(test_metric_ranges__of_many_are_normal),
        cmocka_unit_test(test_metric_ranges__of_nobody_are_none),
        cmocka_unit_test(test_metric_ranges__stand_behind_their_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
