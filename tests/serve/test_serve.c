/* test_serve.c - the API over a small shop: what it answers is what the library says, fits openapi.json, and refuses what makes
 * no sense. */
#include "llmxrec/recommend.h"
#include "support/shop.h"
#include "support/spec.h"
#include "support/talk.h"
#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#define JSON_TYPE "Content-Type: application/json\r\n"

static int port;

/* Asks, holds status and answer to openapi.json, and returns the answer's JSON; json_decref it. */
static json_t *ask(const char *method, const char *target, const char *body, int status)
{
    char path[256];
    const char *answer = talk(port, method, target, body ? JSON_TYPE : "", body);
    if (talk_status(answer) != status)
        fail_msg("%s %s %s: expected %d: %s", method, target, body ? body : "", status, answer);
    json_t *object = json_loads(talk_body(answer), 0, NULL);
    if (!object)
        fail_msg("%s %s: no JSON: %s", method, target, talk_body(answer));
    snprintf(path, sizeof path, "%.*s", (int)strcspn(target, "?"), target);
    spec_check(method, path, status, object);
    return object;
}

static void assert_refused(const char *method, const char *target, const char *body, int status)
{
    json_decref(ask(method, target, body, status));
}

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static double number_of(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static json_t *list_of(const json_t *object, const char *key)
{
    return json_object_get(object, key);
}

/* ---- the run, opened beside the server's ---- */

static struct llmx_data *data;
static struct llmx_run *run;

static void open_run(void)
{
    struct llmx_run_source source;
    struct llmx_error err;
    if (llmx_run_source(&source, test_path("run"), &err) != 0 ||
        llmx_run_data_open(&data, &source, &err) != 0 ||
        llmx_run_open(&run, test_path("run"), data, &err) != 0)
        fail_msg("%s", err.message);
    llmx_run_source_release(&source);
}

static void assert_evidence(const json_t *list, const struct llmx_recommendation *r)
{
    assert_int_equal(json_array_size(list), r->n_evidence);
    for (int i = 0; i < r->n_evidence; i++) {
        const json_t *one = json_array_get(list, (size_t)i);
        assert_string_equal(text_of(one, "item"), llmx_data_item_token(data, r->evidence[i].item));
        assert_near(number_of(one, "contribution"), r->evidence[i].contribution, 1e-6);
    }
}

static void assert_list(json_t *object, const struct llmx_person *person, int k)
{
    struct llmx_recommendation top[20];
    struct llmx_evidence evidence[20 * 5];
    struct llmx_error err;
    const int n = llmx_recommend(run, person, NULL, k, 5, top, evidence, &err);
    const json_t *list = list_of(object, "recommendations");
    assert_true(n > 0);
    assert_int_equal(json_array_size(list), n);
    for (int i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, (size_t)i);
        assert_string_equal(text_of(one, "item"), llmx_data_item_token(data, top[i].item));
        assert_int_equal(number_of(one, "rank"), top[i].rank);
        assert_near(number_of(one, "score"), top[i].score, 1e-6);
        assert_evidence(list_of(one, "evidence"), &top[i]);
    }
    json_decref(object);
}

/* ---- people and items ---- */

static void test_serve__finds_people(void **state)
{
    (void)state;
    json_t *all = ask("GET", "/v1/users?limit=100", NULL, 200),
           *one = ask("GET", "/v1/users?query=u1&limit=1&offset=1", NULL, 200),
           *u1 = ask("GET", "/v1/users/u1", NULL, 200);
    assert_int_equal(json_array_size(list_of(all, "users")), 20);
    assert_int_equal(number_of(all, "known"), 20);
    assert_int_equal(json_array_size(list_of(one, "users")), 1);
    const json_t *age = json_array_get(list_of(u1, "profile"), 0);
    assert_string_equal(text_of(age, "name"), "age");
    assert_string_equal(text_of(age, "value"), "<b>9</b>");
    int n;
    const llmx_id *history = llmx_data_history(data, llmx_data_user(data, "u1"), LLMX_ALL, &n);
    assert_int_equal(json_array_size(list_of(u1, "history")), n);
    for (int i = 0; i < n; i++)
        assert_string_equal(text_of(json_array_get(list_of(u1, "history"), (size_t)i), "item"),
                            llmx_data_item_token(data, history[i]));
    json_decref(all);
    json_decref(one);
    json_decref(u1);
    assert_refused("GET", "/v1/users/nobody", NULL, 404);
    assert_refused("GET", "/v1/users/%ff%fe", NULL, 404);
    assert_refused("GET", "/v1/users?limit=0", NULL, 400);
    assert_refused("GET", "/v1/users?offset=-1", NULL, 400);
    assert_refused("GET", "/v1/users?limit=many", NULL, 400);
    assert_refused("GET", "/v1/users?limit=1&limit=2", NULL, 400);
}

