/* Faithfulness with a model whose truth is known: a score is the sum of one weight per history item. */
#include "llmxrec/faithfulness.h"
#include "run/run.h"
#include "support/data.h"
#include "support/test.h"

#include <jansson.h>

#define USERS 40
#define ITEMS 30
#define EACH  12

static struct llmx_run run;

static float weight(llmx_id from, llmx_id to)
{
    return (float)((from * 7 + to * 13) % 11) - 3;
}

static int score(const void *model, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err)
{
    (void)model, (void)err;
    const llmx_id items = llmx_data_items(run.data);
    for (int p = 0; p < n; p++)
        for (llmx_id i = 0; i < items; i++) {
            scores[p * items + i] = 0;
            for (int j = 0; j < people[p].n; j++)
                scores[p * items + i] += weight(people[p].history[j], i);
        }
    return 0;
}

static int evidence(const void *model, const struct llmx_person *person, const llmx_id *items,
                    int k, float *contributions, struct llmx_error *err)
{
    (void)model, (void)err;
    for (int i = 0; i < k; i++)
        for (int j = 0; j < person->n; j++)
            contributions[i * person->n + j] = weight(person->history[j], items[i]);
    return 0;
}

static const struct recommender sums = {.name = "sums", .score = score, .evidence = evidence};

/* Which items the texts cite. */
enum citing { BEST, LATEST, WORST, NONE, ALL, STRANGERS };

/* Best item of a user with the best items of the history for it, best first, as the model has them. */
static int recommend(llmx_id user, struct llmx_recommendation *top, struct llmx_evidence *found)
{
    struct llmx_error err;
    if (llmx_recommend(&run, &(struct llmx_person){.user = user}, NULL, 1, 3, top, found, &err) !=
        1)
        fail_msg("%s", err.message);
    return top->n_evidence;
}

static llmx_id extreme(llmx_id user, llmx_id item, float sign)
{
    int n;
    const llmx_id *had = llmx_data_history(run.data, user, LLMX_ALL, &n);
    llmx_id best = had[0];
    for (int i = 1; i < n; i++)
        if (sign * weight(had[i], item) > sign * weight(best, item))
            best = had[i];
    return best;
}

static json_t *cites(llmx_id user, const struct llmx_recommendation *top, enum citing how)
{
    int n;
    const llmx_id *had = llmx_data_history(run.data, user, LLMX_ALL, &n);
    json_t *list = json_array();
    if (how == BEST)
        json_array_append_new(list,
                              json_string(llmx_data_item_token(run.data, top->evidence[0].item)));
    if (how == LATEST)
        json_array_append_new(list, json_string(llmx_data_item_token(run.data, had[n - 1])));
    if (how == WORST)
        json_array_append_new(
            list, json_string(llmx_data_item_token(run.data, extreme(user, top->item, -1))));
    for (int i = 0; how == ALL && i < n; i++)
        json_array_append_new(list, json_string(llmx_data_item_token(run.data, had[i])));
    if (how == STRANGERS)
        json_array_append_new(list, json_string("nobody's"));
    return list;
}

/* Files of texts that cite so, for the first n users. */
static void write_files(int n, enum citing how)
{
    FILE *texts = fopen(test_path("texts.jsonl"), "w"), *recs = fopen(test_path("recs.jsonl"), "w");
    assert_true(texts && recs);
    for (llmx_id u = 0; u < n; u++) {
        struct llmx_recommendation top;
        struct llmx_evidence found[3];
        recommend(u, &top, found);
        json_t *line = json_pack("{s:s, s:s, s:s, s:o}", "user", llmx_data_user_token(run.data, u),
                                 "item", llmx_data_item_token(run.data, top.item), "explanation",
                                 "Why not?", "cites", cites(u, &top, how));
        json_dumpf(line, texts, 0);
        fputc('\n', texts);
        json_decref(line);
        fprintf(recs, "{\"user\":\"%s\",\"item\":\"%s\",\"evidence\":[\"%s\"]}\n",
                llmx_data_user_token(run.data, u), llmx_data_item_token(run.data, top.item),
                llmx_data_item_token(run.data, found[0].item));
    }
    fclose(texts);
    fclose(recs);
}

