/* Attributes hidden and guessed, from data where it is known what tells them. */
#include "base/plain_json.h"
#include "evaluate/attribute_panel.h"
#include "llmxrec/llmxrec.h"
#include "support/test.h"

#define USERS 80
#define MODEL "tests/golden/llm/llama-tied"

static struct llmx_data *data;
static struct llmx_model *model;

/* Women take the items with odd numbers, men the even ones; what is told says no more. */
static void write_data(void)
{
    static char log[60000], users[8000], items[4000], recs[12000], texts[24000];
    size_t n = 0, u = 0, m = 0, r = 0, t = 0;
    n += (size_t)snprintf(log, sizeof log, "user_id:token\titem_id:token\ttimestamp:float\n");
    u += (size_t)snprintf(users, sizeof users, "user_id:token\tgender:token\n");
    m += (size_t)snprintf(items, sizeof items,
                          "item_id:token\ttitle:token_seq\tyear:token\tclass:token_seq\n");
    for (int item = 0; item < 40; item++)
        m += (size_t)snprintf(items + m, sizeof items - m, "%d\tZanzibar %d\t%d\t%s\n", item, item,
                              item % 8 < 4 ? 1985 : 1995,
                              item % 2   ? "Drama|Crime"
                              : item % 3 ? "Comedy"
                                         : "Comedy|Horror");
    for (int user = 0; user < USERS; user++) {
        const bool is_woman = user % 2;
        u += (size_t)snprintf(users + u, sizeof users - u, "u%d\t%s\n", user, is_woman ? "F" : "M");
        for (int k = 0; k < 8; k++)
            n += (size_t)snprintf(log + n, sizeof log - n, "u%d\t%d\t%d\n", user,
                                  (user * 7 + k * 3) % 20 * 2 + is_woman, k);
        const int item = (user * 7) % 20 * 2 + is_woman;
        r += (size_t)snprintf(recs + r, sizeof recs - r,
                              "{\"user\":\"u%d\",\"item\":\"%d\",\"evidence\":[]}\n", user, item);
        t += (size_t)snprintf(texts + t, sizeof texts - t,
                              "{\"user\":\"u%d\",\"item\":\"%d\",\"explanation\":\"As a %s, you "
                              "may like it.\",\"facts\":[{\"text\":\"It is new.\"}]}\n",
                              user, item, is_woman ? "woman" : "man");
    }
    test_file("d.inter", log);
    test_file("d.user", users);
    test_file("d.item", items);
    test_file("recs.jsonl", recs);
    test_file("texts.jsonl", texts);
}

static struct llmx_attributes_options how(const char *names)
{
    return (struct llmx_attributes_options){.names = names,
                                            .domain = "films",
                                            .asked_max = 30,
                                            .history_max = 5,
                                            .resampling = {.resamples = 200, .seed = 7}};
}

static struct llmx_attributes *of_data(const struct llmx_attributes_options *options,
                                       const char *out)
{
    struct llmx_attributes *found;
    struct llmx_error err;
    if (llmx_attributes_of_data(&found, data, options, out, &err) != 0)
        fail_msg("%s", err.message);
    return found;
}

static struct llmx_attributes *of_texts(const struct llmx_attributes_options *options)
{
    struct llmx_attributes *found;
    struct llmx_error err;
    if (llmx_attributes_of_texts(&found, test_path("texts.jsonl"), test_path("recs.jsonl"), data,
                                 options, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return found;
}

static const struct attribute_scores *scores(const struct llmx_attributes *found, int panel,
                                             const char *name)
{
    const struct panel *p = &found->panel[panel];
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->guess[i].name, name) == 0)
            return &p->guess[i].scores;
    fail_msg("nobody is called %s", name);
    return NULL;
}

static void test_attributes__histories_tell_what_they_depend_on(void **state)
{
    (void)state;
    const struct llmx_attributes_options options = how("gender,categories");
    struct llmx_attributes *found = of_data(&options, NULL);
    assert_int_equal(found->n, 2);
    assert_int_equal(found->panel[0].n_asked, 30);
    assert_near(scores(found, 0, "naive_bayes")->accuracy.mean, 1, 0);
    assert_true(scores(found, 0, "naive_bayes")->above_majority.low > 0.2);
    assert_true(scores(found, 0, "majority")->accuracy.mean < 0.8);
    assert_int_equal(found->panel[1].n_asked, 20); /* half of the items are learnt from */
    assert_true(scores(found, 1, "naive_bayes")->row_f1.mean > 0.8);
    llmx_attributes_destroy(found);
}

