/* pop, itemknn, ease and ials: against RecBole's values, and what all of them promise beyond the contract. */
#include "llmxrec/llmxrec.h"
#include "run/run.h"
#include "support/data.h"
#include "support/test.h"

#include <jansson.h>

static const char *const models[] = {"pop", "itemknn", "ease", "ials"};
#define MODELS (sizeof models / sizeof *models)

static struct llmx_data *data;

static struct llmx_train_options quick(const char *model, int threads)
{
    struct llmx_train_options options = llmx_train_defaults(model);
    options.neighbours = 10;
    options.dim = 16;
    options.threads = threads;
    options.force = 1;
    return options;
}

static struct llmx_run *open_run(const char *model, const char *name, int threads)
{
    const struct llmx_train_options options = quick(model, threads);
    struct llmx_run *run = NULL;
    struct llmx_error err;
    if (llmx_train(data, &options, test_path(name), &err) != 0 ||
        llmx_run_open(&run, test_path(name), data, &err) != 0)
        fail_msg("%s: %s", model, err.message);
    return run;
}

/* ---- against RecBole ---- */

static double number(const json_t *golden, const char *list, const char *name)
{
    return json_number_value(json_object_get(json_object_get(golden, list), name));
}

/* RecBole's scores of its ten best for some users; ours in the same order. */
static void hold_top10(const json_t *golden, const struct llmx_run *run,
                       const struct llmx_data *ml100k)
{
    const json_t *one;
    size_t i;
    json_array_foreach(json_object_get(golden, "top10"), i, one)
    {
        struct llmx_recommendation top[10];
        struct llmx_error err;
        const llmx_id user =
            llmx_data_user(ml100k, json_string_value(json_object_get(one, "user")));
        assert_int_equal(
            llmx_recommend(run, &(struct llmx_person){.user = user, .as_of = LLMX_AS_OF_TRAIN},
                           NULL, 10, 0, top, NULL, &err),
            10);
        for (size_t k = 0; k < 10; k++) {
            const double score =
                json_number_value(json_array_get(json_object_get(one, "scores"), k));
            assert_near(top[k].score, score, 1e-4 * (1 + fabs(score)));
        }
    }
}

static void hold_golden(const char *model, const char *name, double ndcg_tolerance,
                        bool holds_scores)
{
    struct llmx_data *ml100k = test_ml100k(LLMX_TIME_NORMALISED_FLOAT32);
    struct llmx_train_options options = llmx_train_defaults(model);
    struct llmx_train_report report;
    struct llmx_run *run;
    struct llmx_error err;
    json_t *all = json_load_file("tests/golden/recbole/shallow_models.json", 0, NULL);
    const json_t *golden = json_object_get(all, name);
    options.report = &report;
    assert_int_equal(llmx_train(ml100k, &options, test_path(model), &err), 0);
    assert_int_equal(llmx_run_open(&run, test_path(model), ml100k, &err), 0);
    const struct llmx_metrics_at *at = &report.test.at[1];
    const json_t *hit = json_object_get(golden, "hit10_best_worst_tie"),
                 *ndcg = json_object_get(golden, "ndcg10_best_worst_tie");
    assert_true(at->hit <= json_number_value(json_array_get(hit, 0)) + 1e-9);
    assert_true(at->hit >= json_number_value(json_array_get(hit, 1)) - 1e-9);
    assert_true(at->ndcg <= json_number_value(json_array_get(ndcg, 0)) + ndcg_tolerance);
    assert_true(at->ndcg >= json_number_value(json_array_get(ndcg, 1)) - ndcg_tolerance);
    assert_near(at->average_popularity, number(golden, "test", "averagepopularity@10"), 0.05);
    if (holds_scores)
        hold_top10(golden, run, ml100k);
    llmx_run_destroy(run);
    llmx_data_destroy(ml100k);
    json_decref(all);
}

static void test_ease__equals_recbole(void **state)
{
    (void)state;
    hold_golden("ease", "EASE", 1e-6, true);
}

/* Which of equally similar items are kept at the edge of k is arbitrary in RecBole. */
static void test_itemknn__equals_recbole(void **state)
{
    (void)state;
    hold_golden("itemknn", "ItemKNN", 1e-4, false);
}

