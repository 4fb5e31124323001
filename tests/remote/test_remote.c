/* Questions to a server that answers, refuses, stumbles and goes away. */
#include "base/plain.h"
#include "llmxrec/remote.h"

#include "support/http_server.h"
#include "support/test.h"

#include <pthread.h>
#include <time.h>

#define OK     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define MODELS OK "{\"data\":[{\"id\":\"small\"},{\"id\":\"large\"}]}"
#define KEY    "sesame-4711"

/* What the server does, and what it saw. */
struct script {
    int stumbles;        /* chat requests answered with `stumble` before it answers */
    const char *stumble; /* a whole response; "" closes the connection */
    const char *models;  /* a whole response; NULL: MODELS */
    const char *refusal; /* a whole response to chat requests; NULL: answer */
    const char *refused; /* a prompt that is refused; NULL: all */
    pthread_mutex_t lock;
    int asked;
    char last[4096]; /* request */
};

static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    struct script *script = context;
    (void)number;
    pthread_mutex_lock(&script->lock);
    const char *prompt = strstr(request, "\"content\":\"");
    int length = prompt ? (int)strcspn(prompt + 11, "\"") : 0;
    snprintf(script->last, sizeof script->last, "%s", request);
    if (strncmp(request, "GET /v1/models ", 15) == 0)
        snprintf(response, size, "%s", script->models ? script->models : MODELS);
    else if (script->refusal && (!script->refused || strstr(request, script->refused)) &&
             ++script->asked)
        snprintf(response, size, "%s", script->refusal);
    else if (script->asked++ >= 0 && script->asked <= script->stumbles)
        snprintf(response, size, "%s", script->stumble);
    else
        snprintf(response, size,
                 OK "{\"choices\":[{\"message\":{\"content\":\"re: %.*s\"},\"finish_reason\":"
                    "\"length\"}],\"usage\":{\"completion_tokens\":7}}",
                 length, prompt ? prompt + 11 : "");
    pthread_mutex_unlock(&script->lock);
}

/* Questions "q0" to "qN". */
struct work {
    struct llmx_question questions[20];
    char prompts[20][8], answers[20][40];
    int n, next, n_finished, n_failed, again;
    char said[LLMX_MESSAGE_MAX]; /* of the last failure */
    int n_tokens;
    enum llmx_finish finish;
    struct llmx_stop stop;
};

static struct llmx_question *give_next(void *context)
{
    struct work *work = context;
    if (work->next == work->n)
        return NULL;
    struct llmx_question *q = &work->questions[work->next];
    snprintf(work->prompts[work->next], sizeof *work->prompts, "q%d", work->next);
    *q = (struct llmx_question){.prompt = work->prompts[work->next++],
                                .max_tokens = 30,
                                .sampling = {0.5f, 0.9f, 0, 1},
                                .seed = 11};
    return q;
}

static int note_finished(void *context, struct llmx_question *q)
{
    struct work *work = context;
    if (q->error.code != LLMX_OK) {
        assert_null(q->text);
        snprintf(work->said, sizeof work->said, "%s", q->error.message);
        work->n_failed++;
        return 0;
    }
    snprintf(work->answers[q - work->questions], sizeof *work->answers, "%s", q->text);
    work->n_tokens = q->n_tokens;
    work->finish = q->finish;
    if (work->again-- > 0)
        return 1;
    work->n_finished++;
    return 0;
}

static int ask(struct script *script, const struct llmx_remote_options *options, struct work *work,
               struct llmx_error *err)
{
    struct llmx_remote *remote;
    char url[128];
    pthread_mutex_init(&script->lock, NULL);
    struct http_server *server = http_server_start(answer, script);
    snprintf(url, sizeof url, "%s/v1/", http_server_url(server));
    int status = llmx_remote_open(&remote, url, options, err);
    if (status == 0) {
        const struct llmx_remote_job job = {give_next, note_finished, work, &work->stop};
        status = llmx_remote_ask(remote, &job, err);
        llmx_remote_destroy(remote);
    }
    http_server_stop(server);
    return status;
}

