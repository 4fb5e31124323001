/* The top of the list, one item's standing in it, and scores with items left out, in memory. */
#include "llmxrec/llmxrec.h"
#include "support/data.h"
#include "support/test.h"

#include <pthread.h>

#define USERS 40
#define ITEMS 30

static struct llmx_data *data;
static struct llmx_run *run;
static const llmx_id bought[] = {3, 8, 3, 20};

/* A user of the data, and somebody who bought one thing twice. */
static const struct llmx_person people[] = {{.user = 7}, {.user = -1, .history = bought, .n = 4}};

static int ranked(const struct llmx_person *person, const struct llmx_selection *selection,
                  struct llmx_recommendation *top, struct llmx_evidence *evidence)
{
    struct llmx_error err;
    const int n = llmx_recommend(run, person, selection, ITEMS, 3, top, evidence, &err);
    if (n < 0)
        fail_msg("%s", err.message);
    return n;
}

static struct llmx_standing standing(const struct llmx_person *person,
                                     const struct llmx_selection *selection, llmx_id item, int k,
                                     struct llmx_evidence *evidence)
{
    struct llmx_error err;
    struct llmx_standing s;
    if (llmx_rank_item(run, person, selection, item, k, evidence ? 3 : 0, &s, evidence, &err) != 0)
        fail_msg("%s", err.message);
    return s;
}

static void test_rank_item__is_where_the_list_has_it(void **state)
{
    (void)state;
    struct llmx_recommendation top[ITEMS];
    struct llmx_evidence evidence[3 * ITEMS], own[3];
    for (int p = 0; p < 2; p++) {
        const int n = ranked(&people[p], NULL, top, evidence);
        assert_true(n > 10 && n < ITEMS);
        for (int i = 0; i < n; i++) {
            const struct llmx_standing s = standing(&people[p], NULL, top[i].item, 5, own);
            assert_int_equal(s.item.item, top[i].item);
            assert_int_equal(s.item.rank, i + 1);
            assert_true(s.is_ranked && s.n_ranked == n);
            assert_true(s.item.score == top[i].score && s.missing == top[4].score - top[i].score);
            assert_int_equal(s.item.n_evidence, top[i].n_evidence);
            for (int e = 0; e < s.item.n_evidence; e++)
                assert_memory_equal(&own[e], &top[i].evidence[e], sizeof *own);
        }
    }
}

static void test_rank_item__says_where_a_taken_item_would_be(void **state)
{
    (void)state;
    struct llmx_recommendation top[ITEMS];
    struct llmx_evidence evidence[3 * ITEMS];
    const int n = ranked(&people[1], NULL, top, evidence);
    const struct llmx_standing s = standing(&people[1], NULL, 20, ITEMS, NULL);
    int better = 0;
    for (int i = 0; i < n; i++)
        better += top[i].score > s.item.score;
    assert_false(s.is_ranked);
    assert_int_equal(s.n_ranked, n);
    assert_int_equal(s.item.rank, better + 1);
    assert_true(s.missing == 0); /* there is no place ITEMS */
    const struct llmx_standing seen =
        standing(&people[1], &(struct llmx_selection){.keep_seen = 1}, 20, 1, NULL);
    assert_true(seen.is_ranked && seen.n_ranked == ITEMS && seen.item.score == s.item.score);
}

static void test_recommend__takes_what_is_selected(void **state)
{
    (void)state;
    struct llmx_recommendation all[ITEMS], some[ITEMS];
    struct llmx_evidence evidence[3 * ITEMS];
    unsigned char is_left_out[ITEMS];
    test_file("few", "i3\ni5\ni6\nnobody\n");
    assert_int_equal(
        llmx_item_filter(data, test_path("few"), test_file("none", "i6\n"), is_left_out, NULL), 0);
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(!is_left_out[i],
                         i == llmx_data_item(data, "i3") || i == llmx_data_item(data, "i5"));
    const struct llmx_selection selection = {.keep_seen = 1, .is_left_out = is_left_out};
    ranked(&people[0], &(struct llmx_selection){.keep_seen = 1}, all, evidence);
    assert_int_equal(ranked(&people[0], &selection, some, evidence), 2);
    for (int i = 0, next = 0; i < ITEMS && next < 2; i++)
        if (!is_left_out[all[i].item]) {
            assert_int_equal(some[next].item, all[i].item);
            assert_true(some[next++].score == all[i].score);
        }
}

