#include "llmxrec/llmxrec.h"
#include "support/data.h"
#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define USERS 60
#define ITEMS 50

static struct llmx_data *data;
static struct llmx_run *run;

static const char *inter, *run_dir;

static int set_up(void **state)
{
    (void)state;
    static char paths[2][256];
    snprintf(paths[0], sizeof *paths, "%s", test_interactions("run.inter", USERS, ITEMS, 14, 1));
    snprintf(paths[1], sizeof *paths, "%s", test_path("run"));
    inter = paths[0];
    run_dir = paths[1];
    struct llmx_error err;
    const struct llmx_data_options how = {.timestamps = LLMX_TIME_FLOAT32};
    struct llmx_train_options options = llmx_train_defaults("bpr");
    options.dim = 16;
    options.epochs = 60;
    options.batch = 128;
    options.data_path = inter;
    options.data_options = &how;
    if (llmx_data_open(&data, inter, &how, &err) != 0 ||
        llmx_train(data, &options, run_dir, &err) != 0 ||
        llmx_run_open(&run, run_dir, data, &err) != 0)
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

static bool is_in(llmx_id item, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

static void test_recommend__ranks_what_is_new_to_the_user(void **state)
{
    (void)state;
    struct llmx_recommendation top[10];
    struct llmx_evidence evidence[30];
    float scores[ITEMS];
    for (llmx_id user = 0; user < USERS; user++) {
        int n_known;
        const llmx_id *known = llmx_data_history(data, user, LLMX_ALL, &n_known);
        assert_int_equal(llmx_recommend(run, &(struct llmx_person){.user = user}, NULL, 10, 3, top,
                                        evidence, NULL),
                         10);
        assert_int_equal(
            llmx_score_people(run, &(struct llmx_person){.user = user}, 1, scores, NULL), 0);
        for (int i = 0; i < 10; i++) {
            assert_int_equal(top[i].rank, i + 1);
            assert_false(is_in(top[i].item, known, n_known));
            assert_true(i == 0 || top[i].score <= top[i - 1].score);
            assert_near(top[i].score, scores[top[i].item], 1e-5);
            assert_true(top[i].n_evidence <= 3);
            for (int e = 0; e < top[i].n_evidence; e++) {
                assert_true(is_in(top[i].evidence[e].item, known, n_known));
                assert_true(top[i].evidence[e].contribution > 0);
                assert_true(e == 0 ||
                            top[i].evidence[e].contribution <= top[i].evidence[e - 1].contribution);
            }
        }
        float best = -INFINITY;
        for (llmx_id item = 0; item < llmx_data_items(data); item++)
            if (!is_in(item, known, n_known) && scores[item] > best)
                best = scores[item];
        assert_near(top[0].score, best, 1e-5);
    }
}

static void test_recommend__gives_fewer_when_the_catalogue_ends(void **state)
{
    (void)state;
    struct llmx_recommendation top[ITEMS + 10];
    int n_known;
    llmx_data_history(data, 3, LLMX_ALL, &n_known);
    assert_int_equal(
        llmx_recommend(run, &(struct llmx_person){.user = 3}, NULL, ITEMS + 10, 0, top, NULL, NULL),
        llmx_data_items(data) - n_known);
}

/* Somebody with a user's history is recommended much of what that user is. */
static void test_recommend_history__agrees_with_training(void **state)
{
    (void)state;
    struct llmx_recommendation trained[10], fitted[10];
    struct llmx_evidence evidence[20];
    int shared = 0;
    for (llmx_id user = 0; user < USERS; user++) {
        int n;
        const struct llmx_person user_then = {.user = user, .as_of = LLMX_AS_OF_TRAIN};
        const llmx_id *history = llmx_data_history(data, user, LLMX_TRAIN, &n);
        assert_int_equal(llmx_recommend(run, &user_then, NULL, 10, 0, trained, NULL, NULL), 10);
        assert_int_equal(
            llmx_recommend(run, &(struct llmx_person){.user = -1, .history = history, .n = n}, NULL,
                           10, 2, fitted, evidence, NULL),
            10);
        for (int i = 0; i < 10; i++) {
            assert_false(is_in(fitted[i].item, history, n));
            for (int j = 0; j < 10; j++)
                shared += fitted[i].item == trained[j].item;
        }
    }
    assert_true(shared > USERS * 10 * 6 / 10); /* of about 37 candidates: 2.7 of 10 by chance */
}

static void test_recommend__names_what_is_not_there(void **state)
{
    (void)state;
    struct llmx_recommendation top[3];
    struct llmx_error err = {0};
    const llmx_id wrong[] = {1, ITEMS + 5};
    assert_int_equal(
        llmx_recommend(run, &(struct llmx_person){.user = USERS}, NULL, 3, 0, top, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_int_equal(llmx_recommend(run,
                                    &(struct llmx_person){.user = -1, .history = wrong, .n = 2},
                                    NULL, 3, 0, top, NULL, &err),
                     -1);
    assert_contains(err.message, "there is no item 55");
    assert_int_equal(
        llmx_recommend(run, &(struct llmx_person){.user = 1}, NULL, 0, 0, top, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
}

static void test_run__knows_its_data(void **state)
{
    (void)state;
    struct llmx_run_source source;
    assert_int_equal(llmx_run_source(&source, run_dir, NULL), 0);
    assert_string_equal(source.path, inter);
    assert_int_equal(source.options.timestamps, LLMX_TIME_FLOAT32);
    assert_null(source.options.columns);
    llmx_run_source_release(&source);
    assert_string_equal(llmx_run_model(run), "bpr");
}

static void expect_open_failure(const char *directory, const struct llmx_data *with,
                                enum llmx_code code, const char *message)
{
    struct llmx_run *opened = NULL;
    struct llmx_error err = {0};
    assert_int_equal(llmx_run_open(&opened, directory, with, &err), -1);
    assert_contains(err.message, message);
    assert_int_equal(err.code, code);
}

static const char *copy_of_run(const char *name)
{
    char command[600], *out;
    const char *path = test_path(name);
    snprintf(command, sizeof command, "cp -r %s %s", run_dir, path);
    assert_int_equal(test_shell(command, &out), 0);
    free(out);
    return path;
}

static void replace(const char *directory, const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void test_run_open__refuses_what_does_not_belong_together(void **state)
{
    (void)state;
    struct llmx_data *other = test_data("another.inter", USERS, ITEMS, 14, 2);
    struct llmx_data *larger = test_data("larger.inter", USERS + 1, ITEMS, 14, 1);
    expect_open_failure(run_dir, other, LLMX_MISMATCH, "was trained on other interactions");
    expect_open_failure(run_dir, larger, LLMX_MISMATCH, "was trained on other interactions");
    expect_open_failure(test_directory(), data, LLMX_NOT_FOUND, "is no run directory");
    llmx_data_destroy(other);
    llmx_data_destroy(larger);
}

static void test_run_open__names_what_is_damaged(void **state)
{
    (void)state;
    char path[400];
    const char *copy = copy_of_run("truncated");
    snprintf(path, sizeof path, "%s/model.safetensors", copy);
    assert_int_equal(truncate(path, 500), 0);
    expect_open_failure(copy, data, LLMX_BAD_INPUT, "model.safetensors");
    copy = copy_of_run("unknown-option");
    replace(copy, "config.yaml", "model: \"bpr\"\ndim: 16\nwarp: 9\n");
    expect_open_failure(copy, data, LLMX_BAD_INPUT,
                        "config.yaml:3: the model bpr has no setting 'warp'");
    replace(copy, "config.yaml", "model: \"bpr\"\ndim: sixteen\n");
    expect_open_failure(copy, data, LLMX_BAD_INPUT,
                        "config.yaml:2: dim takes a whole number, not 'sixteen'");
    replace(copy, "config.yaml", "model: \"bpr\"\ndim: 32\n");
    expect_open_failure(copy, data, LLMX_MISMATCH, "user_embedding");
    replace(copy, "config.yaml", "model: [\n");
    expect_open_failure(copy, data, LLMX_BAD_INPUT, "config.yaml:");
    replace(copy, "config.yaml", "");
    expect_open_failure(copy, data, LLMX_BAD_INPUT, "config.yaml: `model` is missing");
    copy = copy_of_run("unfinished");
    replace(copy, "checkpoint", "");
    expect_open_failure(copy, data, LLMX_NOT_FOUND, "is not finished");
}

static struct llmx_recommend_options ask(int top, const char *users, const char *history)
{
    return (struct llmx_recommend_options){
        .top = top, .n_evidence = 2, .users = users, .history = history, .threads = 2};
}

static json_t *read_line(FILE *f)
{
    char *line = NULL;
    size_t capacity = 0;
    json_t *object = getline(&line, &capacity, f) > 0 ? json_loads(line, 0, NULL) : NULL;
    free(line);
    return object;
}

static void test_recommend_write__one_line_a_recommendation(void **state)
{
    (void)state;
    const char *out = test_path("recs.jsonl");
    const struct llmx_recommend_options options = ask(4, NULL, NULL);
    struct llmx_recommend_report report;
    struct llmx_recommendation top[4];
    struct llmx_evidence evidence[8];
    assert_int_equal(llmx_recommend_write(run, &options, out, &report, NULL), 0);
    assert_int_equal(report.people, USERS);
    assert_int_equal(report.lines, USERS * 4);
    FILE *f = fopen(out, "r");
    assert_non_null(f);
    for (llmx_id user = 0; user < USERS; user++) {
        assert_int_equal(llmx_recommend(run, &(struct llmx_person){.user = user}, NULL, 4, 2, top,
                                        evidence, NULL),
                         4);
        for (int i = 0; i < 4; i++) {
            json_t *line = read_line(f);
            assert_int_equal(json_object_size(line), 6);
            assert_string_equal(json_string_value(json_object_get(line, "user")),
                                llmx_data_user_token(data, user));
            assert_string_equal(json_string_value(json_object_get(line, "item")),
                                llmx_data_item_token(data, top[i].item));
            assert_int_equal(json_integer_value(json_object_get(line, "rank")), i + 1);
            assert_near(json_number_value(json_object_get(line, "score")), top[i].score, 1e-5);
            assert_string_equal(json_string_value(json_object_get(line, "model")), "bpr");
            const json_t *reasons = json_object_get(line, "evidence");
            assert_int_equal(json_array_size(reasons), top[i].n_evidence);
            for (int e = 0; e < top[i].n_evidence; e++)
                assert_string_equal(
                    json_string_value(json_object_get(json_array_get(reasons, (size_t)e), "item")),
                    llmx_data_item_token(data, top[i].evidence[e].item));
            json_decref(line);
        }
    }
    assert_null(read_line(f));
    fclose(f);
    free(report.unknown);
}

static void test_recommend_write__lists_who_is_not_there(void **state)
{
    (void)state;
    const char *out = test_path("some.jsonl"), *list = test_file("users.txt", "u3\r\nnobody\n\nu1");
    struct llmx_recommend_report report;
    struct llmx_recommend_options options = ask(1, list, NULL);
    assert_int_equal(llmx_recommend_write(run, &options, out, &report, NULL), 0);
    assert_int_equal(report.people, 2);
    assert_int_equal(report.unknown_users, 1);
    assert_string_equal(report.unknown, "user 'nobody' is not in the data\n");
    free(report.unknown);
    char *text = test_read(out);
    assert_contains(text, "{\"user\":\"u3\",");
    assert_true(strstr(text, "\"u3\"") < strstr(text, "\"u1\"")); /* as asked for */
    free(text);
    options = ask(1, "u5,u6,zz", NULL);
    assert_int_equal(llmx_recommend_write(run, &options, out, &report, NULL), 0);
    assert_int_equal(report.people, 2);
    assert_int_equal(report.unknown_users, 1);
    free(report.unknown);
}

static void test_recommend_write__serves_people_by_history(void **state)
{
    (void)state;
    const char *out = test_path("new.jsonl");
    const char *history =
        test_file("history.tsv", "user_id:token\titem_id:token\ttimestamp:float\n"
                                 "ann\ti1\t5\nbob\ti30\t1\nann\ti2\t6\r\ncid\tnothing\t1\n");
    struct llmx_recommend_report report;
    struct llmx_recommend_options options = ask(2, NULL, history);
    assert_int_equal(llmx_recommend_write(run, &options, out, &report, NULL), 0);
    assert_int_equal(report.people, 2);
    assert_int_equal(report.lines, 4);
    assert_int_equal(report.unknown_items, 1);
    assert_int_equal(report.without_history, 1);
    free(report.unknown);
    struct llmx_recommendation top[2];
    const llmx_id ann[] = {llmx_data_item(data, "i1"), llmx_data_item(data, "i2")};
    assert_int_equal(llmx_recommend(run, &(struct llmx_person){.user = -1, .history = ann, .n = 2},
                                    NULL, 2, 0, top, NULL, NULL),
                     2);
    FILE *f = fopen(out, "r");
    json_t *line = read_line(f);
    assert_string_equal(json_string_value(json_object_get(line, "user")), "ann");
    assert_string_equal(json_string_value(json_object_get(line, "item")),
                        llmx_data_item_token(data, top[0].item));
    json_decref(line);
    fclose(f);
}

static void test_recommend_write__names_the_bad_line(void **state)
{
    (void)state;
    struct llmx_error err = {0};
    struct llmx_recommend_options options = ask(2, NULL, test_file("bad.tsv", "ann\ti1\nann i2\n"));
    assert_int_equal(llmx_recommend_write(run, &options, test_path("bad.jsonl"), NULL, &err), -1);
    assert_contains(err.message, "bad.tsv:2: expected a person, a tab and an item");
    assert_int_equal(access(test_path("bad.jsonl"), F_OK), -1);
    options = ask(1, NULL, NULL);
    assert_int_equal(llmx_recommend_write(run, &options, "/dev/full", NULL, &err), -1);
    assert_contains(err.message, "/dev/full");
    options = ask(0, NULL, NULL);
    assert_int_equal(llmx_recommend_write(run, &options, test_path("bad.jsonl"), NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
}

static void test_evaluate__equals_what_training_wrote(void **state)
{
    (void)state;
    struct llmx_metrics test;
    char path[400];
    assert_int_equal(llmx_evaluate(run, LLMX_TEST, (const int[]){5, 10, 20}, 3, 2, &test, NULL), 0);
    snprintf(path, sizeof path, "%s/metrics.json", run_dir);
    json_t *written = json_load_file(path, 0, NULL), *part = json_object_get(written, "test");
    assert_int_equal(json_integer_value(json_object_get(part, "users")), test.users);
    assert_near(json_number_value(json_object_get(part, "gauc")), test.gauc, 1e-8);
    const json_t *at = json_object_get(json_object_get(part, "at"), "10");
    assert_near(json_number_value(json_object_get(at, "ndcg")), test.at[1].ndcg, 1e-8);
    assert_near(json_number_value(json_object_get(at, "average_popularity")),
                test.at[1].average_popularity, 1e-6);
    json_decref(written);
    struct llmx_error err;
    assert_int_equal(llmx_evaluate(run, LLMX_TEST, (const int[]){5, 5}, 2, 2, &test, &err), -1);
    assert_contains(err.message, "cut-offs must ascend");
    assert_int_equal(llmx_evaluate(run, LLMX_TRAIN, (const int[]){5}, 1, 2, &test, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recommend__ranks_what_is_new_to_the_user),
        cmocka_unit_test(test_recommend__gives_fewer_when_the_catalogue_ends),
        cmocka_unit_test(test_recommend_history__agrees_with_training),
        cmocka_unit_test(test_recommend__names_what_is_not_there),
        cmocka_unit_test(test_run__knows_its_data),
        cmocka_unit_test(test_run_open__refuses_what_does_not_belong_together),
        cmocka_unit_test(test_run_open__names_what_is_damaged),
        cmocka_unit_test(test_recommend_write__one_line_a_recommendation),
        cmocka_unit_test(test_recommend_write__lists_who_is_not_there),
        cmocka_unit_test(test_recommend_write__serves_people_by_history),
        cmocka_unit_test(test_recommend_write__names_the_bad_line),
        cmocka_unit_test(test_evaluate__equals_what_training_wrote),
    };
    return cmocka_run_group_tests_name("run", tests, set_up, tear_down);
}
