/* The paired bootstrap, on two models whose lists are known: what it says of chance. */
#include "base/rng.h"
#include "llmxrec/evaluate.h"
#include "run/run.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define USERS 400
#define ITEMS 40

static struct llmx_data *data;

/* Puts the test item of so many users of a hundred on top, everybody else's last. */
struct fake {
    const struct llmx_data *data;
    uint32_t percent;
    uint64_t seed;
};

static bool is_hit(const struct fake *fake, llmx_id user)
{
    struct rng rng = rng_stream(fake->seed, RNG_SAMPLING, (uint64_t)user);
    return rng_below(&rng, 100) < fake->percent;
}

static int score(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err)
{
    const struct fake *fake = model;
    const llmx_id items = llmx_data_items(fake->data);
    (void)err;
    for (int p = 0; p < n; p++) {
        int held;
        float *row = scores + (size_t)p * (size_t)items;
        const llmx_id *test = llmx_data_history(fake->data, people[p].user, LLMX_TEST, &held);
        for (llmx_id i = 0; i < items; i++)
            row[i] = (float)i;
        row[test[0]] = is_hit(fake, people[p].user) ? 1000 : -1000;
    }
    return 0;
}

static const struct recommender row = {.name = "fake", .score = score};

static struct llmx_comparison compare(const struct fake *first, const struct fake *second,
                                      uint64_t seed, int threads)
{
    const struct llmx_run a = {.row = &row, .model = (void *)(size_t)first, .data = first->data},
                          b = {.row = &row, .model = (void *)(size_t)second, .data = second->data};
    const struct llmx_compare_options options = {
        .part = LLMX_TEST, .resamples = 10000, .seed = seed, .threads = threads};
    struct llmx_comparison result;
    struct llmx_error err;
    if (llmx_compare(&a, &b, &options, &result, &err) != 0)
        fail_msg("%s", err.message);
    return result;
}

static void test_compare__finds_no_difference_where_there_is_none(void **state)
{
    (void)state;
    const struct fake fake = {data, 40, 1};
    const struct llmx_comparison same = compare(&fake, &fake, 1, 2);
    assert_int_equal(same.users, USERS);
    assert_int_equal(same.n, 6);
    for (int m = 0; m < same.n; m++) {
        assert_true(same.metrics[m].difference == 0);
        assert_true(same.metrics[m].low == 0 && same.metrics[m].high == 0);
        assert_true(same.metrics[m].p == 1);
    }
}

/* The interval and p of the normal distribution, which the mean of 400 differences follows. */
static void test_compare__agrees_with_the_normal_distribution(void **state)
{
    (void)state;
    for (uint32_t percent = 40; percent <= 52; percent += 4) {
        const struct fake first = {data, 40, 1}, second = {data, percent, 2};
        const struct llmx_comparison result = compare(&first, &second, 3, 2);
        double sum = 0, squares = 0;
        for (llmx_id u = 0; u < USERS; u++) {
            const int d = is_hit(&second, u) - is_hit(&first, u);
            sum += d;
            squares += d * d;
        }
        const double mean = sum / USERS, error = sqrt((squares / USERS - mean * mean) / USERS),
                     p = erfc(fabs(mean) / error / sqrt(2));
        assert_string_equal(result.metrics[0].metric, "recall@10");
        assert_near(result.metrics[0].difference, mean, 1e-12);
        assert_near(result.metrics[0].low, mean - 1.96 * error, 0.12 * error);
        assert_near(result.metrics[0].high, mean + 1.96 * error, 0.12 * error);
        assert_near(result.metrics[0].p, p, 0.05);
        /* the same list, so the same evidence, whatever the metric's scale */
        assert_near(result.metrics[4].difference, mean / 10, 1e-12);
        assert_near(result.metrics[4].p, result.metrics[0].p, 1e-12);
    }
}