static void test_pop__equals_recbole(void **state)
{
    (void)state;
    hold_golden("pop", "Pop_exact", 1e-6, true);
}

static void test_ials__is_no_worse_than_implicit_on_ml100k(void **state)
{
    (void)state;
    struct llmx_data *ml100k = test_ml100k(LLMX_TIME_NORMALISED_FLOAT32);
    struct llmx_train_options options = llmx_train_defaults("ials");
    struct llmx_train_report report;
    struct llmx_error err;
    options.report = &report;
    assert_int_equal(llmx_train(ml100k, &options, test_path("ials"), &err), 0);
    assert_true(report.test.at[1].recall >= 0.1273);
    assert_true(report.test.at[1].ndcg >= 0.068);
    llmx_data_destroy(ml100k);
}

/* ---- what all promise ---- */

static void test_shallow__evidence_sums_to_the_score(void **state)
{
    (void)state;
    for (size_t m = 0; m < MODELS; m++) {
        struct llmx_run *run = open_run(models[m], "sum", 2);
        const llmx_id items = llmx_data_items(data), asked[] = {0, 3, items - 1};
        float *scores = calloc((size_t)items, sizeof *scores);
        for (llmx_id u = 0; u < 10 && run->row->evidence; u++) {
            struct llmx_person person = run_person(run, u);
            float parts[3 * 100];
            assert_int_equal(run->row->score(run->model, &person, 1, scores, NULL), 0);
            assert_int_equal(run->row->evidence(run->model, &person, asked, 3, parts, NULL), 0);
            for (int i = 0; i < 3; i++) {
                double sum = 0, size = 1e-3;
                for (int j = 0; j < person.n; j++) {
                    sum += (double)parts[i * person.n + j];
                    size += fabs((double)parts[i * person.n + j]);
                }
                assert_near(sum, scores[asked[i]], 1e-4 * size);
            }
        }
        free(scores);
        llmx_run_destroy(run);
    }
}

/* By history alone a person of the data gets their own scores; an item that stands twice counts once. */
static void test_shallow__people_by_history_are_served_alike(void **state)
{
    (void)state;
    for (size_t m = 0; m < MODELS; m++) {
        struct llmx_run *run = open_run(models[m], "fold", 2);
        const size_t items = (size_t)llmx_data_items(data);
        float *own = calloc(2 * items, sizeof *own), *by_history = own + items;
        llmx_id twice[200];
        for (llmx_id u = 0; u < 10; u++) {
            struct llmx_person person = run_person(run, u);
            assert_int_equal(run->row->score(run->model, &person, 1, own, NULL), 0);
            for (int j = 0; j < person.n; j++)
                twice[j] = twice[person.n + j] = person.history[j];
            person = (struct llmx_person){.user = -1, .history = twice, .n = 2 * person.n};
            assert_int_equal(run->row->score(run->model, &person, 1, by_history, NULL), 0);
            for (size_t i = 0; i < items; i++)
                assert_near(by_history[i], own[i], 1e-4);
        }
        free(own);
        llmx_run_destroy(run);
    }
}

static void test_shallow__similar_items_begin_with_the_item(void **state)
{
    (void)state;
    for (size_t m = 0; m < MODELS; m++) {
        struct llmx_run *run = open_run(models[m], "similar", 2);
        const llmx_id items = llmx_data_items(data);
        float *scores = calloc((size_t)items, sizeof *scores);
        if (run->row->similar) {
            assert_int_equal(run->row->similar(run->model, 4, scores, NULL), 0);
            for (llmx_id i = 0; i < items; i++)
                assert_true(scores[i] <= scores[4] + 1e-6f);
        }
        free(scores);
        llmx_run_destroy(run);
    }
}