static void test_serve__finds_items(void **state)
{
    (void)state;
    json_t *found = ask("GET", "/v1/items?query=film%20c", NULL, 200),
           *nasty = ask("GET", "/v1/items/i5", NULL, 200);
    const json_t *first = json_array_get(list_of(found, "items"), 0);
    assert_string_equal(text_of(first, "item"), "i2");
    assert_string_equal(text_of(first, "title"), "The Film C");
    assert_contains(text_of(nasty, "title"), "<script>alert");
    assert_string_equal(text_of(json_array_get(list_of(nasty, "features"), 0), "value"), "Drama");
    json_decref(found);
    json_decref(nasty);
    assert_refused("GET", "/v1/items/i99", NULL, 404);
    assert_refused("GET", "/v1/items?limit=101", NULL, 400);
}

/* ---- recommendations ---- */

static void test_serve__recommends_as_the_library_does(void **state)
{
    (void)state;
    const struct llmx_person u3 = {.user = llmx_data_user(data, "u3")};
    const llmx_id taken[] = {llmx_data_item(data, "i1"), llmx_data_item(data, "i5"),
                             llmx_data_item(data, "i2")};
    const struct llmx_person stranger = {.user = -1, .history = taken, .n = 3};
    for (int again = 0; again < 2; again++) /* the second time from memory */
        assert_list(ask("GET", "/v1/recommendations?user=u3", NULL, 200), &u3, 10);
    assert_list(ask("GET", "/v1/recommendations?user=u3&k=2", NULL, 200), &u3, 2);
    assert_list(ask("POST", "/v1/recommendations", "{\"user\":\"u3\",\"k\":3}", 200), &u3, 3);
    assert_list(
        ask("POST", "/v1/recommendations", "{\"history\":[\"i1\",\"i5\",\"i2\"],\"k\":4}", 200),
        &stranger, 4);
}

static void test_serve__refuses_to_recommend(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"user\":7}",
                                        "{\"user\":null,\"history\":[\"i1\"]}",
                                        "{\"history\":[]}",
                                        "{\"history\":\"i1\"}",
                                        "{\"user\":\"u1\",\"history\":[\"i1\"]}",
                                        "{\"user\":\"u1\",\"k\":0}",
                                        "{\"user\":\"u1\",\"k\":1.5}",
                                        "{\"user\":\"u1\",\"k\":\"3\"}",
                                        "{\"user\":\"u1\",\"kk\":3}",
                                        "{\"user\":\"u1\",\"user\":\"u2\"}",
                                        "{\"user\":\"u\\u0000\"}"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_refused("POST", "/v1/recommendations", wrong[i], 400);
    assert_refused("POST", "/v1/recommendations", "{\"user\":\"nobody\"}", 404);
    assert_refused("POST", "/v1/recommendations", "{\"history\":[\"i1\",\"i99\"]}", 404);
    assert_refused("POST", "/v1/recommendations", "{\"history\":[3]}", 404);
    assert_refused("GET", "/v1/recommendations", NULL, 400);
    assert_refused("GET", "/v1/recommendations?user=nobody", NULL, 404);
    assert_refused("GET", "/v1/recommendations?user=u1&k=101", NULL, 400);
}

