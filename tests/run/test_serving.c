/* Who is served has everything in the log: nothing of it comes back, under any id, and all of it is looked at; as of the
 * training nothing that was held out is known. */
#include "run/run.h"
#include "support/data.h"
#include "support/test.h"

#include "llmxrec/llmxrec.h"

#define USERS 30
#define ITEMS 24
#define TOP   6
#define EACH  3

static const char *const models[] = {"pop", "itemknn",  "ease",   "ials",
                                     "bpr", "lightgcn", "sasrec", "gru4rec"};
#define MODELS (sizeof models / sizeof *models)

static struct llmx_data *open_data(const char *path, const struct llmx_data_options *how)
{
    struct llmx_data *data = NULL;
    struct llmx_error err;
    if (llmx_data_open(&data, path, how, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

static struct llmx_run *train(const struct llmx_data *data, const char *model, const char *name)
{
    struct llmx_train_options options = llmx_train_defaults(model);
    struct llmx_run *run = NULL;
    struct llmx_error err;
    options.dim = 8;
    options.inner = 8;
    options.epochs = options.epochs > 1 ? 4 : 1;
    options.force = 1;
    options.threads = 1;
    if (llmx_train(data, &options, test_path(name), &err) != 0 ||
        llmx_run_open(&run, test_path(name), data, &err) != 0)
        fail_msg("%s: %s", model, err.message);
    return run;
}

static bool is_in(llmx_id item, const llmx_id *items, int n)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item)
            return true;
    return false;
}

/* The user's list: nothing that is in `part` of the log, evidence from `known` alone. How much of it was held out. */
static int hold_list(const struct llmx_run *run, llmx_id user, enum llmx_as_of as_of,
                     enum llmx_part part, enum llmx_part known)
{
    const struct llmx_person person = {.user = user, .as_of = as_of};
    struct llmx_recommendation top[TOP];
    struct llmx_evidence evidence[TOP * EACH];
    int n_taken, n_known, n_train, newer = 0;
    const llmx_id *taken = llmx_data_history(run->data, user, part, &n_taken);
    const llmx_id *items = llmx_data_history(run->data, user, known, &n_known);
    llmx_data_history(run->data, user, LLMX_TRAIN, &n_train);
    const int n = llmx_recommend(run, &person, NULL, TOP, EACH, top, evidence, NULL);
    assert_int_equal(n, TOP);
    for (int i = 0; i < n; i++) {
        assert_false(is_in(top[i].item, taken, n_taken));
        for (int e = 0; e < top[i].n_evidence; e++) {
            assert_true(is_in(top[i].evidence[e].item, items, n_known));
            newer += !is_in(top[i].evidence[e].item, items, n_train);
        }
    }
    return newer;
}

static void test_recommend__knows_the_whole_log_or_the_training(void **state)
{
    (void)state;
    static const char *const splits[] = {NULL, "ratio:0.5,0.25,0.25"};
    char path[256];
    snprintf(path, sizeof path, "%s", test_interactions("log.inter", USERS, ITEMS, 10, 2));
    for (size_t s = 0; s < 2; s++) {
        struct llmx_data *data =
            open_data(path, &(struct llmx_data_options){.split_by = splits[s]});
        for (size_t m = 0; m < MODELS; m++) {
            struct llmx_run *run = train(data, models[m], "log-run");
            const enum llmx_part known = run->row->is_sequential ? LLMX_TRAIN_VALID : LLMX_TRAIN;
            int newer = 0;
            for (llmx_id user = 0; user < USERS; user++) {
                newer += hold_list(run, user, LLMX_AS_OF_NOW, LLMX_ALL, LLMX_ALL);
                hold_list(run, user, LLMX_AS_OF_TRAIN, LLMX_TRAIN_VALID, known);
            }
            if (m > 0 && newer == 0)
                fail_msg("%s: what was held out carries nothing", models[m]);
            llmx_run_destroy(run);
        }
        llmx_data_destroy(data);
    }
}

/* How far the scores of the user, as of then and now, are from those of somebody with their whole history. */
static void measure_distance(const struct llmx_run *run, llmx_id user, double distance[2])
{
    float scores[3 * ITEMS];
    const int items = llmx_data_items(run->data);
    struct llmx_person people[3] = {
        {.user = user}, {.user = user, .as_of = LLMX_AS_OF_TRAIN}, {.user = -1}};
    people[2].history = llmx_data_history(run->data, user, LLMX_ALL, &people[2].n);
    assert_int_equal(llmx_score_people(run, people, 3, scores, NULL), 0);
    for (int i = 0; i < items; i++)
        for (int as_of = 0; as_of < 2; as_of++)
            distance[as_of] += fabs((double)scores[as_of * items + i] - scores[2 * items + i]);
}

/* The row of a user of bpr makes a step or two of Newton's towards it. */
static void test_recommend__a_user_is_who_has_that_history(void **state)
{
    (void)state;
    static const struct {
        const char *model;
        double share; /* of the distance as of the training */
    } rows[] = {{"itemknn", 0}, {"ease", 0}, {"ials", 1e-4}, {"sasrec", 0}, {"bpr", 0.1}};
    struct llmx_data *data = test_data("who.inter", USERS, ITEMS, 10, 2);
    for (size_t m = 0; m < sizeof rows / sizeof *rows; m++) {
        struct llmx_run *run = train(data, rows[m].model, "who-run");
        double distance[2] = {0};
        for (llmx_id user = 0; user < USERS; user++)
            measure_distance(run, user, distance);
        if (!(distance[0] <= rows[m].share * distance[1]) || distance[1] == 0)
            fail_msg("%s: %g now, %g as of the training", rows[m].model, distance[0], distance[1]);
        llmx_run_destroy(run);
    }
    llmx_data_destroy(data);
}

/* Brought up to date with what it knew already, a row stays where it is. */
static void test_recommend__nothing_new_changes_nothing(void **state)
{
    (void)state;
    static const char *const with_rows[] = {"lightgcn", "ials"};
    struct llmx_data *data = test_data("same.inter", USERS, ITEMS, 10, 2);
    for (size_t m = 0; m < 2; m++) {
        struct llmx_run *run = train(data, with_rows[m], "same");
        for (llmx_id user = 0; user < USERS; user++) {
            float scores[2 * ITEMS];
            struct llmx_person people[2] = {run_person(run, user), run_person(run, user)};
            people[1].as_of = LLMX_AS_OF_NOW;
            assert_int_equal(run->row->score(run->model, people, 2, scores, NULL), 0);
            for (int i = 0; i < llmx_data_items(data); i++)
                assert_near(scores[i], scores[llmx_data_items(data) + i], 1e-5);
        }
        llmx_run_destroy(run);
    }
    llmx_data_destroy(data);
}

/* ---- one item under several ids ---- */

#define TITLES "item_id:token\ttitle:token_seq\trelease_year:token\n"

static struct llmx_data *open_films(const char *items)
{
    static const char inter[] =
        "user_id:token\titem_id:token\ttimestamp:float\n"
        "u\ta\t1\nu\tc\t2\nu\te\t3\nv\tb\t1\nv\tc\t2\nv\te\t3\nw\tb\t1\nw\te\t2\nw\td\t3\n"
        "x\ta\t1\nx\td\t2\nx\tf\t3\ny\tf\t1\ny\tb\t2\ny\tc\t3\nz\ta\t1\nz\tb\t2\nz\te\t3\n";
    test_file("films.inter", inter);
    test_file("films.item", items);
    return open_data(test_path("films"), NULL);
}

/* The tokens of u's list, with the taken ones where `keep_seen`; evidence is never the item itself. */
static const char *list_of_u(const char *model, const char *items, int keep_seen)
{
    static char list[64];
    struct llmx_data *data = open_films(items);
    struct llmx_run *run = train(data, model, "films-run");
    const struct llmx_person u = {.user = llmx_data_user(data, "u")};
    const struct llmx_selection selection = {.keep_seen = keep_seen};
    struct llmx_recommendation top[TOP];
    struct llmx_evidence evidence[TOP * EACH];
    const int n = llmx_recommend(run, &u, &selection, TOP, EACH, top, evidence, NULL);
    assert_true(n >= 0);
    list[0] = '\0';
    for (int i = 0; i < n; i++) {
        const char *token = llmx_data_item_token(data, top[i].item);
        strcat(list, token);
        for (int e = 0; e < top[i].n_evidence; e++)
            assert_false(twins_are_one(&run->twins, top[i].item, top[i].evidence[e].item));
    }
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return list;
}

static bool has_all(const char *list, const char *tokens)
{
    return strlen(list) == strlen(tokens) && strspn(list, tokens) == strlen(list);
}

/* u has a, c and e. */
static void test_twins__go_with_what_was_taken(void **state)
{
    (void)state;
    static const struct {
        const char *items, *left;
    } catalogues[] = {
        {TITLES "a\tHill\t1991\nb\tHill\t1991\nc\tDune\t1995\nd\tDune\t1984\n", "df"},
        {TITLES "a\tHill\t1991\nb\t  hill \t1991\nd\tHILL\t1991\nf\tHills\t1991\n", "f"},
        {"item_id:token\tname:token_seq\na\tHill\nd\tHill\ne\tRoad\nf\tRoad\n", "b"},
        {TITLES "a\t\t1991\nb\t\t1991\nd\t\t\n", "bdf"}, /* no title is nobody's title */
        {"item_id:token\tclass:token_seq\na\tX\nb\tX\n", "bdf"},
    };
    static const char *const some[] = {"pop", "itemknn", "ease", "bpr"};
    for (size_t m = 0; m < sizeof some / sizeof *some; m++)
        for (size_t c = 0; c < sizeof catalogues / sizeof *catalogues; c++) {
            const char *list = list_of_u(some[m], catalogues[c].items, 0);
            if (!has_all(list, catalogues[c].left))
                fail_msg("%s, %zu: %s, not %s", some[m], c, list, catalogues[c].left);
            assert_true(has_all(list_of_u(some[m], catalogues[c].items, 1), "abcdef"));
        }
}

/* b and d are one film and nobody's yet: the one that goes before the other with --keep-seen is given. */
static void test_twins__stand_in_a_list_once(void **state)
{
    (void)state;
    static const char items[] = TITLES "b\tHill\t1991\nd\tHill\t1991\nf\tRoad\t1991\n";
    static const char *const some[] = {"pop", "itemknn", "ease", "bpr"};
    for (size_t m = 0; m < sizeof some / sizeof *some; m++) {
        char all[16], one[16];
        snprintf(all, sizeof all, "%s", list_of_u(some[m], items, 1));
        snprintf(one, sizeof one, "%s", list_of_u(some[m], items, 0));
        assert_true(has_all(all, "abcdef"));
        const char best = strchr(all, 'b') < strchr(all, 'd') ? 'b' : 'd';
        if (!has_all(one, (char[]){best, 'f', '\0'}))
            fail_msg("%s: %s, of %s", some[m], one, all);
    }
}

/* ---- of whom nothing is known ---- */

static void test_recommend_popular__is_the_model_pop(void **state)
{
    (void)state;
    struct llmx_data *data = test_data("pop.inter", USERS, ITEMS, 10, 2),
                     *all = open_data(test_path("pop.inter"),
                                      &(struct llmx_data_options){.split_by = "none"});
    struct llmx_run *run = train(data, "pop", "pop"), *final = train(all, "pop", "pop-final");
    const struct llmx_person nobody = {.user = -1, .history = NULL, .n = 0};
    unsigned char is_left_out[ITEMS] = {0, 1, 0, 1};
    const struct llmx_selection selection = {.is_left_out = is_left_out};
    for (int as_of = LLMX_AS_OF_NOW; as_of <= LLMX_AS_OF_TRAIN; as_of++) {
        struct llmx_recommendation popular[TOP], top[TOP];
        assert_int_equal(
            llmx_recommend_popular(run, (enum llmx_as_of)as_of, &selection, TOP, popular, NULL),
            TOP);
        assert_int_equal(llmx_recommend(as_of == LLMX_AS_OF_NOW ? final : run, &nobody, &selection,
                                        TOP, 0, top, NULL, NULL),
                         TOP);
        for (int i = 0; i < TOP; i++) {
            assert_string_equal(llmx_data_item_token(data, popular[i].item),
                                llmx_data_item_token(data, top[i].item));
            assert_near(popular[i].score, top[i].score, 1e-6);
            assert_int_equal(popular[i].n_evidence, 0);
            assert_int_equal(popular[i].rank, i + 1);
        }
    }
    llmx_run_destroy(run);
    llmx_run_destroy(final);
    llmx_data_destroy(data);
    llmx_data_destroy(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recommend__knows_the_whole_log_or_the_training),
        cmocka_unit_test(test_recommend__a_user_is_who_has_that_history),
        cmocka_unit_test(test_recommend__nothing_new_changes_nothing),
        cmocka_unit_test(test_twins__go_with_what_was_taken),
        cmocka_unit_test(test_twins__stand_in_a_list_once),
        cmocka_unit_test(test_recommend_popular__is_the_model_pop),
    };
    return cmocka_run_group_tests_name("serving", tests, NULL, NULL);
}