static void test_score_without__is_the_score_of_the_rest(void **state)
{
    (void)state;
    const llmx_id left_out[] = {3, 20}, rest[] = {8};
    const struct llmx_person whole = {.user = -1, .history = bought, .n = 4},
                             shorter = {.user = -1, .history = rest, .n = 1};
    float scores[2 * ITEMS], with, without;
    assert_int_equal(llmx_score_people(run, &whole, 1, scores, NULL), 0);
    assert_int_equal(llmx_score_people(run, &shorter, 1, scores + ITEMS, NULL), 0);
    for (llmx_id item = 0; item < ITEMS; item++) {
        assert_int_equal(llmx_score_without(run, &whole, item, left_out, 2, &with, &without, NULL),
                         0);
        assert_near(with, scores[item], 1e-5);
        assert_near(without, scores[ITEMS + item], 1e-5);
        assert_int_equal(llmx_score_without(run, &whole, item, NULL, 0, &with, &without, NULL), 0);
        assert_true(with == without);
    }
}

/* Deleting all that is said to have carried a recommendation lets its score fall. */
static void test_score_without__evidence_lets_the_score_fall(void **state)
{
    (void)state;
    int fell = 0;
    for (llmx_id user = 0; user < USERS; user++) {
        struct llmx_recommendation top;
        struct llmx_evidence evidence[3];
        llmx_id items[3];
        float whole, rest;
        const struct llmx_person person = {.user = user};
        assert_int_equal(llmx_recommend(run, &person, NULL, 1, 3, &top, evidence, NULL), 1);
        for (int e = 0; e < top.n_evidence; e++)
            items[e] = evidence[e].item;
        assert_int_equal(
            llmx_score_without(run, &person, top.item, items, top.n_evidence, &whole, &rest, NULL),
            0);
        fell += rest < whole;
    }
    assert_true(fell >= USERS * 9 / 10);
}

static void refuse(int status, const struct llmx_error *err, enum llmx_code code, const char *part)
{
    assert_int_equal(status, -1);
    assert_int_equal(err->code, code);
    assert_contains(err->message, part);
}

static void test_person__names_what_is_not_there(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_standing s;
    float scores[ITEMS], a, b;
    const llmx_id wrong = ITEMS, strange = 9;
    const struct llmx_person nobody = {.user = -2}, both = {.user = 1, .history = bought, .n = 1};
    refuse(llmx_score_people(run, &nobody, 1, scores, &err), &err, LLMX_NOT_FOUND, "user -2");
    refuse(llmx_score_people(run, &both, 1, scores, &err), &err, LLMX_BAD_OPTION, "user 1 has");
    refuse(llmx_rank_item(run, &people[1], NULL, wrong, 1, 0, &s, NULL, &err), &err, LLMX_NOT_FOUND,
           "item 30");
    refuse(llmx_rank_item(run, &people[1], NULL, 1, 0, 0, &s, NULL, &err), &err, LLMX_BAD_OPTION,
           "0 recommendations");
    refuse(llmx_score_without(run, &people[1], wrong, NULL, 0, &a, &b, &err), &err, LLMX_NOT_FOUND,
           "item 30");
    refuse(llmx_score_without(run, &people[1], 1, &wrong, 1, &a, &b, &err), &err, LLMX_NOT_FOUND,
           "item 30");
    refuse(llmx_score_without(run, &people[1], 1, &strange, 1, &a, &b, &err), &err, LLMX_NOT_FOUND,
           "not in the history");
}

static void *recommend_to_all(void *sums)
{
    struct llmx_recommendation top[5];
    struct llmx_evidence evidence[10];
    for (llmx_id user = 0; user < USERS; user++) {
        const struct llmx_person person = {.user = user};
        if (llmx_recommend(run, &person, NULL, 5, 2, top, evidence, NULL) == 5)
            ((float *)sums)[user] = top[4].score + evidence[0].contribution;
    }
    return NULL;
}

static void test_run__serves_threads_at_once(void **state)
{
    (void)state;
    pthread_t threads[3];
    float sums[4][USERS] = {{0}};
    for (int t = 0; t < 3; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, recommend_to_all, sums[t]), 0);
    recommend_to_all(sums[3]);
    for (int t = 0; t < 3; t++) {
        pthread_join(threads[t], NULL);
        assert_memory_equal(sums[t], sums[3], sizeof *sums);
    }
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.dim = 8;
    options.epochs = 40;
    data = test_data("recommend.inter", USERS, ITEMS, 10, 3);
    if (llmx_train(data, &options, test_path("run"), &err) != 0 ||
        llmx_run_open(&run, test_path("run"), data, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank_item__is_where_the_list_has_it),
        cmocka_unit_test(test_rank_item__says_where_a_taken_item_would_be),
        cmocka_unit_test(test_recommend__takes_what_is_selected),
        cmocka_unit_test(test_score_without__is_the_score_of_the_rest),
        cmocka_unit_test(test_score_without__evidence_lets_the_score_fall),
        cmocka_unit_test(test_person__names_what_is_not_there),
        cmocka_unit_test(test_run__serves_threads_at_once),
    };
    return cmocka_run_group_tests_name("recommend", tests, set_up, tear_down);
}
