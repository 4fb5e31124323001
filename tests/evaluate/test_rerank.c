/* Reranking with a language model that knows, does not know or knows the contrary of what comes next: llmx_answers is made up
 * here. Everybody takes items one after the other, by number. */
#include "base/memory.h"
#include "evaluate/title_likelihood.h"
#include "llmxrec/evaluate.h"
#include "run/run.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

#define USERS 40
#define ITEMS 60
#define EACH  12
#define MODEL "tests/golden/llm/llama-tied"

static struct llmx_run run;
static struct llmx_model *model;

/* How likely the title that is next is made: more than all others, less, or one as the other. */
static double knowledge;
static int questions_asked;

/* ---- the language model ---- */

/* The number in the last title of these tokens into *number, -1 when there is none. */
static int last_number(const int32_t *ids, int n, int *number, struct llmx_error *err)
{
    char *text;
    if (llmx_detokenize(llmx_model_tokenizer(model), ids, n, &text, err) != 0)
        return -1;
    *number = -1;
    for (const char *at = text; (at = strstr(at, "Film ")); at++)
        *number = (int)strtol(at + 5, NULL, 10);
    free(text);
    return 0;
}

int llmx_answers(const struct llmx_model *asked, struct llmx_answers_group *groups, size_t n,
                 const struct llmx_answers_options *options, struct llmx_error *err)
{
    assert_ptr_equal(asked, model);
    assert_int_equal(n, 1);
    if (llmx_stop_asked(options->stop))
        return err_set(err, LLMX_INTERRUPTED, "interrupted");
    for (int i = 0; i < groups->n; i++) {
        struct llmx_answers_question *q = &groups->question[i];
        int latest, item;
        questions_asked++;
        if (last_number(q->prompt, q->n_prompt, &latest, err) != 0)
            return -1;
        for (int a = 0; a < q->n; a++) {
            if (last_number(q->answer[a], q->n_tokens[a], &item, err) != 0)
                return -1;
            const bool is_next = latest >= 0 && item == (latest + 1) % ITEMS;
            assert_in_range(item, 0, ITEMS - 1);
            q->logprob[a] = -10.0 + (is_next ? knowledge : 0) - 0.001 * item;
        }
    }
    return 0;
}

/* ---- the recommender: the next item is in the middle of its list ---- */

static int number_of(llmx_id item)
{
    return (int)strtol(llmx_data_item_token(run.data, item) + 1, NULL, 10);
}

static int score(const void *unused, const struct llmx_person *people, int n, float *scores,
                 struct llmx_error *err)
{
    (void)unused, (void)err;
    const llmx_id items = llmx_data_items(run.data);
    for (int p = 0; p < n; p++)
        for (llmx_id i = 0; i < items; i++) {
            const int after = number_of(people[p].history[people[p].n - 1]);
            const int distance = (number_of(i) - after + ITEMS) % ITEMS;
            scores[p * items + i] = -(float)abs(distance - 2 - people[p].user % 3);
        }
    return 0;
}

static const struct recommender middling = {
    .name = "middling", .is_sequential = true, .score = score};

