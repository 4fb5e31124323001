/* A remote that stays open: questions from any thread, streamed or whole, each with its own failure. */
#include "llmxrec/remote.h"

#include "support/failing_alloc.h"
#include "support/http_server.h"
#include "support/test.h"

#include <pthread.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OK     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define MODELS OK "{\"data\":[{\"id\":\"small\"}]}"

/* The server answers "re: " and the prompt; "bad" is refused, "null" gets no text, "hold" waits for release. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    bool holds;
    int n_asked, n_held;
} script = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    (void)context;
    (void)number;
    if (strncmp(request, "GET ", 4) == 0) {
        snprintf(response, size, "%s", MODELS);
        return;
    }
    const char *prompt = strstr(request, "\"content\":\"") + 11;
    const int n = (int)strcspn(prompt, "\"");
    pthread_mutex_lock(&script.lock);
    script.n_asked++;
    script.n_held += strncmp(prompt, "hold", 4) == 0;
    while (script.holds && strncmp(prompt, "hold", 4) == 0)
        pthread_cond_wait(&script.change, &script.lock);
    pthread_mutex_unlock(&script.lock);
    if (strncmp(prompt, "bad", 3) == 0)
        snprintf(response, size,
                 "HTTP/1.1 400 No\r\nConnection: close\r\n\r\n{\"message\":\"no\"}");
    else if (strncmp(prompt, "null", 4) == 0)
        snprintf(response, size, OK "{\"choices\":[{\"message\":{\"content\":null}}]}");
    else if (strstr(request, "\"stream\":true"))
        snprintf(response, size,
                 OK "data: {\"choices\":[{\"delta\":{\"content\":\"re: \"}}]}\n\n"
                    "data: {\"choices\":[{\"delta\":{\"content\":\"%.*s\"}}]}\n\n"
                    "data: [DONE]\n\n",
                 n, prompt);
    else
        snprintf(response, size, OK "{\"choices\":[{\"message\":{\"content\":\"re: %.*s\"}}]}", n,
                 prompt);
}

static struct http_server *server;
static struct llmx_remote *remote;

static void set_holding(bool holds)
{
    pthread_mutex_lock(&script.lock);
    script.holds = holds;
    pthread_cond_broadcast(&script.change);
    pthread_mutex_unlock(&script.lock);
}

static int begin(void **state)
{
    (void)state;
    char url[128];
    struct llmx_error err;
    const struct llmx_remote_options options = {.in_flight = 3, .retries = -1};
    script.n_asked = script.n_held = 0;
    server = http_server_start(answer, NULL);
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    if (llmx_remote_open(&remote, url, &options, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int end(void **state)
{
    (void)state;
    set_holding(false);
    llmx_remote_destroy(remote);
    http_server_stop(server);
    return 0;
}

/* A question, and what its callbacks saw. */
struct client {
    struct llmx_question question;
    char pieces[64];
    int n_pieces, enough, n_finished, again;
};

static int note_piece(struct llmx_question *question, const char *text, size_t n)
{
    struct client *client = question->context;
    strncat(client->pieces, text, n);
    return ++client->n_pieces == client->enough;
}

static int ignore_piece(struct llmx_question *question, const char *text, size_t n)
{
    (void)question;
    (void)text;
    (void)n;
    return 0;
}

static int note_finished(struct llmx_question *question)
{
    struct client *client = question->context;
    client->n_finished++;
    return client->again-- > 0;
}

static void submit(struct client *client, const char *prompt)
{
    struct llmx_error err;
    client->question.prompt = prompt;
    client->question.max_tokens = 9;
    client->question.finished = note_finished;
    client->question.context = client;
    if (llmx_remote_submit(remote, &client->question, &err) != 0)
        fail_msg("%s", err.message);
}

