/* Questions fitted to what a server takes, and what one question's failure costs: itself. */
#include "llmxrec/remote.h"

#include "support/http_server.h"
#include "support/test.h"

#include <pthread.h>

#define OK          "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define NO(STATUS)  "HTTP/1.1 " STATUS " No\r\nConnection: close\r\n\r\n"
#define GOOD        OK "{\"choices\":[{\"message\":{\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}"
#define N_QUESTIONS 9

struct script {
    const char *models;  /* a whole response; NULL: a list of one */
    const char *refused; /* what a body holds that is refused, with `refusal` */
    const char *refusal; /* a whole response */
    pthread_mutex_t lock;
    int asked;
    char last[4096];
};

static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    struct script *script = context;
    (void)number;
    pthread_mutex_lock(&script->lock);
    const bool is_list = strncmp(request, "GET ", 4) == 0;
    script->asked += !is_list;
    snprintf(script->last, sizeof script->last, "%s", request);
    const char *list = script->models ? script->models : OK "{\"data\":[{\"id\":\"m\"}]}";
    const bool is_refused = script->refused && strstr(request, script->refused);
    snprintf(response, size, "%s", is_list ? list : is_refused ? script->refusal : GOOD);
    pthread_mutex_unlock(&script->lock);
}

struct work {
    struct llmx_question questions[N_QUESTIONS];
    char prompts[N_QUESTIONS][8], said[LLMX_MESSAGE_MAX];
    int next, n_answered, n_failed;
};

static struct llmx_question *give_next(void *context)
{
    struct work *work = context;
    if (work->next == N_QUESTIONS)
        return NULL;
    struct llmx_question *q = &work->questions[work->next];
    snprintf(work->prompts[work->next], sizeof *work->prompts, "q%d", work->next);
    *q = (struct llmx_question){.prompt = work->prompts[work->next++], .max_tokens = 30, .seed = 9};
    return q;
}

static int note_finished(void *context, struct llmx_question *q)
{
    struct work *work = context;
    (q->text ? work->n_answered++ : work->n_failed++);
    if (!q->text)
        snprintf(work->said, sizeof work->said, "%s", q->error.message);
    return 0;
}

static int ask(struct script *script, const struct llmx_remote_options *options, struct work *work,
               struct llmx_error *err)
{
    struct llmx_remote *remote;
    char url[128];
    pthread_mutex_init(&script->lock, NULL);
    struct http_server *server = http_server_start(answer, script);
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    int status = llmx_remote_open(&remote, url, options, err);
    if (status == 0) {
        const struct llmx_remote_job job = {give_next, note_finished, work, NULL};
        status = llmx_remote_ask(remote, &job, err);
        llmx_remote_destroy(remote);
    }
    http_server_stop(server);
    return status;
}