static void test_attributes__asked_and_learnt_never_meet(void **state)
{
    (void)state;
    struct llmx_attributes_options options = how("gender,year");
    static char tuned[4000];
    size_t n = 0;
    for (int user = 0; user < 60; user++)
        n += (size_t)snprintf(tuned + n, sizeof tuned - n, "{\"user\":\"u%d\"}\n", user);
    options.tuned_on_path = test_file("tuned.jsonl", tuned);
    struct llmx_attributes *found = of_data(&options, NULL);
    for (int i = 0; i < 2; i++) {
        const struct panel *p = &found->panel[i];
        bool is_asked[USERS] = {0};
        assert_int_equal(p->n_asked + p->n_learnt, i == 0 ? USERS : 40);
        for (size_t k = 0; k < p->n_asked; k++)
            is_asked[p->asked[k]] = true;
        for (size_t k = 0; k < p->n_learnt; k++)
            assert_false(is_asked[p->learnt[k]]);
        for (llmx_id user = 0; i == 0 && user < 60; user++)
            assert_false(is_asked[user]);
    }
    assert_int_equal(found->panel[0].n_asked, 20); /* those that nothing was tuned on */
    llmx_attributes_destroy(found);
}

static void test_attributes__probe_reads_embeddings(void **state)
{
    (void)state;
    struct llmx_attributes_options options = how("gender,categories");
    struct llmx_train_options train = llmx_train_defaults("bpr");
    struct llmx_run *run;
    struct llmx_error err;
    train.threads = 1;
    if (llmx_train(data, &train, test_path("bpr"), &err) != 0 ||
        llmx_run_open(&run, test_path("bpr"), data, &err) != 0)
        fail_msg("%s", err.message);
    options.run = run;
    struct llmx_attributes *found = of_data(&options, NULL);
    assert_true(scores(found, 0, "probe")->accuracy.mean > 0.9);
    assert_true(scores(found, 1, "probe")->row_f1.mean > 0.7);
    llmx_attributes_destroy(found);
    llmx_run_destroy(run);
}

static void test_attributes__asks_a_model(void **state)
{
    (void)state;
    struct llmx_attributes_options options = how("gender,categories");
    options.model = model;
    options.asked_max = 6;
    struct llmx_attributes *found = of_data(&options, test_path("rows.jsonl"));
    const struct attribute_scores *likeliest = scores(found, 0, "candidates");
    assert_int_equal(likeliest->unparsable, 0);
    assert_int_equal(scores(found, 0, "free_text")->unparsable, 6); /* of random weights */
    assert_near(scores(found, 0, "free_text")->accuracy.mean, 0, 0);
    assert_true(scores(found, 0, "calibrated")->commonest_share < 0.9);
    scores(found, 1, "candidates");
    llmx_attributes_destroy(found);
    char *rows = test_read(test_path("rows.jsonl"));
    assert_contains(rows, "{\"attribute\":\"gender\",\"user\":\"u");
    assert_contains(rows, "\"free_text\":null},\"said\":{\"free_text\":\"");
    assert_contains(rows, "{\"attribute\":\"categories\",\"item\":\"");
    free(rows);
}

static void test_attributes__texts_carry_what_they_say(void **state)
{
    (void)state;
    const struct llmx_attributes_options options = how("gender,year");
    struct llmx_attributes *found = of_texts(&options);
    assert_int_equal(found->panel[0].n_asked, USERS);
    assert_near(scores(found, 0, "text_naive_bayes")->accuracy.mean, 1, 0);
    assert_true(scores(found, 0, "facts_naive_bayes")->accuracy.mean < 0.6);
    assert_true(scores(found, 1, "text_naive_bayes")->accuracy.mean < 0.8);
    for (int i = 0; i < found->panel[0].n; i++)
        assert_null(strstr(found->panel[0].guess[i].name, "prompt")); /* no line has one */
    llmx_attributes_destroy(found);
}