/* What is refused before a handler hears of it. */
static void test_serve__refuses_at_the_door(void **state)
{
    (void)state;
    char *long_body = malloc((1 << 20) + 3);
    const char *answer = talk(port, "DELETE", "/v1/users", "", NULL);
    assert_int_equal(talk_status(answer), 405);
    assert_contains(answer, "Allow: GET\r\n");
    answer = talk(port, "PUT", "/v1/recommendations", JSON_TYPE, "{}");
    assert_int_equal(talk_status(answer), 405);
    assert_contains(answer, "Allow: GET, POST\r\n");
    assert_int_equal(talk_status(talk(port, "GET", "/v1/nothing", "", NULL)), 404);
    assert_int_equal(
        talk_status(talk(port, "POST", "/v1/feedback", "Content-Type: text/plain\r\n", "{}")), 415);
    assert_int_equal(talk_status(talk(port, "POST", "/v1/feedback",
                                      JSON_TYPE "Origin: http://evil.example\r\n", "{}")),
                     403);
    assert_int_equal(talk_status(talk(port, "GET", "/v1/users", "Host: evil.example\r\n", NULL)),
                     421);
    memset(long_body, ' ', (1 << 20) + 2);
    long_body[(1 << 20) + 2] = '\0';
    assert_refused("POST", "/v1/feedback", long_body, 413);
    free(long_body);
}

/* ---- evidence ---- */

static void test_serve__says_why_as_the_library_does(void **state)
{
    (void)state;
    struct llmx_standing standing;
    struct llmx_evidence evidence[50];
    struct llmx_error err;
    float whole, rest;
    const struct llmx_person u3 = {.user = llmx_data_user(data, "u3")};
    int n;
    const llmx_id *history = llmx_data_history(data, u3.user, LLMX_ALL, &n);
    char body[256];
    json_t *top = ask("GET", "/v1/recommendations?user=u3&k=1", NULL, 200);
    const char *token = text_of(json_array_get(list_of(top, "recommendations"), 0), "item");
    const llmx_id item = llmx_data_item(data, token);
    assert_int_equal(llmx_rank_item(run, &u3, NULL, item, 10, 50, &standing, evidence, &err), 0);
    assert_int_equal(llmx_score_without(run, &u3, item, history, 2, &whole, &rest, &err), 0);
    snprintf(body, sizeof body, "{\"user\":\"u3\",\"item\":\"%s\",\"without\":[\"%s\",\"%s\"]}",
             token, llmx_data_item_token(data, history[0]), llmx_data_item_token(data, history[1]));
    json_t *object = ask("POST", "/v1/evidence", body, 200);
    assert_int_equal(number_of(object, "rank"), 1);
    assert_int_equal(number_of(object, "ranked"), standing.n_ranked);
    assert_near(number_of(object, "score"), standing.item.score, 1e-6);
    assert_near(number_of(object, "missing"), standing.missing, 1e-6);
    assert_evidence(list_of(object, "evidence"), &standing.item);
    assert_near(number_of(list_of(object, "without"), "whole"), whole, 1e-6);
    assert_near(number_of(list_of(object, "without"), "rest"), rest, 1e-6);
    assert_true(rest < whole);
    json_decref(object);
    json_decref(top);
    /* one that was taken is not ranked */
    snprintf(body, sizeof body, "/v1/evidence?user=u3&item=%s",
             llmx_data_item_token(data, history[0]));
    object = ask("GET", body, NULL, 200);
    assert_true(json_is_false(json_object_get(object, "is_ranked")));
    json_decref(object);
    assert_refused("GET", "/v1/evidence?user=u3", NULL, 400);
    assert_refused("GET", "/v1/evidence?user=u3&item=i99", NULL, 404);
    assert_refused("POST", "/v1/evidence", "{\"user\":\"u3\",\"item\":\"i1\",\"without\":\"i2\"}",
                   400);
    assert_refused("POST", "/v1/evidence",
                   "{\"history\":[\"i1\"],\"item\":\"i3\",\"without\":[\"i2\"]}", 404);
}

/* ---- explanations and reports made beforehand ---- */