/* Similarities by definition, with room for all neighbours. */
static void test_itemknn__is_cosine_over_users(void **state)
{
    (void)state;
    struct llmx_train_options options = quick("itemknn", 2);
    struct llmx_run *run;
    float similarity[100];
    options.neighbours = 100;
    options.shrink = 3;
    assert_int_equal(llmx_train(data, &options, test_path("cosine"), NULL), 0);
    assert_int_equal(llmx_run_open(&run, test_path("cosine"), data, NULL), 0);
    for (llmx_id a = 0; a < llmx_data_items(data); a += 7) {
        assert_int_equal(run->row->similar(run->model, a, similarity, NULL), 0);
        for (llmx_id b = 0; b < llmx_data_items(data); b++) {
            double both = 0, of_a = 0, of_b = 0;
            for (llmx_id u = 0; u < llmx_data_users(data); u++) {
                const struct llmx_person person = run_person(run, u);
                bool has_a = false, has_b = false;
                for (int j = 0; j < person.n; j++) {
                    has_a |= person.history[j] == a;
                    has_b |= person.history[j] == b;
                }
                both += has_a && has_b;
                of_a += has_a;
                of_b += has_b;
            }
            if (a != b)
                assert_near(similarity[b], both / (sqrt(of_a) * sqrt(of_b) + 3 + 1e-6), 1e-6);
        }
    }
    llmx_run_destroy(run);
}

/* No user row of ials can be moved without raising its part of the loss, written out. */
static double loss_of(const float *w, const float *q, llmx_id items, int dim,
                      const struct llmx_person *person, double alpha,
                      const struct llmx_train_options *o)
{
    double loss = 0, squares = 0;
    for (llmx_id i = 0; i < items; i++) {
        double score = 0;
        for (int d = 0; d < dim; d++)
            score += (double)w[d] * (double)q[i * dim + d];
        loss += alpha * score * score;
        for (int j = 0; j < person->n; j++)
            loss += person->history[j] == i ? (1 - score) * (1 - score) : 0;
    }
    for (int d = 0; d < dim; d++)
        squares += (double)w[d] * (double)w[d];
    return loss + o->l2 * pow(person->n + alpha * items, o->frequency) * squares;
}

static void test_ials__user_rows_are_minima(void **state)
{
    (void)state;
    struct llmx_run *run = open_run("ials", "minimum", 2);
    const struct llmx_train_options o = quick("ials", 2);
    struct model_array arrays[MODEL_ARRAYS_MAX];
    assert_int_equal(run->row->arrays(run->model, arrays), 3);
    const float *q = arrays[1].data;
    const llmx_id items = llmx_data_items(data);
    const double alpha = *(const float *)arrays[2].data;
    assert_near(alpha, o.unobserved * 60 * 10 / (60.0 * items), 1e-6); /* 12 less two held out */
    for (llmx_id u = 0; u < 5; u++) {
        const struct llmx_person person = run_person(run, u);
        float w[16];
        memcpy(w, (float *)arrays[0].data + 16 * u, sizeof w);
        const double least = loss_of(w, q, items, 16, &person, alpha, &o);
        for (int d = 0; d < 16; d++)
            for (int sign = -1; sign <= 1; sign += 2) {
                const float was = w[d];
                w[d] += (float)sign * 0.02f;
                assert_true(loss_of(w, q, items, 16, &person, alpha, &o) > least);
                w[d] = was;
            }
    }
    llmx_run_destroy(run);
}

static void test_ease__says_how_much_it_needs(void **state)
{
    (void)state;
    const struct llmx_train_options options = llmx_train_defaults("ease");
    const double items = llmx_data_items(data);
    assert_near(llmx_train_bytes(data, &options), 4 * items * items, 1);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("shallow.inter", 60, 40, 12, 4);
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
        cmocka_unit_test(test_ease__equals_recbole),
        cmocka_unit_test(test_itemknn__equals_recbole),
        cmocka_unit_test(test_pop__equals_recbole),
        cmocka_unit_test(test_ials__is_no_worse_than_implicit_on_ml100k),
        cmocka_unit_test(test_shallow__evidence_sums_to_the_score),
        cmocka_unit_test(test_shallow__people_by_history_are_served_alike),
        cmocka_unit_test(test_shallow__similar_items_begin_with_the_item),
        cmocka_unit_test(test_itemknn__is_cosine_over_users),
        cmocka_unit_test(test_ials__user_rows_are_minima),
        cmocka_unit_test(test_ease__says_how_much_it_needs),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
