#include "rank/metrics.h"
#include "support/data.h"
#include "support/test.h"

#include <jansson.h>

#define RECBOLE_ITEMS 1683 /* RecBole counts its padding item in coverage and Gini */

/* The fixed scores of the golden README. Those of kind B fit a double, not a float: both are turned into places in
 * order, which are what ranks depend on. */
static double score_of(char kind, llmx_id user, llmx_id item, const int *popularity)
{
    uint32_t h = (uint32_t)user * 2654435761u + (uint32_t)item * 40503u + 12345u;
    if (kind == 'A')
        return h;
    h ^= h >> 15;
    h *= 2246822519u;
    h ^= h >> 13;
    h *= 3266489917u;
    h ^= h >> 16;
    return h + popularity[item] * 33554432.0;
}

static const double *compared;

static int compare_scores(const void *a, const void *b)
{
    const double x = compared[*(const int *)a], y = compared[*(const int *)b];
    return (x > y) - (x < y);
}

static void order_scores(const double *exact, llmx_id items, float *scores)
{
    static int order[RECBOLE_ITEMS];
    for (llmx_id i = 0; i < items; i++)
        order[i] = i;
    compared = exact;
    qsort(order, (size_t)items, sizeof *order, compare_scores);
    for (llmx_id i = 0; i < items; i++) {
        const bool is_tied = i > 0 && exact[order[i]] == exact[order[i - 1]];
        scores[order[i]] = is_tied ? scores[order[i - 1]] : (float)i;
    }
}

/* Ranks everybody by the fixed scores; held(user) items at the end of a history are to be found, the rest is known. */
static void rank_all(struct rankings *r, const struct llmx_data *data, char kind,
                     const int *popularity, int (*held)(llmx_id user))
{
    const llmx_id users = llmx_data_users(data), items = llmx_data_items(data);
    double exact[RECBOLE_ITEMS];
    float scores[RECBOLE_ITEMS];
    assert_int_equal(rankings_create(r, users, 20, NULL), 0);
    for (llmx_id u = 0; u < users; u++) {
        int n;
        const llmx_id *all = llmx_data_history(data, u, LLMX_ALL, &n);
        for (llmx_id i = 0; i < items; i++)
            exact[i] = score_of(kind, u, i, popularity);
        order_scores(exact, items, scores);
        for (int i = 0; i < n - held(u); i++)
            scores[all[i]] = -INFINITY;
        r->user[u] = u;
        assert_int_equal(rank_one(r, u, data, scores, items, all + n - held(u), held(u), NULL), 0);
    }
}

static int hold_one(llmx_id user)
{
    (void)user;
    return 1;
}

static int hold_several(llmx_id user)
{
    return 1 + user % 7;
}

static const json_t *numbers_of(const json_t *all, char kind, const char *protocol)
{
    return json_object_get(json_object_get(all, (const char[]){kind, '\0'}), protocol);
}

static void check_at(const json_t *numbers, const struct llmx_metrics_at *at, bool beyond_accuracy)
{
    const struct {
        const char *name;
        double value;
    } fields[] = {
        {"recall", at->recall},
        {"ndcg", at->ndcg},
        {"mrr", at->mrr},
        {"hit", at->hit},
        {"precision", at->precision},
        {"map", at->map},
        {"itemcoverage", at->item_coverage},
        {"averagepopularity", at->average_popularity},
        {"giniindex", at->gini_index},
        {"shannonentropy", at->shannon_entropy},
        {"tailpercentage", at->tail_percentage},
    };
    for (size_t i = 0; i < (beyond_accuracy ? sizeof fields / sizeof *fields : 6); i++) {
        char name[64];
        snprintf(name, sizeof name, "%s@%d", fields[i].name, at->k);
        const json_t *number = json_object_get(numbers, name);
        assert_non_null(number);
        if (fabs(fields[i].value - json_number_value(number)) >
            1e-9 * (1 + json_number_value(number)))
            fail_msg("%s: %.12g, RecBole has %.12g", name, fields[i].value,
                     json_number_value(number));
    }
}

static void check_protocol(enum llmx_timestamps timestamps, const char *protocol,
                           int (*held)(llmx_id), bool beyond_accuracy)
{
    struct llmx_data *split = test_ml100k(LLMX_TIME_NORMALISED_FLOAT32),
                     *data = test_ml100k(timestamps);
    json_t *all = json_load_file("tests/golden/recbole/metrics_fixed_scores.json", 0, NULL);
    assert_non_null(all);
    int *counted = metrics_popularity(split, NULL), popularity[RECBOLE_ITEMS] = {0};
    memcpy(popularity, counted, (RECBOLE_ITEMS - 1) * sizeof *popularity);
    for (const char *kind = "AB"; *kind; kind++) {
        struct rankings rankings;
        struct llmx_metrics metrics;
        const json_t *numbers = numbers_of(all, *kind, protocol);
        rank_all(&rankings, data, *kind, popularity, held);
        assert_int_equal(metrics_compute(&metrics, &rankings, popularity, RECBOLE_ITEMS,
                                         (const int[]){5, 10, 20}, 3, NULL),
                         0);
        assert_int_equal(metrics.users, 943);
        assert_near(metrics.gauc, json_number_value(json_object_get(numbers, "gauc")), 1e-9);
        for (int c = 0; c < 3; c++)
            check_at(numbers, &metrics.at[c], beyond_accuracy);
        rankings_release(&rankings);
    }
    free(counted);
    json_decref(all);
    llmx_data_destroy(split);
    llmx_data_destroy(data);
}

