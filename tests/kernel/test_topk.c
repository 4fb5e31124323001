#include "base/rng.h"
#include "kernel/topk.h"
#include "support/test.h"

static const float *sorted_scores;

static int compare_places(const void *a, const void *b)
{
    const int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    if (sorted_scores[x] != sorted_scores[y])
        return sorted_scores[x] > sorted_scores[y] ? -1 : 1;
    return (x > y) - (x < y);
}

static void test_topk__equals_sorting(void **state)
{
    (void)state;
    struct rng rng = rng_stream(1, RNG_SAMPLING, 0);
    for (int round = 0; round < 300; round++) {
        float scores[200];
        int32_t order[200], top[200];
        int n = 1 + (int)rng_below(&rng, 200), k = 1 + (int)rng_below(&rng, 200), left = 0;
        for (int i = 0; i < n; i++) { /* few values, so that many are equal */
            scores[i] = rng_below(&rng, 8) == 0 ? -INFINITY : (float)rng_below(&rng, 20);
            if (scores[i] > -INFINITY)
                order[left++] = i;
        }
        sorted_scores = scores;
        qsort(order, (size_t)left, sizeof *order, compare_places);
        int got = topk(scores, n, k, top);
        assert_int_equal(got, left < k ? left : k);
        for (int i = 0; i < got; i++)
            assert_int_equal(top[i], order[i]);
    }
}

/* Past the number of scores whose blocks are looked at together, with ties, gaps and lists longer than blocks. */
static void test_topk__equals_sorting_many(void **state)
{
    (void)state;
    enum { MANY = 70000 };
    static float scores[MANY];
    static int32_t order[MANY], top[MANY];
    const int lengths[] = {1, 20, 600, 5000, MANY};
    struct rng rng = rng_stream(2, RNG_SAMPLING, 0);
    for (uint32_t values = 10; values <= 1000000; values *= 100) {
        int left = 0;
        for (int i = 0; i < MANY; i++) {
            const bool is_masked = i < 33000 ? values == 10 : rng_below(&rng, 50) == 0;
            scores[i] = is_masked ? -INFINITY : (float)rng_below(&rng, values);
            if (!is_masked)
                order[left++] = i;
        }
        sorted_scores = scores;
        qsort(order, (size_t)left, sizeof *order, compare_places);
        for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
            const int expected = left < lengths[l] ? left : lengths[l];
            assert_int_equal(topk(scores, MANY, lengths[l], top), expected);
            assert_memory_equal(top, order, (size_t)expected * sizeof *top);
        }
    }
}

static void test_topk__leaves_out_what_is_no_number(void **state)
{
    (void)state;
    const float scores[] = {NAN, 1, -INFINITY, NAN, 3, 2, NAN};
    int32_t top[7];
    assert_int_equal(topk(scores, 7, 7, top), 3);
    assert_int_equal(top[0], 4);
    assert_int_equal(top[1], 5);
    assert_int_equal(top[2], 1);
    assert_int_equal(topk(scores, 1, 3, top), 0);
    assert_int_equal(topk(scores, 0, 3, top), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_topk__equals_sorting),
        cmocka_unit_test(test_topk__equals_sorting_many),
        cmocka_unit_test(test_topk__leaves_out_what_is_no_number),
    };
    return cmocka_run_group_tests_name("topk", tests, NULL, NULL);
}
