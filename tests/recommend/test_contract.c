/* What every model promises, whatever it learns: the same bytes at any number of threads and after any interruption, a
 * clean error wherever memory ends, and in memory what the files say. A new model is a new row. */
#include "llmxrec/llmxrec.h"
#include "recommend/recommender.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#include <jansson.h>
#include <unistd.h>

#define USERS 90
#define ITEMS 70

static const struct row {
    const char *model;
    const char *settings[8]; /* "name=value": small, and odd where vectors have a remainder */
    int epochs;              /* 1: the model learns in one pass, there is nothing to interrupt */
    const char *refused;     /* "name=value" that the model must not take */
    const char *needs;       /* what it says of one item alone; NULL: it learns even that */
} rows[] = {
    {"pop", {NULL}, 1, "dim=8", NULL},
    {"itemknn", {"neighbours=10", NULL}, 1, "neighbours=0", NULL},
    {"ease", {NULL}, 1, "l2=-1", NULL},
    {"ials", {"dim=16", "epochs=4", NULL}, 4, "unobserved=-1", NULL},
    {"bpr", {"dim=16", "epochs=5", "batch=256", NULL}, 5, "dim=0", "no negative to learn from"},
    {"lightgcn",
     {"dim=24", "layers=3", "epochs=5", "batch=200", NULL},
     5,
     "layers=-1",
     "no negative to learn from"},
    {"sasrec",
     {"dim=16", "inner=16", "heads=2", "max_length=5", "batch=60", "epochs=4", "loss=ce", NULL},
     4,
     "heads=3",
     "no user has two items"},
    {"sasrec",
     {"dim=16", "inner=16", "max_length=5", "batch=60", "epochs=4", "negatives=8", "loss=gbce",
      NULL},
     4,
     "loss=hinge",
     "no user has two items"},
    {"gru4rec",
     {"dim=16", "inner=24", "max_length=5", "batch=60", "epochs=4", "loss=ce", NULL},
     4,
     "dropout=1",
     "no user has two items"},
    {"gru4rec",
     {"dim=16", "max_length=5", "batch=60", "epochs=4", "negatives=8", "loss=sampled", NULL},
     4,
     "negatives=0",
     "no user has two items"},
};
#define ROWS (sizeof rows / sizeof *rows)

static struct llmx_data *data;
static size_t items; /* at most ITEMS */

static int set(struct llmx_train_options *options, const char *setting, struct llmx_error *err)
{
    char name[32];
    const char *value = strchr(setting, '=') + 1;
    snprintf(name, sizeof name, "%.*s", (int)(value - setting - 1), setting);
    return llmx_train_set(options, name, value, err);
}

/* A new model has a row here too. */
static void test_contract__has_every_model(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_null(recommender_find("none", &err));
    char *names = strstr(err.message, "there are: ");
    assert_non_null(names);
    for (char *rest = names + strlen("there are: "), *name; (name = strtok_r(rest, ", ", &rest));) {
        bool is_there = false;
        for (size_t r = 0; r < ROWS; r++)
            is_there |= strcmp(rows[r].model, name) == 0;
        if (!is_there)
            fail_msg("no row for the model %s", name);
    }
}

static struct llmx_train_options options_of(const struct row *row, int threads)
{
    struct llmx_error err;
    struct llmx_train_options options = llmx_train_defaults(row->model);
    for (int i = 0; row->settings[i]; i++)
        if (set(&options, row->settings[i], &err) != 0)
            fail_msg("%s: %s", row->model, err.message);
    options.patience = 0;
    options.threads = threads;
    options.force = 1;
    return options;
}

static void train(const struct llmx_train_options *options, const char *run)
{
    struct llmx_error err;
    if (llmx_train(data, options, run, &err) != 0)
        fail_msg("%s: %s", options->model, err.message);
}

static void assert_same_run(const char *a, const char *b)
{
    const char *const names[] = {"model.safetensors", "metrics.json", "log.jsonl", "config.yaml",
                                 "users.tsv",         "items.tsv",    "curve.svg"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char command[600], *out;
        snprintf(command, sizeof command, "cmp %s/%s %s/%s", a, names[i], b, names[i]);
        if (test_shell(command, &out) != 0)
            fail_msg("%s", out);
        free(out);
    }
}

