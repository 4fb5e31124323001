/* Ranking among sampled candidates. */
#include "rank/candidates.h"
#include "rank/metrics.h"
#include "rank/rank.h"
#include "support/data.h"
#include "support/test.h"

#define ITEMS 50

static void test_candidates_parse__takes_two_kinds(void **state)
{
    (void)state;
    struct candidates c;
    struct llmx_error err;
    assert_int_equal(candidates_parse(&c, "uniform:100", NULL), 0);
    assert_int_equal(c.each, 100);
    assert_false(c.by_popularity);
    assert_int_equal(candidates_parse(&c, "popularity:7", NULL), 0);
    assert_true(c.by_popularity);
    static const char *const wrong[] = {"uniform",    "uniform:",    "uniform:0", "uniform:-3",
                                        "uniform:5x", "uniform:1e9", "uni:5",     ":5",
                                        "",           "uniform:5:6"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(candidates_parse(&c, wrong[i], &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
    }
}

/* Keeps candidates for one user with 3 masked items (0, 1, 2) and two held-out ones (10, 11). */
static void keep(const struct candidates *c, llmx_id user, float *scores)
{
    float keys[ITEMS];
    int32_t places[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        scores[i] = i < 3 ? -INFINITY : (float)i;
    candidates_keep(c, user, scores, ITEMS, (const llmx_id[]){10, 11}, 2, keys, places);
}

static int count_left(const float *scores)
{
    int left = 0;
    for (int i = 0; i < ITEMS; i++)
        left += scores[i] > -INFINITY;
    return left;
}

static void test_candidates_keep__leaves_the_held_out_and_a_sample(void **state)
{
    (void)state;
    float scores[ITEMS], again[ITEMS];
    struct candidates c = {.each = 4, .seed = 1};
    for (llmx_id user = 0; user < 100; user++) {
        keep(&c, user, scores);
        assert_int_equal(count_left(scores), 2 + 2 * 4);
        for (int i = 0; i < ITEMS; i++)
            assert_true(scores[i] == -INFINITY || (i >= 3 && scores[i] == (float)i));
        assert_true(scores[10] == 10 && scores[11] == 11);
        keep(&c, user, again);
        assert_memory_equal(scores, again, sizeof scores);
        keep(&(struct candidates){.each = 4, .seed = 2}, user, again);
        assert_true(memcmp(scores, again, sizeof scores) != 0);
    }
    c.each = 1000; /* more than there are: all */
    keep(&c, 1, scores);
    assert_int_equal(count_left(scores), ITEMS - 3);
}

/* One draw for each of two held-out items, 20,000 times: an item three times as popular comes three times as often
 * (as the first of two draws, nearly so over both); one that nobody took never. */
static void test_candidates_keep__draws_by_popularity(void **state)
{
    (void)state;
    int popularity[ITEMS], drawn[ITEMS] = {0};
    float scores[ITEMS];
    for (int i = 0; i < ITEMS; i++)
        popularity[i] = i % 2 ? 3 : 1;
    popularity[20] = 0;
    const struct candidates c = {
        .each = 1, .by_popularity = true, .popularity = popularity, .seed = 3};
    for (llmx_id user = 0; user < 20000; user++) {
        keep(&c, user, scores);
        for (int i = 0; i < ITEMS; i++)
            drawn[i] += scores[i] > -INFINITY;
    }
    int often = 0, seldom = 0, n_often = 0, n_seldom = 0;
    for (int i = 3; i < ITEMS; i++) {
        if (i == 10 || i == 11 || i == 20)
            continue;
        *(i % 2 ? &often : &seldom) += drawn[i];
        *(i % 2 ? &n_often : &n_seldom) += 1;
    }
    assert_int_equal(drawn[20], 0);
    assert_int_equal(often + seldom, 40000);
    const double ratio = (double)often / n_often / ((double)seldom / n_seldom);
    assert_true(ratio > 2.75 && ratio < 3.05); /* sqrt(n) of the seldom ones is 1 % */
}

/* The score of an item is its number, turned round for every other user. */
static int score_by_number(const void *model, const struct llmx_person *people, int n,
                           float *scores, struct llmx_error *err)
{
    (void)err;
    const int items = *(const int *)model;
    for (int p = 0; p < n; p++)
        for (int i = 0; i < items; i++)
            scores[p * items + i] = (float)(people[p].user % 2 ? i : items - i);
    return 0;
}

static void rank(struct rankings *r, const struct llmx_data *data, const struct candidates *c,
                 int threads)
{
    const int items = llmx_data_items(data);
    struct threads *pool = threads_create(threads, NULL);
    const struct scorer scorer = {.score = score_by_number, .model = &items};
    const struct rank_options options = {.part = LLMX_TEST, .k = 10, .candidates = c};
    assert_int_equal(rank_users_as(r, scorer, data, &options, pool, NULL), 0);
    threads_destroy(pool);
}

static void test_rank_users_as__does_not_depend_on_threads(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("among.inter", 300, ITEMS, 12, 1);
    struct candidates c = {.each = 5, .seed = 9};
    struct rankings one, three, all, many;
    rank(&one, data, &c, 1);
    rank(&three, data, &c, 3);
    assert_int_equal(one.n, 300);
    assert_memory_equal(one.top, three.top, 300 * 10 * sizeof *one.top);
    assert_memory_equal(one.rank_sum, three.rank_sum, 300 * sizeof *one.rank_sum);
    for (int u = 0; u < 300; u++) {
        assert_int_equal(one.candidates[u], 6);
        assert_int_equal(one.top[u * 10 + 6], -1);
    }
    c.each = ITEMS;
    rank(&many, data, &c, 2);
    rank(&all, data, NULL, 2);
    assert_memory_equal(many.top, all.top, 300 * 10 * sizeof *all.top);
    assert_memory_equal(many.rank_sum, all.rank_sum, 300 * sizeof *all.rank_sum);
    rankings_release(&one);
    rankings_release(&three);
    rankings_release(&all);
    rankings_release(&many);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_candidates_parse__takes_two_kinds),
        cmocka_unit_test(test_candidates_keep__leaves_the_held_out_and_a_sample),
        cmocka_unit_test(test_candidates_keep__draws_by_popularity),
        cmocka_unit_test(test_rank_users_as__does_not_depend_on_threads),
    };
    return cmocka_run_group_tests_name("candidates", tests, NULL, NULL);
}