static void test_metrics__equal_recbole(void **state)
{
    (void)state;
    check_protocol(LLMX_TIME_NORMALISED_FLOAT32, "recbole_leave_one_out", hold_one, true);
}

static void test_metrics__equal_recbole_with_several_positives(void **state)
{
    (void)state;
    check_protocol(LLMX_TIME_EXACT, "recbole_multi_positive", hold_several, false);
}

static void test_rank__equals_recbole(void **state)
{
    (void)state;
    struct llmx_data *data = test_ml100k(LLMX_TIME_NORMALISED_FLOAT32);
    int *popularity = metrics_popularity(data, NULL);
    for (const char *kind = "AB"; *kind; kind++) {
        struct rankings r;
        char path[64], *line = NULL;
        size_t capacity = 0;
        snprintf(path, sizeof path, "tests/golden/recbole/metrics_ranks_%c.tsv", *kind);
        FILE *f = fopen(path, "r");
        assert_non_null(f);
        assert_true(getline(&line, &capacity, f) > 0); /* header */
        rank_all(&r, data, *kind, popularity, hold_one);
        for (int u = 0; u < 943; u++) {
            char user[32], item[32];
            int row, column, rank, candidates, tied;
            double score;
            assert_int_equal(fscanf(f, "%31s %d %31s %d %lf %d %d %d", user, &row, item, &column,
                                    &score, &rank, &candidates, &tied),
                             8);
            assert_int_equal(row, u);
            assert_int_equal(r.candidates[u], candidates);
            assert_near(r.rank_sum[u], rank + 0.5 * tied, 0);
            for (int j = 0; j < 20; j++)
                assert_int_equal(r.hit[u * 20 + j], tied == 0 && j + 1 == rank);
        }
        free(line);
        fclose(f);
        rankings_release(&r);
    }
    free(popularity);
    llmx_data_destroy(data);
}

static void test_rank__ties_count_half(void **state)
{
    (void)state;
    struct rankings r;
    const float scores[] = {5, 7, 5, -INFINITY, 5, 1};
    assert_int_equal(rankings_create(&r, 1, 3, NULL), 0);
    rank_one(&r, 0, NULL, scores, 6, (const llmx_id[]){2}, 1, NULL);
    assert_int_equal(r.candidates[0], 5);
    assert_near(r.rank_sum[0], 3, 0); /* places 2, 3 and 4 are shared */
    assert_int_equal(r.top[0], 1);
    assert_int_equal(r.top[1], 0); /* equal ones by row */
    assert_int_equal(r.top[2], 2);
    assert_int_equal(r.hit[2], 1);
    rankings_release(&r);
}

static void test_metrics__short_lists_and_names(void **state)
{
    (void)state;
    struct rankings r;
    struct llmx_metrics metrics;
    struct metric_name name;
    struct llmx_error err;
    const float scores[] = {-INFINITY, 2, 1};
    assert_int_equal(rankings_create(&r, 1, 5, NULL), 0);
    rank_one(&r, 0, NULL, scores, 3, (const llmx_id[]){2}, 1, NULL);
    assert_int_equal(r.top[2], -1);
    assert_int_equal(
        metrics_compute(&metrics, &r, (const int[]){3, 2, 1}, 3, (const int[]){1, 5}, 2, NULL), 0);
    assert_int_equal(metric_parse(&name, "NDCG@5", &err), 0);
    assert_near(metric_value(&metrics, &name), 1 / log2(3), 1e-12);
    assert_int_equal(metric_parse(&name, "gauc", &err), 0);
    assert_near(metric_value(&metrics, &name), 0, 1e-12);
    assert_int_equal(metric_parse(&name, "ndcg", &err), -1);
    assert_int_equal(metric_parse(&name, "gini_index@5", &err), -1);
    assert_int_equal(metric_parse(&name, "ndcg@0", &err), -1);
    assert_contains(err.message, "'ndcg@0' is no metric to watch");
    rankings_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics__equal_recbole),
        cmocka_unit_test(test_metrics__equal_recbole_with_several_positives),
        cmocka_unit_test(test_rank__equals_recbole),
        cmocka_unit_test(test_rank__ties_count_half),
        cmocka_unit_test(test_metrics__short_lists_and_names),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