static struct llmx_data *open_data(const char *name, bool with_titles)
{
    char file[64];
    struct llmx_data *data;
    struct llmx_error err;
    snprintf(file, sizeof file, "%s.inter", name);
    FILE *f = fopen(test_path(file), "w");
    fputs("user_id:token\titem_id:token\ttimestamp:float\n", f);
    for (int u = 0; u < USERS; u++)
        for (int j = 0; j < EACH; j++)
            fprintf(f, "u%d\ti%d\t%d\n", u, (7 * u + j) % ITEMS, j);
    fclose(f);
    snprintf(file, sizeof file, "%s.item", name);
    f = fopen(test_path(file), "w");
    fputs(with_titles ? "item_id:token\tmovie_title:token_seq\n" : "item_id:token\tcolour:token\n",
          f);
    for (int i = 0; i < ITEMS; i++)
        fprintf(f, "i%d\tFilm %d\n", i, i);
    fclose(f);
    snprintf(file, sizeof file, "%s.inter", name);
    if (llmx_data_open(&data, test_path(file), NULL, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    run = (struct llmx_run){.row = &middling, .data = open_data("made", true)};
    if (llmx_model_open(&model, MODEL, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy((struct llmx_data *)(uintptr_t)run.data);
    llmx_model_destroy(model);
    return 0;
}

static const struct llmx_rerank_options standard = {
    .candidates = 20, .history = 3, .resampling = {.resamples = 200, .seed = 3, .threads = 2}};

static struct llmx_rerank measure(double what_it_knows)
{
    struct llmx_rerank r;
    struct llmx_error err;
    knowledge = what_it_knows;
    if (llmx_rerank(&run, model, &standard, &r, &err) != 0)
        fail_msg("%s", err.message);
    return r;
}

/* ---- choosing and measuring ---- */

static void test_rerank__takes_what_a_model_knows(void **state)
{
    (void)state;
    const struct llmx_rerank r = measure(+5);
    assert_int_equal(r.users_valid, USERS);
    assert_int_equal(r.users_test, USERS);
    assert_true(r.weight > 0 && r.valid_after > r.valid_before);
    assert_near(r.valid_after, 1, 1e-12);
    assert_near(r.alone.mean, 1, 1e-12);
    assert_near(r.findable, 1, 1e-12);
    assert_true(r.gain.interval.low > 0);
    assert_near(r.gain.interval.mean, r.after.mean - r.before.mean, 1e-12);
    assert_near(r.gain_alone.interval.mean, r.alone.mean - r.before.mean, 1e-12);
}

static void test_rerank__leaves_the_order_where_the_model_is_wrong(void **state)
{
    (void)state;
    const struct llmx_rerank r = measure(-5);
    assert_near(r.weight, 0, 0);
    assert_near(r.valid_after, r.valid_before, 0);
    assert_near(r.gain.interval.mean, 0, 0);
    assert_true(r.gain_alone.interval.high < 0);
}

static void test_rerank__measures_the_recommender_as_evaluate_does(void **state)
{
    (void)state;
    static const int ten[] = {10};
    struct llmx_metrics valid, held;
    assert_int_equal(llmx_evaluate(&run, LLMX_VALID, ten, 1, 1, &valid, NULL), 0);
    assert_int_equal(llmx_evaluate(&run, LLMX_TEST, ten, 1, 1, &held, NULL), 0);
    const struct llmx_rerank r = measure(0);
    assert_true(held.at[0].ndcg > 0.1 && held.at[0].ndcg < 0.9);
    assert_near(r.valid_before, valid.at[0].ndcg, 1e-12);
    assert_near(r.before.mean, held.at[0].ndcg, 1e-12);
}

static void test_rerank__takes_a_sample_of_users(void **state)
{
    (void)state;
    struct llmx_rerank r;
    struct llmx_rerank_options how = standard;
    how.users = 7;
    knowledge = 5;
    questions_asked = 0;
    assert_int_equal(llmx_rerank(&run, model, &how, &r, NULL), 0);
    assert_int_equal(r.users_test, 7);
    assert_in_range(questions_asked, 15, 16); /* one each and part, and that of the empty list */
}

static void test_title_ask__gives_every_form(void **state)
{
    (void)state;
    struct title_likelihood titles;
    const llmx_id history[] = {0, 1, 2}, item[] = {3, 40};
    double figures[LLMX_TITLE_FORMS][2];
    const struct title_question question = {
        history, 3, item, 2, {figures[0], figures[1], figures[2]}};
    knowledge = 5;
    assert_int_equal(title_open(&titles, run.data, model, NULL), 0);
    assert_int_equal(title_ask(&titles, &question, 1, &standard, NULL), 0);
    assert_near(figures[LLMX_TITLE_SUM][0], -10 + 5 - 0.001 * number_of(3), 1e-12);
    for (int i = 0; i < 2; i++)
        assert_near(figures[LLMX_TITLE_MEAN][i], figures[LLMX_TITLE_SUM][i] / titles.n_ids[item[i]],
                    1e-12);
    assert_near(figures[LLMX_TITLE_GAIN][0], 5, 1e-12);
    assert_near(figures[LLMX_TITLE_GAIN][1], 0, 1e-12);
    title_release(&titles);
}

static void test_title_blend__by_hand(void **state)
{
    (void)state;
    static const double score[] = {4, 2, 2, 0}, figure[] = {0, 6, 0, 6}, alike[] = {3, 3, 3, 3};
    double blend[4];
    int order[4];
    title_blend(score, figure, 4, 0, blend, order);
    for (int i = 0; i < 4; i++)
        assert_int_equal(order[i], i); /* equal ones as they stood */
    title_blend(score, figure, 4, 0.5, blend, order);
    assert_near(blend[0], 0.5 * sqrt(2) - 0.5, 1e-12);
    assert_near(blend[1], 0.5, 1e-12);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 0);
    assert_int_equal(order[2], 3);
    title_blend(score, figure, 4, 1, blend, order);
    assert_int_equal(order[0], 1);
    assert_int_equal(order[1], 3);
    assert_int_equal(order[2], 0);
    title_blend(alike, figure, 4, 0.25, blend, order);
    assert_near(blend[0], -0.25, 1e-12);
}

/* ---- a file ---- */

static struct llmx_rerank chosen(double weight)
{
    return (struct llmx_rerank){.form = LLMX_TITLE_SUM, .weight = weight};
}

static int rerank_file(const char *text, double weight, int *skipped, struct llmx_error *err)
{
    const struct llmx_rerank how = chosen(weight);
    return llmx_rerank_file(test_file("recs.jsonl", text), &run, model, &standard, &how,
                            test_path("out.jsonl"), skipped, err);
}

/* u0 took i0 to i11; what is best as the recommender has it is not what comes next. */
#define RECS                                                                                       \
    "{\"user\":\"u0\",\"item\":\"i20\",\"rank\":1,\"score\":3,\"evidence\":[\"i1\"]}\n"            \
    "{\"user\":\"u0\",\"item\":\"i12\",\"rank\":2,\"score\":1,\"evidence\":[\"i1\"],\"own\":7}\n"  \
    "{\"user\":\"u1\",\"item\":\"i30\",\"rank\":1,\"score\":2,\"evidence\":[\"i8\"]}\n"

static void test_rerank_file__writes_the_new_order(void **state)
{
    (void)state;
    struct llmx_error err;
    int skipped = -1;
    knowledge = 5;
    if (rerank_file(RECS, 1, &skipped, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(skipped, 0);
    char *out = test_read(test_path("out.jsonl"));
    assert_string_equal(
        out, "{\"user\":\"u0\",\"item\":\"i12\",\"rank\":1,\"score\":1.0,\"evidence\":[\"i1\"],"
             "\"own\":7,\"recommender_score\":1.0,\"title_logprob\":-5.012}\n"
             "{\"user\":\"u0\",\"item\":\"i20\",\"rank\":2,\"score\":-1.0,\"evidence\":[\"i1\"],"
             "\"recommender_score\":3.0,\"title_logprob\":-10.02}\n"
             "{\"user\":\"u1\",\"item\":\"i30\",\"rank\":1,\"score\":0.0,\"evidence\":[\"i8\"],"
             "\"recommender_score\":2.0,\"title_logprob\":-10.03}\n");
    free(out);
    assert_int_equal(rerank_file(RECS, 0, &skipped, &err), 0);
    out = test_read(test_path("out.jsonl"));
    assert_true(strstr(out, "i20") < strstr(out, "i12"));
    free(out);
}

static void test_rerank_file__says_what_is_wrong(void **state)
{
    (void)state;
    struct llmx_error err;
    int skipped = -1;
    assert_int_equal(rerank_file("{\"user\":\"u0\",\"item\":\"i20\",\"evidence\":[\"i1\"]}\n", 1,
                                 &skipped, &err),
                     -1);
    assert_contains(err.message, "recs.jsonl:1: no \"score\"");
    assert_int_equal(rerank_file("", 1, &skipped, &err), -1);
    assert_contains(err.message, "no recommendations");
    assert_int_equal(rerank_file("{\"user\":\n", 1, &skipped, &err), -1);
    assert_contains(err.message, "recs.jsonl:1: ");
    assert_int_equal(
        rerank_file(RECS "{\"user\":\"u2\",\"item\":\"nothing\",\"score\":1}\n", 1, &skipped, &err),
        0);
    assert_int_equal(skipped, 1);
}

/* ---- what cannot be, and what is printed ---- */

static void refuses(struct llmx_rerank_options how, enum llmx_code code, const char *words)
{
    struct llmx_rerank r;
    struct llmx_error err;
    assert_int_equal(llmx_rerank(&run, model, &how, &r, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, words);
}

static void test_rerank__refuses_what_cannot_be(void **state)
{
    (void)state;
    struct llmx_stop stop = {0};
    struct llmx_rerank_options how = standard;
    how.candidates = 9;
    refuses(how, LLMX_BAD_OPTION, "9 candidates: choose 10 to 1000");
    how = standard, how.history = 0;
    refuses(how, LLMX_BAD_OPTION, "a history of 0");
    how = standard, how.users = -1;
    refuses(how, LLMX_BAD_OPTION, "-1 users");
    how = standard, how.resampling.resamples = 7;
    refuses(how, LLMX_BAD_OPTION, "7");
    how = standard, how.stop = &stop;
    llmx_stop_ask(&stop);
    refuses(how, LLMX_INTERRUPTED, "interrupted");
    const struct llmx_run titled = run;
    struct llmx_data *untitled = open_data("bare", false);
    run.data = untitled;
    refuses(standard, LLMX_UNSUPPORTED, "no titles");
    run = titled;
    llmx_data_destroy(untitled);
}

static char *print(const struct llmx_rerank *r, int is_json)
{
    FILE *f = fopen(test_path("printed"), "w");
    assert_non_null(f);
    assert_int_equal(llmx_rerank_print(r, f, is_json, NULL), 0);
    fclose(f);
    return test_read(test_path("printed"));
}

static void test_rerank_print__says_what_it_is_worth(void **state)
{
    (void)state;
    struct llmx_rerank r = measure(5);
    char *text = print(&r, 0);
    assert_contains(text, "middling: its best 20");
    assert_contains(text, "chosen");
    assert_contains(text, "The blend ranks better than the recommender");
    free(text);
    text = print(&r, 1);
    assert_int_equal(strncmp(text, "{\n  \"view\": \"rerank\",", 21), 0);
    assert_contains(text, "\"findable\": 1.0");
    free(text);
    r = measure(-5);
    text = print(&r, 0);
    assert_contains(text, "No weight helps");
    assert_null(strstr(text, "chosen"));
    free(text);
}

static int try_rerank(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_rerank r;
    struct llmx_rerank_options how = standard;
    how.users = 3;
    return llmx_rerank(&run, model, &how, &r, err);
}

static int try_file(void *context, struct llmx_error *err)
{
    int skipped;
    const struct llmx_rerank how = chosen(0.5);
    return llmx_rerank_file(context, &run, model, &standard, &how, test_path("out.jsonl"), &skipped,
                            err);
}

static void test_rerank__survives_any_allocation_that_fails(void **state)
{
    (void)state;
    char path[200];
    assert_true(failing_alloc_each(try_rerank, NULL) > 50);
    snprintf(path, sizeof path, "%s", test_file("recs.jsonl", RECS));
    assert_true(failing_alloc_each(try_file, path) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rerank__takes_what_a_model_knows),
        cmocka_unit_test(test_rerank__leaves_the_order_where_the_model_is_wrong),
        cmocka_unit_test(test_rerank__measures_the_recommender_as_evaluate_does),
        cmocka_unit_test(test_rerank__takes_a_sample_of_users),
        cmocka_unit_test(test_title_ask__gives_every_form),
        cmocka_unit_test(test_title_blend__by_hand),
        cmocka_unit_test(test_rerank_file__writes_the_new_order),
        cmocka_unit_test(test_rerank_file__says_what_is_wrong),
        cmocka_unit_test(test_rerank__refuses_what_cannot_be),
        cmocka_unit_test(test_rerank_print__says_what_it_is_worth),
        cmocka_unit_test(test_rerank__survives_any_allocation_that_fails),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