static void test_compare__is_certain_of_a_large_difference(void **state)
{
    (void)state;
    const struct fake first = {data, 10, 1}, second = {data, 60, 2};
    const struct llmx_comparison result = compare(&first, &second, 3, 2),
                                 turned = compare(&second, &first, 3, 2);
    assert_near(result.metrics[1].p, 2.0 / 10001, 1e-12); /* the least that it can say */
    assert_true(result.metrics[1].low > 0.3);
    assert_near(turned.metrics[1].high, -result.metrics[1].low, 1e-9);
    assert_near(turned.metrics[1].p, result.metrics[1].p, 1e-12);
}

static void test_compare__depends_on_the_seed_alone(void **state)
{
    (void)state;
    const struct fake first = {data, 40, 1}, second = {data, 50, 2};
    const struct llmx_comparison one = compare(&first, &second, 5, 1),
                                 three = compare(&first, &second, 5, 3),
                                 other = compare(&first, &second, 6, 3);
    for (int m = 0; m < one.n; m++) {
        assert_true(one.metrics[m].low == three.metrics[m].low);
        assert_true(one.metrics[m].high == three.metrics[m].high);
        assert_true(one.metrics[m].p == three.metrics[m].p);
    }
    assert_true(one.metrics[1].p != other.metrics[1].p);
}

static void expect_failure(const struct llmx_data *with, const char *metrics, int resamples,
                           enum llmx_part part, enum llmx_code code)
{
    const struct fake fake = {data, 40, 1}, other = {with, 40, 1};
    const struct llmx_run a = {.row = &row, .model = (void *)(size_t)&fake, .data = data},
                          b = {.row = &row, .model = (void *)(size_t)&other, .data = with};
    const struct llmx_compare_options options = {
        .part = part, .metrics = metrics, .resamples = resamples};
    struct llmx_comparison result;
    struct llmx_error err = {0};
    assert_int_equal(llmx_compare(&a, &b, &options, &result, &err), -1);
    assert_int_equal(err.code, code);
}

static void test_compare__refuses_what_cannot_be_compared(void **state)
{
    (void)state;
    struct llmx_data *other = test_data("others.inter", USERS, ITEMS, 10, 2);
    expect_failure(other, NULL, 1000, LLMX_TEST, LLMX_MISMATCH);
    expect_failure(data, "ndcg", 1000, LLMX_TEST, LLMX_BAD_OPTION);
    expect_failure(data, "ndcg@10,", 1000, LLMX_TEST, LLMX_BAD_OPTION);
    expect_failure(data, "gauc", 1000, LLMX_TEST, LLMX_BAD_OPTION);
    expect_failure(data, NULL, 99, LLMX_TEST, LLMX_BAD_OPTION);
    expect_failure(data, NULL, 1000, LLMX_TRAIN, LLMX_BAD_OPTION);
    expect_failure(data,
                   "hit@1,hit@2,hit@3,hit@4,hit@5,hit@6,hit@7,hit@8,hit@9,hit@10,hit@11,hit@12,"
                   "hit@13,hit@14,hit@15,hit@16,hit@17",
                   1000, LLMX_TEST, LLMX_BAD_OPTION);
    llmx_data_destroy(other);
}

static int attempt(void *context, struct llmx_error *err)
{
    (void)context;
    const struct fake fake = {data, 40, 1};
    const struct llmx_run run = {.row = &row, .model = (void *)(size_t)&fake, .data = data};
    const struct llmx_compare_options options = {
        .part = LLMX_TEST, .metrics = "hit@1", .resamples = 100, .threads = 2};
    struct llmx_comparison result;
    return llmx_compare(&run, &run, &options, &result, err);
}

static void test_compare__survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(attempt, NULL) > 10);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("compare.inter", USERS, ITEMS, 10, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare__finds_no_difference_where_there_is_none),
        cmocka_unit_test(test_compare__agrees_with_the_normal_distribution),
        cmocka_unit_test(test_compare__is_certain_of_a_large_difference),
        cmocka_unit_test(test_compare__depends_on_the_seed_alone),
        cmocka_unit_test(test_compare__refuses_what_cannot_be_compared),
        cmocka_unit_test(test_compare__survives_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("compare", tests, set_up, tear_down);
}