static void with_files(struct llmx_serve_options *how)
{
    static char ours[256], theirs[256], report[256];
    static const char *files[] = {ours, theirs};
    snprintf(ours, sizeof ours, "%s", test_path("ours.jsonl"));
    snprintf(theirs, sizeof theirs, "%s", test_path("theirs.jsonl"));
    snprintf(report, sizeof report, "%s",
             test_file("report.html", "<!doctype html><script>1</script>"));
    how->explanations = files;
    how->n_explanations = 2;
    how->report_path = report;
}

static void test_serve__shows_what_was_written_before(void **state)
{
    (void)state;
    char target[256];
    json_t *top = ask("GET", "/v1/recommendations?user=u3&k=1", NULL, 200);
    snprintf(target, sizeof target, "/v1/explanations?user=u3&item=%s",
             text_of(json_array_get(list_of(top, "recommendations"), 0), "item"));
    json_t *object = ask("GET", target, NULL, 200);
    const json_t *list = list_of(object, "explanations");
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(text_of(json_array_get(list, 0), "system"), "ours");
    assert_string_equal(text_of(json_array_get(list, 0), "text"), "Ours: a film.");
    assert_string_equal(text_of(json_array_get(list, 1), "system"), "theirs");
    assert_string_equal(text_of(json_array_get(list, 1), "text"), "Theirs: <b>a film</b>.");
    json_decref(object);
    json_decref(top);
    assert_refused("POST", "/v1/explanations", "{\"user\":\"u3\",\"item\":\"i1\"}", 501);
    assert_refused("POST", "/v1/explanations", "{\"user\":\"u3\",\"item\":\"i1\",\"stream\":1}",
                   400);
    assert_refused("POST", "/v1/chat/completions", "{\"messages\":[]}", 501);
    json_t *models = ask("GET", "/v1/models", NULL, 200);
    assert_int_equal(json_array_size(list_of(models, "data")), 0);
    json_decref(models);
}

static void test_serve__shows_the_report_in_a_sandbox(void **state)
{
    (void)state;
    const char *answer = talk(port, "GET", "/report", "", NULL);
    assert_int_equal(talk_status(answer), 200);
    assert_contains(answer, "Content-Security-Policy: sandbox allow-scripts; default-src 'none'");
    assert_string_equal(talk_body(answer), "<!doctype html><script>1</script>");
}

/* ---- feedback ---- */

static void test_serve__keeps_feedback(void **state)
{
    (void)state;
    static const char *const kinds[] = {"click", "like", "dislike", "hide", "purchase"};
    char body[128];
    for (size_t i = 0; i < 5; i++) {
        snprintf(body, sizeof body, "{\"user\":\"new\",\"item\":\"i%zu\",\"kind\":\"%s\"}", i,
                 kinds[i]);
        json_decref(ask("POST", "/v1/feedback", body, 201));
    }
    assert_refused("POST", "/v1/feedback", "{\"user\":\"u1\",\"item\":\"i1\",\"kind\":\"love\"}",
                   400);
    assert_refused("POST", "/v1/feedback", "{\"user\":\"u1\",\"item\":\"i1\"}", 400);
    assert_refused("POST", "/v1/feedback", "{\"user\":\"\",\"item\":\"i1\",\"kind\":\"like\"}",
                   400);
    assert_refused("POST", "/v1/feedback", "{\"item\":\"i1\",\"kind\":\"like\"}", 400);
    assert_refused("POST", "/v1/feedback", "{\"user\":\"u1\",\"kind\":\"like\"}", 400);
    assert_refused("POST", "/v1/feedback", "{\"user\":\"u1\",\"item\":\"i99\",\"kind\":\"like\"}",
                   404);
    assert_refused("POST", "/v1/feedback",
                   "{\"user\":\"u1\",\"item\":\"i1\",\"kind\":\"like\",\"note\":\"x\"}", 400);
}

