/* The best of a row of scores against sorting it all: equal scores stand by id, whatever the rows. */
#include "base/rng.h"
#include "rank/best.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define USERS 40
#define ITEMS 60

static struct llmx_data *data;
static float scores[ITEMS];

static int compare(const void *a, const void *b)
{
    const llmx_id x = *(const llmx_id *)a, y = *(const llmx_id *)b;
    if (scores[x] != scores[y])
        return scores[x] < scores[y] ? 1 : -1;
    return strcmp(llmx_data_item_token(data, x), llmx_data_item_token(data, y));
}

static void test_best_items__are_those_of_a_sorted_list(void **state)
{
    (void)state;
    const llmx_id items = llmx_data_items(data);
    for (uint32_t values = 1; values < 200; values *= 3)
        for (int k = 1; k <= ITEMS + 3; k += 5) {
            struct rng rng = rng_stream(values, RNG_INIT, (uint64_t)k);
            int32_t place[ITEMS + 5];
            llmx_id sorted[ITEMS];
            int left = 0;
            for (llmx_id i = 0; i < items; i++) {
                const uint32_t value = rng_below(&rng, values + 1);
                scores[i] = value ? (float)value : -INFINITY;
                if (value)
                    sorted[left++] = i;
            }
            qsort(sorted, (size_t)left, sizeof *sorted, compare);
            const int n = best_items(data, scores, items, k, place, NULL);
            assert_int_equal(n, left < k ? left : k);
            assert_memory_equal(place, sorted, (size_t)n * sizeof *place);
        }
}

static int find_best(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_data *fresh = NULL; /* its ids are not sorted yet */
    int32_t place[6];
    const int result = llmx_data_open(&fresh, test_path("best.inter"), NULL, err) == 0 &&
                               best_items(fresh, scores, llmx_data_items(fresh), 5, place, err) == 5
                           ? 0
                           : -1;
    llmx_data_destroy(fresh);
    return result;
}

static void test_best_items__every_allocation_may_fail(void **state)
{
    (void)state;
    for (int i = 0; i < ITEMS; i++)
        scores[i] = (float)(i / 9);
    assert_true(failing_alloc_each(find_best, NULL) > 5);
}

/* What was taken before is no positive where it is masked, and an item held out twice is one. */
static void test_rank__gauc_stays_within_bounds(void **state)
{
    (void)state;
    struct rankings r;
    struct llmx_metrics metrics;
    const float masked[] = {-INFINITY, 3, 2, 1};
    assert_int_equal(rankings_create(&r, 2, 2, NULL), 0);
    assert_int_equal(rank_one(&r, 0, NULL, masked, 4, (const llmx_id[]){0, 1}, 2, NULL), 0);
    assert_int_equal(rank_one(&r, 1, NULL, masked, 4, (const llmx_id[]){0}, 1, NULL), 0);
    assert_int_equal(r.relevant[0], 2);
    assert_int_equal(r.findable[0], 1);
    assert_int_equal(r.findable[1], 0);
    assert_int_equal(
        metrics_compute(&metrics, &r, (const int[]){3, 2, 1, 1}, 4, (const int[]){2}, 1, NULL), 0);
    assert_near(metrics.gauc, 1, 0);
    assert_near(metrics.at[0].recall, 0.25, 0);
    rankings_release(&r);
}

static int no_scores(const void *model, const struct llmx_person *people, int n, float *out,
                     struct llmx_error *err)
{
    (void)model, (void)people, (void)err;
    for (int i = 0; i < n * 3; i++)
        out[i] = (float)(3 - i % 3);
    return 0;
}

static void test_rank__each_held_out_item_counts_once(void **state)
{
    (void)state;
    struct llmx_data *plays = NULL;
    struct rankings r = {0};
    const struct llmx_data_options how = {.split_by = "ratio:0.2,0,0.8"};
    test_file("plays.inter", "user_id:token\titem_id:token\ttimestamp:float\n"
                             "u\ta\t1\nu\tb\t2\nu\tb\t3\nu\ta\t4\nu\tc\t5\n");
    assert_int_equal(llmx_data_open(&plays, test_path("plays.inter"), &how, NULL), 0);
    for (int repeats = 0; repeats < 2; repeats++) {
        const struct rank_options options = {.part = LLMX_TEST, .k = 3, .with_repeats = repeats};
        const struct scorer scorer = {.score = no_scores};
        assert_int_equal(rank_users_as(&r, scorer, plays, &options, NULL, NULL), 0);
        assert_int_equal(r.relevant[0], 3); /* a, b, c */
        assert_int_equal(r.findable[0], repeats ? 3 : 2);
        assert_int_equal(r.candidates[0], repeats ? 3 : 2);
        rankings_release(&r);
    }
    llmx_data_destroy(plays);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("best.inter", USERS, ITEMS, 24, 8);
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
        cmocka_unit_test(test_best_items__are_those_of_a_sorted_list),
        cmocka_unit_test(test_best_items__every_allocation_may_fail),
        cmocka_unit_test(test_rank__gauc_stays_within_bounds),
        cmocka_unit_test(test_rank__each_held_out_item_counts_once),
    };
    return cmocka_run_group_tests_name("best", tests, set_up, tear_down);
}