static int try_files(struct llmx_faithfulness *r, int threads, const char *out,
                     struct llmx_error *err)
{
    const struct llmx_faithfulness_options how = {
        .draws = 5, .resampling = {.resamples = 200, .seed = 3, .threads = threads}};
    return llmx_faithfulness_file(test_path("texts.jsonl"), test_path("recs.jsonl"), &run, &how,
                                  out, r, err);
}

static struct llmx_faithfulness measure(int users, enum citing how)
{
    struct llmx_faithfulness r;
    struct llmx_error err;
    write_files(users, how);
    if (try_files(&r, 2, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return r;
}

static void test_faithfulness__citing_the_best_is_the_best_possible(void **state)
{
    (void)state;
    const struct llmx_faithfulness r = measure(USERS, BEST);
    assert_int_equal(r.texts, USERS);
    assert_int_equal(r.measured, USERS);
    assert_int_equal(r.users, USERS);
    assert_near(r.score[LLMX_CUT_CITED].mean, r.score[LLMX_CUT_EVIDENCE].mean, 1e-12);
    assert_near(r.share.mean, 1, 1e-12);
    assert_near(r.precision.mean, 1, 0);
    assert_near(r.recall[0].mean, 1, 0);
    assert_in_range((int)(1000 * r.recall[1].mean), 333, 500);
    for (int d = LLMX_CUT_RECENT; d < LLMX_CUTS; d++) {
        assert_true(r.score_gain[d].low > 0);
        assert_near(r.score_gain[d].mean, r.score[0].mean - r.score[d].mean, 1e-12);
        assert_near(r.places_gain[d].mean, r.places[0].mean - r.places[d].mean, 1e-9);
    }
    assert_true(r.places[LLMX_CUT_EVIDENCE].mean > r.places[LLMX_CUT_RANDOM].mean);
}

static void test_faithfulness__citing_the_latest_is_the_latest(void **state)
{
    (void)state;
    const struct llmx_faithfulness r = measure(USERS, LATEST);
    assert_near(r.score_gain[LLMX_CUT_RECENT].mean, 0, 0);
    assert_near(r.places_gain[LLMX_CUT_RECENT].mean, 0, 0);
    assert_true(r.share.mean < 0.8);
}

static void test_faithfulness__citing_what_speaks_against_it_raises_the_score(void **state)
{
    (void)state;
    const struct llmx_faithfulness r = measure(USERS, WORST);
    assert_true(r.score[LLMX_CUT_CITED].high < 0);
    assert_true(r.precision.mean < 0.2);
}

/* One user by hand: what falls is the weight, in deviations of the scores, and places among what is not taken. */
static void test_faithfulness__one_text_by_hand(void **state)
{
    (void)state;
    struct llmx_recommendation top;
    struct llmx_evidence found[3];
    float scores[ITEMS], rest[ITEMS];
    double sum = 0, squares = 0;
    int n, better = 0, worse = 0;
    const struct llmx_faithfulness r = measure(1, WORST);
    recommend(0, &top, found);
    const llmx_id *had = llmx_data_history(run.data, 0, LLMX_ALL, &n),
                  gone = extreme(0, top.item, -1);
    for (llmx_id i = 0; i < llmx_data_items(run.data); i++) {
        scores[i] = 0;
        for (int j = 0; j < n; j++)
            scores[i] += weight(had[j], i);
        rest[i] = scores[i] - weight(gone, i);
        sum += (double)scores[i];
        squares += (double)scores[i] * (double)scores[i];
    }
    const double items = llmx_data_items(run.data), mean = sum / items,
                 unit = sqrt(squares / items - mean * mean);
    assert_near(r.score[LLMX_CUT_CITED].mean, (double)weight(gone, top.item) / unit, 1e-6);
    for (llmx_id i = 0; i < llmx_data_items(run.data); i++) {
        int j = 0;
        while (j < n && had[j] != i)
            j++;
        better += j == n && rest[i] > rest[top.item];
        worse += j == n && rest[i] == rest[top.item] && i != top.item;
    }
    assert_true(r.places[LLMX_CUT_CITED].mean >= better &&
                r.places[LLMX_CUT_CITED].mean <= better + worse);
}

static void test_faithfulness__what_cites_nothing_is_counted_and_not_measured(void **state)
{
    (void)state;
    struct llmx_faithfulness r = measure(USERS, NONE);
    assert_int_equal(r.uncited, USERS);
    assert_int_equal(r.measured, 0);
    assert_true(isnan(r.score[LLMX_CUT_CITED].mean) && isnan(r.share.mean));
    assert_true(isnan(r.precision.mean));
    assert_near(r.recall[0].mean, 0, 0);
    r = measure(USERS, STRANGERS);
    assert_int_equal(r.foreign, USERS);
    assert_int_equal(r.uncited, USERS);
    assert_near(r.precision.mean, 0, 0);
    r = measure(USERS, ALL);
    assert_int_equal(r.exhaustive, USERS);
    assert_int_equal(r.measured, 0);
    assert_near(r.recall[2].mean, 1, 0);
}

static void test_faithfulness__does_not_depend_on_threads(void **state)
{
    (void)state;
    struct llmx_faithfulness one, three;
    struct llmx_error err;
    write_files(USERS, WORST);
    assert_int_equal(try_files(&one, 1, test_path("one.jsonl"), &err), 0);
    assert_int_equal(try_files(&three, 3, test_path("three.jsonl"), &err), 0);
    three.resampling.threads = 1;
    assert_memory_equal(&one.score, &three.score, sizeof one.score);
    assert_memory_equal(&one.places_gain, &three.places_gain, sizeof one.places_gain);
    char *a = test_read(test_path("one.jsonl")), *b = test_read(test_path("three.jsonl"));
    assert_string_equal(a, b);
    assert_contains(a, "\"score\":{\"cited\":-");
    free(a);
    free(b);
}

/* What is recommended first is first among what is not taken, whatever the person's own items score. */
static void test_faithfulness__ranks_as_recommended(void **state)
{
    (void)state;
    struct llmx_faithfulness r;
    struct llmx_error err;
    int n = 0;
    write_files(USERS, WORST);
    assert_int_equal(try_files(&r, 1, test_path("ranks.jsonl"), &err), 0);
    char *rows = test_read(test_path("ranks.jsonl"));
    for (const char *at = rows; (at = strstr(at, "\"rank\":1,")) != NULL; at++)
        n++;
    assert_int_equal(n, USERS);
    free(rows);
}

static void hold_error(enum llmx_code code, const char *part)
{
    struct llmx_faithfulness r;
    struct llmx_error err;
    assert_int_equal(try_files(&r, 1, NULL, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
}

static void test_faithfulness__says_what_does_not_match(void **state)
{
    (void)state;
    write_files(USERS, BEST);
    test_file("texts.jsonl", "");
    hold_error(LLMX_BAD_INPUT, "holds no explanations");
    test_file("texts.jsonl", "{\"user\":\"u0\",\"item\":\"none\",\"explanation\":\"\"}\n");
    hold_error(LLMX_MISMATCH, "none of the 1 explanations");
    write_files(1, BEST);
    test_file("recs.jsonl", "{\"user\":\"u0\"}\n");
    hold_error(LLMX_BAD_INPUT, "recs.jsonl:1: no \"item\"");
    write_files(1, BEST);
    test_file("texts.jsonl", "{\"user\":\"u0\",\"item\":\"i1\"}\n");
    hold_error(LLMX_BAD_INPUT, "texts.jsonl:1");
    test_file("recs.jsonl", "{\"user\":\"u0\",\"item\":\"i1\"}\n");
    test_file("texts.jsonl",
              "{\"user\":\"u0\",\"item\":\"i1\",\"explanation\":\"\",\"cites\":\"i2\"}\n");
    hold_error(LLMX_BAD_INPUT, "texts.jsonl:1: \"cites\" is not a list");
    test_file("texts.jsonl",
              "{\"user\":\"u0\",\"item\":\"i1\",\"explanation\":\"\",\"cites\":[null]}\n");
    hold_error(LLMX_BAD_INPUT, "texts.jsonl:1: \"cites\" holds what is no item");
}

/* Evidence of another run: the worst of the history, told as the best. */
static void test_faithfulness__says_when_the_run_is_another(void **state)
{
    (void)state;
    write_files(10, BEST);
    FILE *recs = fopen(test_path("recs.jsonl"), "w");
    for (llmx_id u = 0; u < 10; u++) {
        struct llmx_recommendation top;
        struct llmx_evidence found[3];
        recommend(u, &top, found);
        fprintf(recs, "{\"user\":\"%s\",\"item\":\"%s\",\"evidence\":[\"%s\"]}\n",
                llmx_data_user_token(run.data, u), llmx_data_item_token(run.data, top.item),
                llmx_data_item_token(run.data, extreme(u, top.item, -1)));
    }
    fclose(recs);
    hold_error(LLMX_MISMATCH, "10 of 10 recommendations rest on other evidence");
}

static void test_faithfulness__needs_evidence(void **state)
{
    (void)state;
    static const struct recommender silent = {.name = "silent", .score = score};
    write_files(3, BEST);
    run.row = &silent;
    hold_error(LLMX_UNSUPPORTED, "the model silent gives no evidence");
    run.row = &sums;
}

static void test_faithfulness__stops_when_asked(void **state)
{
    (void)state;
    struct llmx_stop stop = {0};
    const struct llmx_faithfulness_options how = {
        .draws = 1, .resampling = {.resamples = 100}, .stop = &stop};
    struct llmx_faithfulness r;
    struct llmx_error err;
    write_files(3, BEST);
    llmx_stop_ask(&stop);
    assert_int_equal(llmx_faithfulness_file(test_path("texts.jsonl"), test_path("recs.jsonl"), &run,
                                            &how, NULL, &r, &err),
                     -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
}

static void test_faithfulness__few_users_are_told(void **state)
{
    (void)state;
    for (int is_json = 0; is_json < 2; is_json++)
        for (int users = 19; users <= 20; users++) {
            const struct llmx_faithfulness r = measure(users, BEST);
            char *text = NULL;
            size_t size;
            FILE *stream = open_memstream(&text, &size);
            assert_int_equal(llmx_faithfulness_print(&r, stream, is_json, NULL), 0);
            fclose(stream);
            assert_int_equal(strstr(text, "fewer than 20 users") != NULL, users < 20);
            free(text);
        }
}

static int set_up(void **state)
{
    (void)state;
    run.row = &sums;
    run.data = test_data("faithful.inter", USERS, ITEMS, EACH, 5);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy((struct llmx_data *)(uintptr_t)run.data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_faithfulness__citing_the_best_is_the_best_possible),
        cmocka_unit_test(test_faithfulness__citing_the_latest_is_the_latest),
        cmocka_unit_test(test_faithfulness__citing_what_speaks_against_it_raises_the_score),
        cmocka_unit_test(test_faithfulness__one_text_by_hand),
        cmocka_unit_test(test_faithfulness__what_cites_nothing_is_counted_and_not_measured),
        cmocka_unit_test(test_faithfulness__does_not_depend_on_threads),
        cmocka_unit_test(test_faithfulness__ranks_as_recommended),
        cmocka_unit_test(test_faithfulness__says_what_does_not_match),
        cmocka_unit_test(test_faithfulness__says_when_the_run_is_another),
        cmocka_unit_test(test_faithfulness__needs_evidence),
        cmocka_unit_test(test_faithfulness__stops_when_asked),
        cmocka_unit_test(test_faithfulness__few_users_are_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