static void test_remote__answers_every_question(void **state)
{
    (void)state;
    struct script script = {0};
    struct work work = {.n = 20, .again = 3};
    struct llmx_error err = {0};
    const struct llmx_remote_options options = {.in_flight = 3};
    setenv("LLMXREC_API_KEY", KEY, 1);
    if (ask(&script, &options, &work, &err) != 0)
        fail_msg("%s", err.message);
    unsetenv("LLMXREC_API_KEY");
    assert_int_equal(work.n_finished, 20);
    assert_int_equal(script.asked, 23);
    assert_string_equal(work.answers[0], "re: q0");
    assert_string_equal(work.answers[19], "re: q19");
    assert_int_equal(work.n_tokens, 7);
    assert_int_equal(work.finish, LLMX_FINISH_LENGTH);
    assert_contains(script.last, "Authorization: Bearer " KEY);
    assert_contains(script.last, "\"model\":\"small\"");
    assert_contains(script.last, "\"max_tokens\":30");
    assert_contains(script.last, "\"top_p\":0.9");
    assert_contains(script.last, "\"seed\":5");
}

static void test_remote__asks_again_after_what_may_pass(void **state)
{
    (void)state;
    const char *const stumbles[] = {
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nConnection: close\r\n\r\n{}",
        "HTTP/1.1 503 Unavailable\r\nConnection: close\r\n\r\n", ""};
    for (size_t i = 0; i < sizeof stumbles / sizeof *stumbles; i++) {
        struct script script = {.stumbles = 4, .stumble = stumbles[i]};
        struct work work = {.n = 5};
        struct llmx_error err = {0};
        const struct llmx_remote_options options = {.in_flight = 2, .backoff_s = 1e-3};
        if (ask(&script, &options, &work, &err) != 0)
            fail_msg("%s", err.message);
        assert_int_equal(work.n_finished, 5);
        assert_int_equal(script.asked, 9);
    }
}