static void test_attributes__texts_are_read_by_a_model(void **state)
{
    (void)state;
    struct llmx_attributes_options options = how("gender");
    options.model = model;
    struct llmx_attributes *found = of_texts(&options);
    assert_int_equal(scores(found, 0, "text_candidates")->unparsable, 0);
    scores(found, 0, "facts_calibrated");
    scores(found, 0, "facts_free_text");
    llmx_attributes_destroy(found);
}

static char *printed(const struct llmx_attributes *found, int is_json)
{
    char *text = NULL;
    size_t n;
    FILE *stream = open_memstream(&text, &n);
    assert_int_equal(llmx_attributes_print(found, stream, is_json, NULL), 0);
    fclose(stream);
    return text;
}

static void test_attributes__says_constant_guesses_in_words(void **state)
{
    (void)state;
    struct llmx_attributes_options options = how("gender,year,categories");
    options.model = model;
    struct llmx_attributes *found = of_data(&options, NULL);
    char *text = printed(found, 0), *json = printed(found, 1);
    assert_contains(text, "gender of users: one of 2, 30 asked, learnt from 50 others");
    assert_contains(text, "(a constant guess)");
    assert_int_equal(strncmp(json, "{\n  \"view\": \"attributes\",", 24), 0);
    assert_contains(json, "\"verdict\": \"a constant guess\"");
    assert_contains(json, "\"parsable_quadratic_kappa\"");
    assert_contains(json, "\"mean_row_jaccard\"");
    json_t *object = plain_json_loadb(json, strlen(json), 0, &(json_error_t){0});
    assert_non_null(object);
    json_decref(object);
    free(text);
    free(json);
    llmx_attributes_destroy(found);
}

static void assert_refused(const struct llmx_attributes_options *options, enum llmx_code code,
                           const char *part)
{
    struct llmx_attributes *found;
    struct llmx_error err;
    assert_int_equal(llmx_attributes_of_data(&found, data, options, NULL, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
}

static void test_attributes__refuses(void **state)
{
    (void)state;
    struct llmx_attributes_options options = how("gender,colour");
    assert_refused(&options, LLMX_BAD_OPTION, "no column 'colour'");
    options = how("gender,popularity"); /* every item was taken 16 times */
    assert_refused(&options, LLMX_BAD_OPTION, "'popularity' has no two values");
    options = how("gender");
    options.asked_max = 0;
    assert_refused(&options, LLMX_BAD_OPTION, "0 to ask about");
    options = how("gender");
    options.history_max = 0;
    assert_refused(&options, LLMX_BAD_OPTION, "a history of 0");
    options = how("gender");
    options.resampling.resamples = 7;
    assert_refused(&options, LLMX_BAD_OPTION, "7 resamples");
    options = how("gender");
    options.tuned_on_path = test_file("other.jsonl", "{\"user\":\"nobody\"}\n");
    assert_refused(&options, LLMX_MISMATCH, "other.jsonl has no line");
    options.tuned_on_path = test_file("bad.jsonl", "{\"user\":\"u1\"}\n{\"user\":[]}\n");
    assert_refused(&options, LLMX_BAD_INPUT, "bad.jsonl:2");
}

static int setup(void **state)
{
    (void)state;
    struct llmx_error err;
    const struct llmx_model_options options = {
        .precision = LLMX_PRECISION_F32, .threads = 1, .chat_template = "chatml"};
    write_data();
    if (llmx_data_open(&data, test_path("d.inter"), NULL, &err) != 0 ||
        llmx_model_open(&model, MODEL, &options, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    llmx_model_destroy(model);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributes__histories_tell_what_they_depend_on),
        cmocka_unit_test(test_attributes__asked_and_learnt_never_meet),
        cmocka_unit_test(test_attributes__probe_reads_embeddings),
        cmocka_unit_test(test_attributes__asks_a_model),
        cmocka_unit_test(test_attributes__texts_carry_what_they_say),
        cmocka_unit_test(test_attributes__texts_are_read_by_a_model),
        cmocka_unit_test(test_attributes__says_constant_guesses_in_words),
        cmocka_unit_test(test_attributes__refuses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