static void expect(struct client *client, const char *text)
{
    struct llmx_error err;
    if (llmx_remote_wait(remote, &client->question, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(client->question.text, text);
    free(client->question.text);
}

static void expect_failure(struct client *client, enum llmx_code code, const char *said)
{
    struct llmx_error err = {0};
    assert_int_equal(llmx_remote_wait(remote, &client->question, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, said);
    assert_null(client->question.text);
}

static void test_submit__a_question_fails_alone(void **state)
{
    (void)state;
    struct client clients[8] = {0};
    static const char *const prompts[] = {"a", "bad", "b", "null", "c", "bad", "d", "e"};
    clients[4].again = 2;
    for (int i = 0; i < 8; i++)
        submit(&clients[i], prompts[i]);
    expect(&clients[0], "re: a");
    expect_failure(&clients[1], LLMX_BAD_INPUT, "answers 400: no");
    expect(&clients[2], "re: b");
    expect_failure(&clients[3], LLMX_BAD_INPUT, "without choices[0].message.content");
    expect(&clients[4], "re: c");
    expect_failure(&clients[5], LLMX_BAD_INPUT, "answers 400: no");
    expect(&clients[6], "re: d");
    expect(&clients[7], "re: e");
    for (int i = 0; i < 8; i++)
        assert_int_equal(clients[i].n_finished, i == 4 ? 3 : 1);
    assert_int_equal(script.n_asked, 10);
}

static void test_submit__refuses_what_cannot_be_asked(void **state)
{
    (void)state;
    struct llmx_question question = {.prompt = "q"};
    struct llmx_error err;
    assert_int_equal(llmx_remote_submit(remote, &question, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    /* who waits for it all the same, or gives it up, does not wait for ever */
    err = (struct llmx_error){0};
    assert_int_equal(llmx_remote_wait(remote, &question, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    llmx_remote_cancel(remote, &question);
    assert_int_equal(question.error.code, LLMX_BAD_OPTION);
}

/* The server is silent; a stop is seen all the same, by those asked and those that wait. */
static void test_submit__sees_a_stop(void **state)
{
    (void)state;
    struct llmx_stop stop = {0};
    struct client clients[5] = {0}, other = {0};
    set_holding(true);
    for (int i = 0; i < 5; i++) {
        clients[i].question.stop = &stop;
        clients[i].question.piece = i % 2 ? note_piece : NULL;
        submit(&clients[i], "hold");
    }
    usleep(20000);
    llmx_stop_ask(&stop);
    for (int i = 0; i < 5; i++)
        expect_failure(&clients[i], LLMX_INTERRUPTED, "cancelled");
    submit(&other, "else");
    expect(&other, "re: else");
}

static void test_submit__streams(void **state)
{
    (void)state;
    struct client whole = {.question.piece = note_piece};
    struct client cut = {.question.piece = note_piece, .enough = 1};
    struct client bad = {.question.piece = note_piece};
    submit(&whole, "stream");
    submit(&cut, "cut");
    submit(&bad, "bad");
    expect(&whole, "re: stream");
    assert_string_equal(whole.pieces, "re: stream");
    assert_int_equal(whole.n_pieces, 2);
    expect_failure(&cut, LLMX_INTERRUPTED, "cancelled");
    assert_string_equal(cut.pieces, "re: ");
    expect_failure(&bad, LLMX_BAD_INPUT, "answers 400: no");
}

static void test_submit__cancels_what_is_asked_and_what_waits(void **state)
{
    (void)state;
    struct client held[3] = {0}, waiting[2] = {0};
    struct llmx_remote_load load;
    set_holding(true);
    for (int i = 0; i < 3; i++)
        submit(&held[i], "hold");
    for (int i = 0; i < 2; i++)
        submit(&waiting[i], "after");
    for (int n = 0; n < 3; usleep(1000)) {
        pthread_mutex_lock(&script.lock);
        n = script.n_held;
        pthread_mutex_unlock(&script.lock);
    }
    llmx_remote_load(remote, &load);
    assert_int_equal(load.asking, 3);
    assert_int_equal(load.waiting, 2);
    llmx_remote_cancel(remote, &waiting[0].question);
    expect_failure(&waiting[0], LLMX_INTERRUPTED, "cancelled");
    assert_int_equal(waiting[0].n_finished, 1);
    llmx_remote_cancel(remote, &held[1].question); /* its place goes to the other */
    expect_failure(&held[1], LLMX_INTERRUPTED, "cancelled");
    expect(&waiting[1], "re: after");
    llmx_remote_cancel(remote, &waiting[1].question);
    assert_int_equal(waiting[1].question.error.code, LLMX_OK);
    set_holding(false);
    expect(&held[0], "re: hold");
    expect(&held[2], "re: hold");
}

static void *wait_for_end(void *context)
{
    struct client *client = context;
    llmx_remote_wait(remote, &client->question, NULL);
    return NULL;
}

static void test_submit__closing_cancels_what_is_left(void **state)
{
    (void)state;
    struct client clients[5] = {0};
    pthread_t handles[5];
    set_holding(true);
    for (int i = 0; i < 5; i++) {
        submit(&clients[i], "hold");
        assert_int_equal(pthread_create(&handles[i], NULL, wait_for_end, &clients[i]), 0);
    }
    usleep(20000);
    llmx_remote_destroy(remote);
    remote = NULL;
    for (int i = 0; i < 5; i++) {
        pthread_join(handles[i], NULL);
        assert_int_equal(clients[i].n_finished, 1);
        assert_int_equal(clients[i].question.error.code, LLMX_INTERRUPTED);
    }
}

static void test_submit__idle_takes_no_processor_time(void **state)
{
    (void)state;
    struct client client = {0};
    submit(&client, "a");
    expect(&client, "re: a");
    usleep(20000);
    clock_t before = clock();
    usleep(300000);
    assert_true(clock() - before < CLOCKS_PER_SEC / 20); /* a sixth of a thread that spins */
}

static void *be_client(void *context)
{
    struct client *client = context;
    submit(client, "q");
    llmx_remote_wait(remote, &client->question, NULL);
    return NULL;
}

static void test_submit__from_many_threads(void **state)
{
    (void)state;
    struct client clients[20] = {0};
    pthread_t handles[20];
    for (int i = 0; i < 20; i++)
        assert_int_equal(pthread_create(&handles[i], NULL, be_client, &clients[i]), 0);
    for (int i = 0; i < 20; i++) {
        pthread_join(handles[i], NULL);
        expect(&clients[i], "re: q");
    }
}

/* A server in a process of its own, as allocations fail in this one. It ends when `hold` is closed. */
static void start_apart(char url[128], int *hold)
{
    int told[2], held[2];
    assert_int_equal(pipe(told) | pipe(held), 0);
    if (fork() == 0) {
        char end_of_file;
        close(held[1]);
        struct http_server *apart = http_server_start(answer, NULL);
        snprintf(url, 128, "%s/v1", http_server_url(apart));
        if (write(told[1], url, 128) == 128)
            (void)!read(held[0], &end_of_file, 1);
        _exit(0);
    }
    assert_int_equal(read(told[0], url, 128), 128);
    close(told[0]);
    close(told[1]);
    close(held[0]);
    *hold = held[1];
}

/* Three questions: what fails is the opening, a submit or one question, and then the others are answered. */
static int use_remote(void *context, struct llmx_error *err)
{
    struct llmx_remote *r;
    int status = 0;
    if (llmx_remote_open(&r, context, NULL, err) != 0)
        return -1;
    for (int i = 0; i < 3; i++) {
        struct llmx_question q = {
            .prompt = "q", .max_tokens = 1, .piece = i == 1 ? ignore_piece : NULL};
        int answered = llmx_remote_submit(r, &q, err);
        if (answered == 0)
            answered = llmx_remote_wait(r, &q, err);
        assert_true(answered == 0 || (status == 0 && err->code == LLMX_NO_MEMORY));
        assert_true((q.text != NULL) == (answered == 0));
        free(q.text);
        status |= answered;
    }
    llmx_remote_destroy(r);
    return status;
}

static void test_submit__survives_every_failed_allocation(void **state)
{
    (void)state;
    char url[128];
    int hold;
    start_apart(url, &hold);
    assert_in_range(failing_alloc_each(use_remote, url), 3 * 4, 60); /* url, body, bytes, text */
    close(hold);
    assert_true(wait(NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_submit__survives_every_failed_allocation), /* forks: before threads */
        cmocka_unit_test_setup_teardown(test_submit__a_question_fails_alone, begin, end),
        cmocka_unit_test_setup_teardown(test_submit__refuses_what_cannot_be_asked, begin, end),
        cmocka_unit_test_setup_teardown(test_submit__sees_a_stop, begin, end),
        cmocka_unit_test_setup_teardown(test_submit__streams, begin, end),
        cmocka_unit_test_setup_teardown(test_submit__cancels_what_is_asked_and_what_waits, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_submit__closing_cancels_what_is_left, begin, end),
        cmocka_unit_test_setup_teardown(test_submit__idle_takes_no_processor_time, begin, end),
        cmocka_unit_test_setup_teardown(test_submit__from_many_threads, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