static void test_remote__gives_up_and_says_why(void **state)
{
    (void)state;
    struct script stubborn = {.stumbles = 1000,
                              .stumble = "HTTP/1.1 500 Oops\r\nConnection: close\r\n\r\n"
                                         "{\"error\":{\"message\":\"out of memory\"}}"};
    struct work work = {.n = 1};
    struct llmx_error err = {0};
    struct llmx_remote_options options = {.retries = 2, .backoff_s = 1e-3};
    setenv("LLMXREC_API_KEY", KEY, 1);
    assert_int_equal(ask(&stubborn, &options, &work, &err), -1);
    assert_int_equal(err.code, LLMX_IO);
    assert_contains(err.message, "answers 500: out of memory (3 attempts)");
    assert_int_equal(stubborn.asked, 3);
    struct script strict = {.refusal = "HTTP/1.1 400 Bad\r\nConnection: close\r\n\r\n"
                                       "{\"error\":{\"message\":\"prompt too long\"}}"};
    work = (struct work){.n = 1};
    assert_int_equal(ask(&strict, &options, &work, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "answers 400: prompt too long (1 attempts)");
    assert_null(strstr(err.message, KEY));
    struct script odd = {.refusal = OK "{\"choices\":[]}"};
    work = (struct work){.n = 1};
    assert_int_equal(ask(&odd, &options, &work, &err), -1);
    assert_contains(err.message, "without choices[0].message.content");
    unsetenv("LLMXREC_API_KEY");
}

#define NO(code) "HTTP/1.1 " code " No\r\nConnection: close\r\n\r\n{\"message\":\"no\"}"

static void test_remote__a_question_fails_alone(void **state)
{
    (void)state;
    static const char *const refusals[][2] = {
        {NO("400"), "answers 400: no"},
        {OK "{\"choices\":[{\"message\":{\"content\":null}}]}", "without choices"},
        {OK "{\"error\":{\"message\":\"odd\"}}", "in place of an answer: odd"}};
    for (int i = 0; i < 3; i++) {
        struct script script = {.refusal = refusals[i][0], .refused = "\"q3\""};
        struct work work = {.n = 9};
        struct llmx_error err = {0};
        if (ask(&script, NULL, &work, &err) != 0)
            fail_msg("%s", err.message);
        assert_int_equal(work.n_finished, 8);
        assert_int_equal(work.n_failed, 1);
        assert_contains(work.said, refusals[i][1]);
        assert_string_equal(work.answers[8], "re: q8");
        assert_int_equal(script.asked, 9);
    }
}

/* Where every question is refused, not all are asked. */
static void test_remote__ends_early_when_it_is_not_the_questions(void **state)
{
    (void)state;
    const struct llmx_remote_options options = {.in_flight = 1};
    const struct {
        const char *refusal;
        int asked;
    } cases[] = {{NO("401"), 1}, {NO("404"), 1}, {NO("400"), 16}};
    for (int i = 0; i < 3; i++) {
        struct script script = {.refusal = cases[i].refusal};
        struct work work = {.n = 20};
        struct llmx_error err = {0};
        assert_int_equal(ask(&script, &options, &work, &err), -1);
        assert_int_equal(err.code, LLMX_BAD_INPUT);
        assert_contains(err.message, ": no (1 attempts)");
        assert_int_equal(script.asked, cases[i].asked);
    }
}

/* Refusals that say in which form a question would be taken. */
static void test_remote__learns_what_form_is_taken(void **state)
{
    (void)state;
    struct script script = {
        .refusal = "HTTP/1.1 400 No\r\nConnection: close\r\n\r\n{\"error\":{\"message\":\"Use "
                   "'max_completion_tokens' instead; 'seed' is not supported\"}}",
        .refused = "\"max_tokens\""};
    struct work work = {.n = 6};
    struct llmx_error err = {0};
    const struct llmx_remote_options options = {.in_flight = 2};
    if (ask(&script, &options, &work, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(work.n_finished, 6);
    assert_in_range(script.asked, 7, 8);
    assert_contains(script.last, "\"max_completion_tokens\":30");
    assert_null(strstr(script.last, "\"seed\""));
}

static void test_remote__waits_until_the_date_that_the_server_says(void **state)
{
    (void)state;
    char date[64], stumble[200];
    time_t then = time(NULL) + 2;
    struct tm tm;
    const locale_t host = plain_begin(); /* a server says it in English */
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&then, &tm));
    plain_end(host);
    snprintf(stumble, sizeof stumble,
             "HTTP/1.1 429 Busy\r\nRetry-After: %s\r\nConnection: close\r\n\r\n", date);
    struct script script = {.stumbles = 1, .stumble = stumble};
    struct work work = {.n = 1};
    struct llmx_error err = {0};
    const struct llmx_remote_options options = {.backoff_s = 1e-3};
    if (ask(&script, &options, &work, &err) != 0)
        fail_msg("%s", err.message);
    assert_in_range(time(NULL), then - 1, then + 8);
    assert_int_equal(script.asked, 2);
}

static void test_remote__a_model_by_name_needs_no_list(void **state)
{
    (void)state;
    struct work work = {.n = 1};
    struct script script = {.models = NO("404")};
    struct llmx_error err = {0};
    struct llmx_remote_options options = {.model = "mine"};
    if (ask(&script, &options, &work, &err) != 0)
        fail_msg("%s", err.message);
    assert_contains(script.last, "\"model\":\"mine\"");
    script = (struct script){.models = OK "[{\"id\":\"other\"},{\"id\":\"mine\"}]"};
    work = (struct work){.n = 1};
    assert_int_equal(ask(&script, &options, &work, &err), 0);
    script = (struct script){.models = NO("404")};
    assert_int_equal(ask(&script, NULL, &work, &err), -1);
    assert_contains(err.message, "/v1/models answers 404: no");
}

static void test_remote__stops_when_asked(void **state)
{
    (void)state;
    struct script script = {0};
    struct work work = {.n = 5};
    struct llmx_error err = {0};
    llmx_stop_ask(&work.stop);
    assert_int_equal(ask(&script, NULL, &work, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    assert_int_equal(work.n_finished, 0);
}

static void test_remote__says_what_is_not_there(void **state)
{
    (void)state;
    struct script script = {0};
    struct work work = {0};
    struct llmx_error err = {0};
    struct llmx_remote *remote;
    struct llmx_remote_options options = {.model = "huge"};
    assert_int_equal(ask(&script, &options, &work, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "has no model 'huge'; it has: small, large");
    options = (struct llmx_remote_options){.key_variable = "LLMXREC_NO_SUCH_KEY"};
    assert_int_equal(ask(&script, &options, &work, &err), -1);
    assert_contains(err.message, "LLMXREC_NO_SUCH_KEY");
    assert_int_equal(llmx_remote_open(&remote, "ftp://x/v1", NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_int_equal(llmx_remote_open(&remote, "http://127.0.0.1:1/v1", NULL, &err), -1);
    assert_contains(err.message, "cannot reach http://127.0.0.1:1/v1/models");
}

/* A failure in the middle: what was answered before stays, and is not asked for again. */
static void test_remote_lines__keeps_what_was_answered(void **state)
{
    (void)state;
    struct script script = {0};
    struct llmx_remote *remote;
    struct llmx_error err = {0};
    char url[128], out[256], partial[300];
    struct llmx_lines_options options = {.max_tokens = 9};
    const struct llmx_remote_options how = {.in_flight = 1};
    pthread_mutex_init(&script.lock, NULL);
    struct http_server *server = http_server_start(answer, &script);
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    snprintf(out, sizeof out, "%s", test_path("texts.jsonl"));
    snprintf(partial, sizeof partial, "%s.partial", out);
    assert_int_equal(llmx_remote_open(&remote, url, &how, &err), 0);
    const char *in = test_file("in.jsonl", "{\"prompt\":\"one\",\"id\":1}\n{\"prompt\":\"two\"}\n");
    if (llmx_remote_lines(remote, in, &options, out, &err) != 0)
        fail_msg("%s", err.message);
    char *text = test_read(out);
    assert_string_equal(text, "{\"prompt\":\"one\",\"id\":1,\"text\":\"re: one\",\"tokens\":7,"
                              "\"finish\":\"length\",\"model\":\"small\"}\n"
                              "{\"prompt\":\"two\",\"text\":\"re: two\",\"tokens\":7,"
                              "\"finish\":\"length\",\"model\":\"small\"}\n");
    char *whole = text;
    script.asked = -1; /* answers one, then refuses */
    script.stumbles = 1000;
    script.stumble = "HTTP/1.1 404 Gone\r\nConnection: close\r\n\r\n";
    assert_int_equal(llmx_remote_lines(remote, in, &options, out, &err), -1);
    assert_contains(err.message, "answers 404");
    text = test_read(partial);
    assert_string_equal(text, "{\"prompt\":\"one\",\"id\":1,\"text\":\"re: one\",\"tokens\":7,"
                              "\"finish\":\"length\",\"model\":\"small\"}\n");
    free(text);
    script.stumbles = 0;
    options.resume = 1;
    if (llmx_remote_lines(remote, in, &options, out, &err) != 0)
        fail_msg("%s", err.message);
    text = test_read(out);
    assert_string_equal(text, whole);
    free(text);
    free(whole);
    options.resume = 0;
    script = (struct script){.refusal = NO("400"), .refused = "\"two\""};
    in =
        test_file("in.jsonl", "{\"prompt\":\"one\"}\n{\"prompt\":\"two\"}\n{\"prompt\":\"six\"}\n");
    assert_int_equal(llmx_remote_lines(remote, in, &options, out, &err), -1);
    assert_contains(err.message, "1 of 3 prompts have no text; the first: http");
    text = test_read(out);
    assert_contains(text, "{\"prompt\":\"one\",\"text\":\"re: one\"");
    assert_contains(text, "\n{\"prompt\":\"two\",\"error\":\"http");
    assert_contains(text,
                    "answers 400: no (1 attempts)\"}\n{\"prompt\":\"six\",\"text\":\"re: six\"");
    free(text);
    llmx_remote_destroy(remote);
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_remote__answers_every_question),
        cmocka_unit_test(test_remote__asks_again_after_what_may_pass),
        cmocka_unit_test(test_remote__gives_up_and_says_why),
        cmocka_unit_test(test_remote__a_question_fails_alone),
        cmocka_unit_test(test_remote__ends_early_when_it_is_not_the_questions),
        cmocka_unit_test(test_remote__learns_what_form_is_taken),
        cmocka_unit_test(test_remote__waits_until_the_date_that_the_server_says),
        cmocka_unit_test(test_remote__a_model_by_name_needs_no_list),
        cmocka_unit_test(test_remote__stops_when_asked),
        cmocka_unit_test(test_remote__says_what_is_not_there),
        cmocka_unit_test(test_remote_lines__keeps_what_was_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