static void test_contract__same_bytes_at_any_thread_count(void **state)
{
    (void)state;
    const int threads[] = {1, 2, 3, 5};
    for (size_t r = 0; r < ROWS; r++)
        for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
            const struct llmx_train_options options = options_of(&rows[r], threads[t]);
            train(&options, test_path(t ? "more" : "one"));
            assert_same_run(test_path("one"), test_path(t ? "more" : "one"));
        }
}

static int stop_at(void *context, const char *stage, double done, double total, const char *note)
{
    (void)stage, (void)total, (void)note;
    return done >= *(int *)context;
}

/* Trains until it is stopped after that epoch. */
static void stop_after(struct llmx_train_options options, int epoch, const char *run)
{
    struct llmx_error err;
    options.progress = (struct llmx_progress){stop_at, &epoch};
    assert_int_equal(llmx_train(data, &options, run, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
}

static struct llmx_train_options resuming(const struct row *row, int threads)
{
    struct llmx_train_options options = options_of(row, threads);
    options.force = 0;
    options.resume = 1;
    return options;
}

/* Once at each checkpoint, each time to its end; and one run that is interrupted at all of them. */
static void test_contract__same_bytes_after_any_interruption(void **state)
{
    (void)state;
    for (size_t r = 0; r < ROWS; r++) {
        const struct row *row = &rows[r];
        const struct llmx_train_options options = options_of(row, 2);
        train(&options, test_path("whole"));
        for (int epoch = 1; epoch < row->epochs; epoch++) {
            const struct llmx_train_options next = resuming(row, 1 + epoch % 3);
            stop_after(options, epoch, test_path("once"));
            train(&next, test_path("once"));
            assert_same_run(test_path("whole"), test_path("once"));
            stop_after(epoch == 1 ? options : next, epoch, test_path("often"));
        }
        if (row->epochs > 1) {
            const struct llmx_train_options last = resuming(row, 3);
            train(&last, test_path("often"));
            assert_same_run(test_path("whole"), test_path("often"));
        }
    }
}

static struct llmx_run *open_run(const struct row *row, const char *name)
{
    const struct llmx_train_options options = options_of(row, 2);
    struct llmx_run *run = NULL;
    struct llmx_error err;
    train(&options, test_path(name));
    if (llmx_run_open(&run, test_path(name), data, &err) != 0)
        fail_msg("%s: %s", row->model, err.message);
    return run;
}

/* ---- in memory and in files ---- */

/* A number as it stands in a file, seven digits of it. */
static void assert_written(const json_t *object, const char *key, float value)
{
    const double written = json_real_value(json_object_get(object, key));
    assert_near(written, (double)value, 1e-6 * fabs(written));
}

static void compare_line(const struct llmx_recommendation *r, const char *user, const char *line)
{
    json_t *object = json_loads(line, 0, NULL), *list = json_object_get(object, "evidence");
    assert_string_equal(json_string_value(json_object_get(object, "user")), user);
    assert_string_equal(json_string_value(json_object_get(object, "item")),
                        llmx_data_item_token(data, r->item));
    assert_int_equal(json_integer_value(json_object_get(object, "rank")), r->rank);
    assert_written(object, "score", r->score);
    assert_int_equal(json_array_size(list), r->n_evidence);
    for (int e = 0; e < r->n_evidence; e++) {
        const json_t *entry = json_array_get(list, (size_t)e);
        assert_string_equal(json_string_value(json_object_get(entry, "item")),
                            llmx_data_item_token(data, r->evidence[e].item));
        assert_written(entry, "contribution", r->evidence[e].contribution);
    }
    json_decref(object);
}

static void test_contract__memory_says_what_the_file_says(void **state)
{
    (void)state;
    const struct llmx_recommend_options how = {.top = 4, .n_evidence = 2, .threads = 3};
    for (size_t r = 0; r < ROWS; r++) {
        struct llmx_run *run = open_run(&rows[r], "run");
        assert_int_equal(llmx_recommend_write(run, &how, test_path("recs.jsonl"), NULL, NULL), 0);
        FILE *file = fopen(test_path("recs.jsonl"), "r");
        assert_non_null(file);
        for (llmx_id user = 0; user < USERS; user++) {
            struct llmx_recommendation top[4];
            struct llmx_evidence evidence[8];
            char line[4096];
            const struct llmx_person person = {.user = user};
            assert_int_equal(llmx_recommend(run, &person, NULL, 4, 2, top, evidence, NULL), 4);
            for (int i = 0; i < 4; i++) {
                assert_non_null(fgets(line, sizeof line, file));
                compare_line(&top[i], llmx_data_user_token(data, user), line);
            }
        }
        fclose(file);
        llmx_run_destroy(run);
    }
}

/* All items of one person, as a list, one by one, and beside others. */
static void test_contract__one_item_stands_where_the_list_has_it(void **state)
{
    (void)state;
    const llmx_id history[] = {4, 9, 4, 30};
    const struct llmx_person people[] = {{.user = 5},
                                         {.user = -1, .history = history, .n = 4},
                                         {.user = -1, .history = history, .n = 0}};
    for (size_t r = 0; r < ROWS; r++) {
        struct llmx_run *run = open_run(&rows[r], "run");
        float scores[3 * ITEMS];
        assert_int_equal(llmx_score_people(run, people, 3, scores, NULL), 0);
        for (int p = 0; p < 3; p++) {
            struct llmx_recommendation top[ITEMS];
            struct llmx_evidence evidence[ITEMS], own;
            struct llmx_standing s;
            const int n = llmx_recommend(run, &people[p], NULL, ITEMS, 1, top, evidence, NULL);
            assert_true(n >= (int)items - 20 && n <= (int)items);
            for (int i = 0; i < n; i++) {
                assert_int_equal(
                    llmx_rank_item(run, &people[p], NULL, top[i].item, 3, 1, &s, &own, NULL), 0);
                assert_true(isfinite(s.item.score) && s.item.score == top[i].score);
                assert_int_equal(s.item.rank, i + 1);
                assert_int_equal(s.item.n_evidence, top[i].n_evidence);
                assert_near(s.item.score, scores[(size_t)p * items + (size_t)top[i].item], 1e-4);
            }
        }
        llmx_run_destroy(run);
    }
}

static void test_contract__left_out_items_are_as_if_never_taken(void **state)
{
    (void)state;
    const llmx_id history[] = {4, 9, 30, 9, 12}, left_out[] = {9, 4}, rest[] = {30, 12};
    const struct llmx_person people[] = {{.user = -1, .history = history, .n = 5},
                                         {.user = -1, .history = rest, .n = 2},
                                         {.user = -1, .history = rest, .n = 0}};
    for (size_t r = 0; r < ROWS; r++) {
        struct llmx_run *run = open_run(&rows[r], "run");
        float scores[3 * ITEMS], whole, less;
        assert_int_equal(llmx_score_people(run, people, 3, scores, NULL), 0);
        for (llmx_id item = 0; item < (llmx_id)items; item += 7) {
            assert_int_equal(
                llmx_score_without(run, &people[0], item, left_out, 2, &whole, &less, NULL), 0);
            assert_near(whole, scores[item], 1e-4);
            assert_near(less, scores[items + (size_t)item], 1e-4);
            assert_int_equal(
                llmx_score_without(run, &people[0], item, history, 5, &whole, &less, NULL), 0);
            assert_near(less, scores[2 * items + (size_t)item], 1e-4); /* nothing is left */
        }
        llmx_run_destroy(run);
    }
}

/* ---- what is too much, and too little ---- */

static void test_contract__refuses_a_setting_before_the_run_begins(void **state)
{
    (void)state;
    for (size_t r = 0; r < ROWS; r++) {
        struct llmx_train_options options = options_of(&rows[r], 1);
        struct llmx_error err = {0};
        const int status = set(&options, rows[r].refused, &err);
        if (status == 0 && llmx_train(data, &options, test_path("refused"), &err) == 0)
            fail_msg("%s took %s", rows[r].model, rows[r].refused);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        char name[32];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(rows[r].refused, "="), rows[r].refused);
        assert_contains(err.message, name);
        assert_int_not_equal(access(test_path("refused/config.yaml"), F_OK), 0);
    }
}

/* Learns from `text` and recommends to its first user; how many items, or -1. */
static int serve(const struct row *row, const char *text, struct llmx_error *err)
{
    const struct llmx_data_options columns = {.columns = "user=1,item=2,time=3"};
    const struct llmx_train_options options = options_of(row, 2);
    const struct llmx_person person = {.user = 0, .as_of = LLMX_AS_OF_TRAIN};
    struct llmx_data *small = NULL;
    struct llmx_run *run = NULL;
    struct llmx_recommendation top[4];
    struct llmx_evidence evidence[8];
    int n = -1;
    if (llmx_data_open(&small, test_file("small.tsv", text), &columns, err) == 0 &&
        llmx_train(small, &options, test_path("small"), err) == 0 &&
        llmx_run_open(&run, test_path("small"), small, err) == 0)
        n = llmx_recommend(run, &person, NULL, 4, 2, top, evidence, err);
    for (int i = 0; i < n; i++)
        assert_true(isfinite(top[i].score));
    llmx_run_destroy(run);
    llmx_data_destroy(small);
    return n;
}

static void test_contract__serves_the_smallest_data(void **state)
{
    (void)state;
    const char *const one_user = "u\ti\t1\nu\tj\t2\nu\tk\t3\nu\tl\t4\n",
                      *const one_item[] = {"u\ti\t1\n", "u\ti\t1\nv\ti\t2\nw\ti\t3\n"};
    for (size_t r = 0; r < ROWS; r++) {
        struct llmx_error err = {0};
        if (serve(&rows[r], one_user, &err) != 1) /* the test part's item */
            fail_msg("%s: %s", rows[r].model, err.message);
        for (int i = 0; i < 2; i++) {
            const int n = serve(&rows[r], one_item[i], &err);
            if (n != (rows[r].needs ? -1 : 0))
                fail_msg("%s, %d: %s", rows[r].model, n, err.message);
            if (rows[r].needs)
                assert_contains(err.message, rows[r].needs);
        }
    }
}

/* ---- memory ---- */

struct attempt {
    const struct row *row;
    const struct llmx_data *data;
};

static int train_and_use(void *context, struct llmx_error *err)
{
    const struct attempt *attempt = context;
    struct llmx_train_options options = options_of(attempt->row, 2);
    struct llmx_run *run = NULL;
    struct llmx_recommendation top[3];
    struct llmx_evidence evidence[6];
    struct llmx_standing s;
    const llmx_id history[] = {1, 2, 2};
    const struct llmx_person user = {.user = 1},
                             somebody = {.user = -1, .history = history, .n = 3};
    float whole, rest;
    options.epochs = attempt->row->epochs > 1 ? 2 : options.epochs;
    options.min_epochs = 0;
    options.checkpoint_seconds = 0;
    options.data_path = "x.inter";
    int result = llmx_train(attempt->data, &options, test_path("memory"), err);
    if (result == 0)
        result = llmx_run_open(&run, test_path("memory"), attempt->data, err);
    if (result == 0 && (llmx_recommend(run, &user, NULL, 3, 2, top, evidence, err) < 0 ||
                        llmx_recommend(run, &somebody, NULL, 3, 2, top, evidence, err) < 0 ||
                        llmx_rank_item(run, &user, NULL, 4, 3, 2, &s, evidence, err) != 0 ||
                        llmx_score_without(run, &somebody, 4, history, 2, &whole, &rest, err) != 0))
        result = -1;
    llmx_run_destroy(run);
    return result;
}

static void test_contract__every_allocation_may_fail(void **state)
{
    (void)state;
    struct attempt attempt = {.data = test_data("memory.inter", 12, 20, 8, 1)};
    for (size_t r = 0; r < ROWS; r++) {
        attempt.row = &rows[r];
        assert_true(failing_alloc_each(train_and_use, &attempt) > 100);
    }
    llmx_data_destroy((struct llmx_data *)(uintptr_t)attempt.data);
}

static int set_up(void **state)
{
    (void)state;
    data = test_data("contract.inter", USERS, ITEMS, 18, 2);
    items = (size_t)llmx_data_items(data);
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
        cmocka_unit_test(test_contract__has_every_model),
        cmocka_unit_test(test_contract__same_bytes_at_any_thread_count),
        cmocka_unit_test(test_contract__same_bytes_after_any_interruption),
        cmocka_unit_test(test_contract__memory_says_what_the_file_says),
        cmocka_unit_test(test_contract__one_item_stands_where_the_list_has_it),
        cmocka_unit_test(test_contract__left_out_items_are_as_if_never_taken),
        cmocka_unit_test(test_contract__refuses_a_setting_before_the_run_begins),
        cmocka_unit_test(test_contract__serves_the_smallest_data),
        cmocka_unit_test(test_contract__every_allocation_may_fail),
    };
    return cmocka_run_group_tests_name("contract", tests, set_up, tear_down);
}