static void test_fitting__drops_what_the_server_does_not_take(void **state)
{
    (void)state;
    static const struct {
        const char *refused, *refusal;
    } cases[] = {
        {"\"temperature\"",
         NO("400") "{\"error\":{\"message\":\"Unsupported value: 'temperature' does "
                   "not support 0 with this model.\"}}"},
        {"\"temperature\"",
         NO("422") "{\"detail\":[{\"loc\":[\"body\",\"temperature\"],\"msg\":\"Extra "
                   "inputs are not permitted\"}]}"},
        {"\"seed\"", NO("400") "{\"error\":{\"message\":\"Unrecognized request argument: seed\"}}"},
        {"\"seed\"", NO("400") "{\"message\":\"Unknown field: seed\"}"},
        {"\"max_tokens\"", NO("400") "{\"error\":{\"message\":\"max_tokens is not supported\"}}"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct script script = {.refused = cases[i].refused, .refusal = cases[i].refusal};
        struct work work = {0};
        struct llmx_error err = {0};
        const struct llmx_remote_options options = {.in_flight = 1};
        if (ask(&script, &options, &work, &err) != 0)
            fail_msg("%s: %s", cases[i].refused, err.message);
        assert_int_equal(work.n_answered, N_QUESTIONS);
        assert_int_equal(script.asked, N_QUESTIONS + 1); /* learnt once */
        assert_null(strstr(script.last, cases[i].refused));
        assert_contains(script.last, "tokens\":30");
    }
}

static void test_fitting__one_question_fails_alone(void **state)
{
    (void)state;
    static const char *const refusals[][2] = {
        {NO("400") "{\"error\":{\"message\":\"filtered by our policy\"}}",
         "filtered by our policy"},
        {NO("403") "{\"error\":{\"message\":\"flagged by moderation\"}}", "flagged by moderation"},
        {NO("413") "{\"error\":{\"message\":\"5000 tokens, the context is 4096\"}}",
         "the context is 4096"},
        {NO("500") "{\"error\":{\"message\":\"exceeds the context\"}}", "exceeds the context"},
        {OK "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"content_filter\"}]}",
         "content_filter"},
        {OK "{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"length\"}]}",
         "its tokens ran out"},
        {OK "{\"choices\":[{\"message\":{\"content\":\"\",\"refusal\":\"I will not\"}}]}",
         "I will not"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct script script = {.refused = "\"q3\"", .refusal = refusals[i][0]};
        struct work work = {0};
        struct llmx_error err = {0};
        const struct llmx_remote_options options = {
            .in_flight = 2, .retries = 3, .backoff_s = 0.02};
        if (ask(&script, &options, &work, &err) != 0)
            fail_msg("%s: %s", refusals[i][1], err.message);
        assert_int_equal(work.n_answered, N_QUESTIONS - 1);
        assert_int_equal(work.n_failed, 1);
        assert_contains(work.said, refusals[i][1]);
    }
}

/* A server that fails at everything is not asked to the end. */
static void test_fitting__a_server_that_fails_ends_it(void **state)
{
    (void)state;
    static const char *const refusals[] = {NO("500") "down", NO("403") "{\"message\":\"no key\"}"};
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct script script = {.refused = "\"q", .refusal = refusals[i]};
        struct work work = {0};
        struct llmx_error err = {0};
        const struct llmx_remote_options options = {
            .in_flight = 2, .retries = 1, .backoff_s = 0.001};
        assert_int_equal(ask(&script, &options, &work, &err), -1);
        assert_in_range(script.asked, 1, 5);
    }
}

static void test_fitting__extra_fields_go_into_every_question(void **state)
{
    (void)state;
    struct script script = {0};
    struct work work = {0};
    struct llmx_error err = {0};
    const struct llmx_remote_options options = {
        .extra = "{\"reasoning_effort\":\"low\",\"temperature\":1,\"a\":{\"b\":[1]}}"};
    if (ask(&script, &options, &work, &err) != 0)
        fail_msg("%s", err.message);
    assert_contains(script.last, "\"reasoning_effort\":\"low\"");
    assert_contains(script.last, "\"temperature\":1,");
    assert_contains(script.last, "\"a\":{\"b\":[1]}");
}

static void test_fitting__extra_is_an_object_of_other_fields(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"low", "no JSON object"},           {"[1]", "no JSON object"},
        {"{\"a\":1", "no JSON object"},      {"{\"model\":\"x\"}", "'model'"},
        {"{\"messages\":[]}", "'messages'"}, {"{\"stream\":true}", "'stream'"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct script script = {0};
        struct work work = {0};
        struct llmx_error err = {0};
        const struct llmx_remote_options options = {.extra = bad[i][0]};
        assert_int_equal(ask(&script, &options, &work, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_OPTION);
        assert_contains(err.message, bad[i][1]);
        assert_int_equal(script.asked, 0);
    }
}

static void test_fitting__a_model_by_name_needs_no_list(void **state)
{
    (void)state;
    static const char *const lists[] = {NO("404") "{}", NO("405") "{}", NO("501") "",
                                        OK "<html>models</html>", OK "[{\"id\":\"mine\"}]"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct script script = {.models = lists[i]};
        struct work work = {0};
        struct llmx_error err = {0};
        const struct llmx_remote_options options = {.model = "mine"};
        if (ask(&script, &options, &work, &err) != 0)
            fail_msg("%zu: %s", i, err.message);
        assert_contains(script.last, "\"model\":\"mine\"");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fitting__drops_what_the_server_does_not_take),
        cmocka_unit_test(test_fitting__one_question_fails_alone),
        cmocka_unit_test(test_fitting__a_server_that_fails_ends_it),
        cmocka_unit_test(test_fitting__extra_fields_go_into_every_question),
        cmocka_unit_test(test_fitting__extra_is_an_object_of_other_fields),
        cmocka_unit_test(test_fitting__a_model_by_name_needs_no_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