static void test_serve__is_well(void **state)
{
    (void)state;
    json_decref(ask("GET", "/healthz", NULL, 200));
    const char *answer = talk(port, "GET", "/metrics", "", NULL);
    assert_int_equal(talk_status(answer), 200);
    assert_contains(answer, "llmxrec_texts_writing 0");
    answer = talk(port, "GET", "/openapi.json", "", NULL);
    json_t *served = json_loads(talk_body(answer), 0, NULL);
    assert_true(json_equal(served, (json_t *)spec()));
    json_decref(served);
}

/* ---- who may ask ---- */

static void with_token(struct llmx_serve_options *how)
{
    how->token = "secret";
}

static void test_serve__asks_for_the_token(void **state)
{
    (void)state;
    port = shop_open(NULL, with_token);
    assert_refused("GET", "/v1/users", NULL, 401);
    assert_refused("POST", "/v1/recommendations", "{\"user\":\"u1\"}", 401);
    assert_int_equal(
        talk_status(talk(port, "GET", "/v1/users", "Authorization: Bearer secres\r\n", NULL)), 401);
    assert_int_equal(
        talk_status(talk(port, "GET", "/v1/users", "Authorization: Bearer secret\r\n", NULL)), 200);
    json_decref(ask("GET", "/healthz", NULL, 200));
    assert_int_equal(talk_status(talk(port, "GET", "/", "", NULL)), 200);
    shop_close();
}

/* ---- another run ---- */

static struct llmx_stop reload;
static _Atomic bool is_over;
static _Atomic int served, refused;

static void with_reload(struct llmx_serve_options *how)
{
    how->reload = &reload;
}

static void *ask_on(void *context)
{
    while (!is_over) {
        const int status = talk_status(talk(port, "GET", "/v1/recommendations?user=u3", "", NULL));
        served++;
        refused += status != 200;
    }
    return context;
}

static void reload_once(void)
{
    llmx_stop_ask(&reload);
    while (llmx_stop_asked(&reload))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void test_serve__takes_up_another_run_without_dropping_a_request(void **state)
{
    (void)state;
    pthread_t client;
    char *out;
    port = shop_open(NULL, with_reload);
    is_over = false;
    assert_int_equal(pthread_create(&client, NULL, ask_on, NULL), 0);
    for (int i = 0; i < 5; i++)
        reload_once();
    assert_int_equal(test_shell("cd $T && $LLMXREC train --data shop --model ease --out run "
                                "--force --quiet",
                                &out),
                     0);
    free(out);
    reload_once();
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL); /* the last reload ends */
    is_over = true;
    pthread_join(client, NULL);
    assert_int_equal(refused, 0);
    assert_true(served > 20);
    json_t *object = ask("GET", "/v1/recommendations?user=u3", NULL, 200);
    assert_string_equal(text_of(object, "model"), "ease");
    json_decref(object);
    /* a run that cannot be opened leaves the old one in its place */
    assert_int_equal(test_shell("mv $T/run $T/away", &out), 0);
    free(out);
    reload_once();
    json_decref(ask("GET", "/v1/recommendations?user=u4", NULL, 200));
    shop_close();
}

static int start(void **state)
{
    (void)state;
    shop_make();
    open_run();
    return 0;
}

static int end(void **state)
{
    (void)state;
    llmx_run_destroy(run);
    llmx_data_destroy(data);
    return 0;
}

static int open_shop(void **state)
{
    (void)state;
    port = shop_open(NULL, with_files);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    shop_close();
    return 0;
}

#define SHOP(F) cmocka_unit_test_setup_teardown(F, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP(test_serve__finds_people),
        SHOP(test_serve__finds_items),
        SHOP(test_serve__recommends_as_the_library_does),
        SHOP(test_serve__refuses_to_recommend),
        SHOP(test_serve__refuses_at_the_door),
        SHOP(test_serve__says_why_as_the_library_does),
        SHOP(test_serve__shows_what_was_written_before),
        SHOP(test_serve__shows_the_report_in_a_sandbox),
        SHOP(test_serve__keeps_feedback),
        SHOP(test_serve__is_well),
        cmocka_unit_test(test_serve__asks_for_the_token),
        cmocka_unit_test(test_serve__takes_up_another_run_without_dropping_a_request),
    };
    return cmocka_run_group_tests(tests, start, end);
}
