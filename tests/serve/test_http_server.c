/* test_http_server.c - the server's door: routes, limits, who may ask, slow answers and streams. */
#include "serve/http_server.h"
#include "support/talk.h"
#include "support/test.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static _Atomic bool is_let_go, was_gone;
static _Atomic int answered, running;

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

static void echo(void *context, const struct http_request *r, struct http_reply *reply)
{
    const char *q = http_query(r, "q");
    (void)context;
    text_printf(&reply->body, "%s|%s|%s|%s|%s", r->method, r->path, r->part[0] ? r->part[0] : "-",
                q ? q : "-", r->body);
}

static void wait_until_let_go(void *context, const struct http_request *r, struct http_reply *reply)
{
    (void)context;
    running++;
    while (!is_let_go && !http_is_gone(r))
        rest();
    was_gone = http_is_gone(r);
    running--;
    text_puts(&reply->body, "at last");
}

static void count_up(void *context, const struct http_request *r, struct http_reply *reply)
{
    char line[16];
    (void)context;
    (void)reply;
    if (http_stream_open(r) != 0)
        return;
    for (int i = 0; i < 100; i++) {
        snprintf(line, sizeof line, "%d\n", i);
        if (http_stream_put(r, line, strlen(line)) != 0) {
            was_gone = true;
            return;
        }
        while (i == 50 && !is_let_go)
            rest();
    }
}

static void try_then_wait(void *context, const struct http_request *r, struct http_reply *reply)
{
    (void)context;
    reply->is_later = !r->may_wait;
    text_puts(&reply->body, r->may_wait ? "later" : "");
}

static void fail_secretly(void *context, const struct http_request *r, struct http_reply *reply)
{
    (void)context;
    (void)r;
    http_fail(reply, 500, "password hunter2 was wrong");
}

static const struct http_route routes[] = {
    {"GET", "/echo", echo, HTTP_QUICK, HTTP_OPEN},
    {"POST", "/echo", echo, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/v1/echo/{name}", echo, HTTP_QUICK, HTTP_TOKEN},
    {"GET", "/wait", wait_until_let_go, HTTP_SLOW, HTTP_TOKEN},
    {"GET", "/count", count_up, HTTP_SLOW, HTTP_TOKEN},
    {"GET", "/fail", fail_secretly, HTTP_QUICK, HTTP_OPEN},
    {"GET", "/try", try_then_wait, HTTP_TRY, HTTP_TOKEN},
    {"GET", "/linked", echo, HTTP_QUICK, HTTP_LINK},
    {NULL, NULL, NULL, HTTP_QUICK, HTTP_TOKEN},
};

static void count_answer(void *context, const struct http_route *route, unsigned status,
                         double seconds)
{
    (void)context;
    (void)route;
    (void)status;
    (void)seconds;
    answered++;
}

static struct http *open_server(struct http_options how)
{
    struct http *http;
    struct llmx_error err;
    how.routes = routes;
    how.answered = count_answer;
    how.slow = how.slow ? how.slow : 4;
    if (http_open(&http, &how, &err) != 0)
        fail_msg("%s", err.message);
    is_let_go = was_gone = false;
    answered = 0;
    return http;
}

static void assert_answer(int port, const char *method, const char *path, const char *headers,
                          const char *body, int status, const char *part)
{
    const char *answer = talk(port, method, path, headers, body);
    if (talk_status(answer) != status)
        fail_msg("%s %s: %d, expected %d: %s", method, path, talk_status(answer), status, answer);
    assert_contains(answer, part);
}

static void test_http__finds_the_route(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int port = http_port(http);
    assert_answer(port, "GET", "/echo?q=a%26b+c", "", NULL, 200, "GET|/echo|-|a&b c|");
    assert_answer(port, "GET", "/v1/echo/The%20Hill", "", NULL, 200, "|The Hill|-|");
    assert_answer(port, "POST", "/echo", "Content-Type: application/json\r\n", "{\"a\":1}", 200,
                  "|{\"a\":1}");
    assert_answer(port, "GET", "/v1/echo/", "", NULL, 404, "/openapi.json");
    assert_answer(port, "GET", "/v1/echo/a/b", "", NULL, 404, "");
    assert_answer(port, "GET", "/../../etc/passwd", "", NULL, 404, "");
    assert_answer(port, "DELETE", "/echo", "", NULL, 405, "DELETE");
    assert_answer(port, "GET", "/try", "", NULL, 200, "later");
    assert_answer(port, "HEAD", "/echo", "", NULL, 200, "Content-Length: ");
    assert_string_equal(talk_body(talk(port, "HEAD", "/echo", "", NULL)), "");
    http_close(http, 5);
}

static void test_http__sends_the_headers_that_keep_browsers_safe(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const char *answer = talk(http_port(http), "GET", "/echo", "", NULL);
    assert_contains(answer, "default-src 'none'");
    assert_null(strstr(answer, "unsafe"));
    assert_contains(answer, "X-Content-Type-Options: nosniff");
    assert_contains(answer, "Referrer-Policy: no-referrer");
    assert_contains(answer, "Cache-Control: no-store");
    http_close(http, 5);
}

static void test_http__refuses_what_is_too_large(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int port = http_port(http);
    char *body = calloc(1, HTTP_BODY_MAX + 2), *header = calloc(1, 4 * HTTP_HEADER_MAX);
    memset(body, 'x', HTTP_BODY_MAX + 1);
    assert_answer(port, "POST", "/echo", "Content-Type: application/json\r\n", body, 413, "");
    strcpy(header, "X-Long: ");
    memset(header + 8, 'y', 3 * HTTP_HEADER_MAX);
    strcat(header, "\r\n");
    assert_answer(port, "GET", "/echo", header, NULL, 431, "");
    assert_answer(port, "GET", "/echo", "", NULL, 200, "");
    free(body);
    free(header);
    http_close(http, 5);
}

static void test_http__answers_no_other_site(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int port = http_port(http);
    const char *json = "Content-Type: application/json\r\n";
    char headers[256];
    assert_answer(port, "GET", "/echo", "Host: evil.example\r\n", NULL, 421, "localhost");
    assert_answer(port, "GET", "/echo", "Host: localhost.evil.example\r\n", NULL, 421, "");
    snprintf(headers, sizeof headers, "%sOrigin: http://evil.example\r\n", json);
    assert_answer(port, "POST", "/echo", headers, "{}", 403, "");
    snprintf(headers, sizeof headers, "%sOrigin: null\r\n", json);
    assert_answer(port, "POST", "/echo", headers, "{}", 403, "");
    snprintf(headers, sizeof headers, "%sSec-Fetch-Site: cross-site\r\n", json);
    assert_answer(port, "POST", "/echo", headers, "{}", 403, "");
    snprintf(headers, sizeof headers, "%sHost: localhost:1\r\nOrigin: http://localhost:1\r\n",
             json);
    assert_answer(port, "POST", "/echo", headers, "{}", 200, "");
    assert_answer(port, "POST", "/echo", "Content-Type: text/plain\r\n", "{}", 415, "JSON");
    assert_answer(port, "POST", "/echo", "Content-Type: application/jsonx\r\n", "{}", 415, "JSON");
    http_close(http, 5);
}

static void test_http__asks_for_the_token(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){.token = "secret"});
    const int port = http_port(http);
    assert_answer(port, "GET", "/v1/echo/a", "", NULL, 401, "WWW-Authenticate: Bearer");
    assert_answer(port, "GET", "/v1/echo/a", "Authorization: Bearer secre\r\n", NULL, 401, "");
    assert_answer(port, "GET", "/v1/echo/a", "Authorization: Bearer secretsecret\r\n", NULL, 401,
                  "");
    assert_answer(port, "GET", "/v1/echo/a", "Authorization: Bearer \r\n", NULL, 401, "");
    assert_answer(port, "GET", "/echo", "", NULL, 200, "");
    assert_answer(port, "GET", "/v1/echo/a", "authorization: bearer secret\r\n", NULL, 200, "|a|");
    assert_answer(port, "GET", "/v1/echo/a", "Cookie: token=secret\r\n", NULL, 401, "");
    assert_answer(port, "GET", "/linked", "Cookie: token=sec%72et\r\n", NULL, 200, "");
    assert_answer(port, "GET", "/linked", "Cookie: token=secre\r\n", NULL, 401, "");
    assert_answer(port, "GET", "/linked", "", NULL, 401, "");
    http_close(http, 5);
}

static void test_http__holds_back_who_asks_too_often(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){.rate = 5});
    const int port = http_port(http);
    int refused = 0;
    for (int i = 0; i < 15; i++) {
        const char *answer = talk(port, "GET", "/echo", "", NULL);
        if (talk_status(answer) == 429) {
            assert_contains(answer, "Retry-After: 1\r\n");
            refused++;
        }
    }
    assert_in_range(refused, 1, 5);
    http_close(http, 5);
}

static void test_http__listens_to_others_only_when_told_to(void **state)
{
    (void)state;
    struct http *http;
    struct llmx_error err;
    struct http_options how = {.address = "0.0.0.0", .routes = routes};
    assert_int_equal(http_open(&http, &how, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "--token");
    how.is_public = true;
    assert_int_equal(http_open(&http, &how, &err), 0);
    assert_answer(http_port(http), "GET", "/echo", "Host: shop.example\r\n", NULL, 200, "");
    how.port = http_port(http);
    how.address = NULL;
    struct http *second;
    assert_int_equal(http_open(&second, &how, &err), -1); /* another server has it */
    assert_int_equal(err.code, LLMX_IO);
    assert_contains(err.message, "cannot listen on 127.0.0.1:");
    assert_int_equal(
        http_open(&second, &(struct http_options){.address = "1.2.3", .routes = routes}, &err), -1);
    assert_int_equal(
        http_open(&second, &(struct http_options){.port = 70000, .routes = routes}, &err), -1);
    assert_contains(err.message, "70000");
    http_close(http, 5);
}

/* The first of the connections that is told to come again; the others are heard nothing of. */
static int find_refused(const int *connection, int n)
{
    for (int tries = 0; tries < 100; tries++)
        for (int i = 0; i < n; i++) {
            const char *answer = talk_hear(connection[i], .02);
            if (!*answer)
                continue;
            assert_int_equal(talk_status(answer), 503);
            assert_contains(answer, "Retry-After");
            return i;
        }
    fail_msg("nobody was refused");
    return -1;
}

static void test_http__slow_answers_leave_room_for_quick_ones(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){.slow = 1});
    const int port = http_port(http);
    int waiting[4];
    for (int i = 0; i < 4; i++) {
        waiting[i] = talk_open(port);
        talk_say(waiting[i], "GET /wait HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        while (running == 0)
            rest();
    }
    /* one is worked on, two wait, and there is no place for the fourth, whichever came last */
    const int refused = find_refused(waiting, 4);
    assert_answer(port, "GET", "/echo", "", NULL, 200, "");
    is_let_go = true;
    for (int i = 0; i < 4; i++)
        if (i != refused)
            assert_contains(talk_hear(waiting[i], 5), "at last");
    for (int i = 0; i < 4; i++)
        close(waiting[i]);
    http_close(http, 5);
}

static void test_http__streams_as_it_is_made(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int connection = talk_open(http_port(http));
    talk_say(connection, "GET /count HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const char *heard = talk_hear(connection, .5);
    assert_contains(heard, "text/event-stream");
    assert_contains(heard, "50\n");
    assert_null(strstr(heard, "51\n"));
    is_let_go = true;
    assert_contains(talk_hear(connection, 5), "99\n");
    close(connection);
    http_close(http, 5);
}

/* A connection whose request is being answered, and will be until it is let go. */
static int open_waiting(int port)
{
    const int connection = talk_open(port);
    talk_say(connection, "GET /wait HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (running == 0)
        rest();
    return connection;
}

static void test_http__tells_when_the_client_has_gone(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int connection = open_waiting(http_port(http));
    close(connection);
    for (int i = 0; i < 2000 && running > 0; i++)
        rest();
    assert_true(was_gone);
    http_close(http, 5);
}

static void test_http__closing_ends_what_runs(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int connection = open_waiting(http_port(http));
    http_close(http, .05);
    assert_int_equal(running, 0);
    assert_int_equal(answered, 1);
    close(connection);
}

/* What is sent beyond the request must not hide that the client left. */
static void test_http__notices_who_leaves_in_the_middle_of_a_word(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int connection = open_waiting(http_port(http));
    talk_say(connection, "GET /ec");
    rest();
    close(connection);
    for (int i = 0; i < 1000 && running > 0; i++)
        rest();
    assert_true(was_gone);
    is_let_go = true;
    http_close(http, 5);
}

static int count_files(void)
{
    int n = 0;
    for (int i = 0; i < 1024; i++)
        n += fcntl(i, F_GETFD) >= 0;
    return n;
}

static void test_http__leaves_no_door_open(void **state)
{
    (void)state;
    const int before = count_files();
    for (int i = 0; i < 3; i++)
        http_close(open_server((struct http_options){0}), 5);
    assert_int_equal(count_files(), before);
}

static void *close_soon(void *http)
{
    http_close(http, 5);
    return NULL;
}

static void test_http__an_answer_in_the_making_is_heard_to_its_end(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        struct http *http = open_server((struct http_options){0});
        pthread_t closing;
        const int connection = talk_open(http_port(http));
        talk_say(connection, "GET /wait HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        while (running == 0)
            rest();
        assert_int_equal(pthread_create(&closing, NULL, close_soon, http), 0);
        rest();
        is_let_go = true;
        assert_contains(talk_hear(connection, 5), "at last");
        pthread_join(closing, NULL);
        close(connection);
    }
}

static void test_http__one_address_cannot_take_all_connections(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){.address = "0.0.0.0", .is_public = true});
    int connection[300], refused = 0;
    for (int i = 0; i < 300; i++)
        connection[i] = talk_open(http_port(http));
    for (int i = 299; i >= 0; i--) {
        char byte;
        for (int k = 0; k < 50 && i >= 256 && recv(connection[i], &byte, 1, MSG_DONTWAIT) < 0; k++)
            rest();
        refused += recv(connection[i], &byte, 1, MSG_DONTWAIT) == 0;
    }
    assert_int_equal(refused, 300 - 256);
    for (int i = 0; i < 300; i++)
        close(connection[i]);
    http_close(http, 5);
}

static void test_http__a_stranger_s_body_is_not_kept(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){.token = "secret"});
    const int connection = talk_open(http_port(http));
    talk_say(connection,
             "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             "Content-Length: 2097152\r\nConnection: close\r\n\r\n");
    static char part[1 << 16];
    memset(part, ' ', sizeof part - 1);
    for (int i = 0; i < 33; i++)
        talk_say(connection, "%s", part);
    /* 401, where one who may ask is told 413 */
    assert_int_equal(talk_status(talk_hear(connection, 5)), 401);
    close(connection);
    http_close(http, 5);
}

static void test_http__an_empty_token_is_none(void **state)
{
    (void)state;
    struct http *http;
    struct llmx_error err;
    const struct http_options how = {.address = "0.0.0.0", .token = "", .routes = routes};
    assert_int_equal(http_open(&http, &how, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "token");
}

static char heard_why[128];

static void hear_failure(void *context, const char *why)
{
    (void)context;
    snprintf(heard_why, sizeof heard_why, "%s", why);
}

static void test_http__failures_are_told_to_the_log_alone(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){.failed = hear_failure});
    assert_answer(http_port(http), "GET", "/fail", "", NULL, 500, "log");
    assert_null(strstr(talk(http_port(http), "GET", "/fail", "", NULL), "hunter2"));
    assert_string_equal(heard_why, "password hunter2 was wrong");
    http_close(http, 5);
}

static void test_http__survives_nonsense(void **state)
{
    (void)state;
    struct http *http = open_server((struct http_options){0});
    const int port = http_port(http);
    static const char *const nonsense[] = {
        "\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\x16\x03\x01\x02\x01\x01\r\n\r\n",
        "GET /%zz%00%ff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        const int connection = talk_open(port);
        talk_say(connection, "%s", nonsense[i]);
        talk_hear(connection, .05);
        close(connection);
    }
    assert_answer(port, "GET", "/echo", "", NULL, 200, "");
    http_close(http, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http__finds_the_route),
        cmocka_unit_test(test_http__sends_the_headers_that_keep_browsers_safe),
        cmocka_unit_test(test_http__refuses_what_is_too_large),
        cmocka_unit_test(test_http__answers_no_other_site),
        cmocka_unit_test(test_http__asks_for_the_token),
        cmocka_unit_test(test_http__holds_back_who_asks_too_often),
        cmocka_unit_test(test_http__listens_to_others_only_when_told_to),
        cmocka_unit_test(test_http__slow_answers_leave_room_for_quick_ones),
        cmocka_unit_test(test_http__streams_as_it_is_made),
        cmocka_unit_test(test_http__tells_when_the_client_has_gone),
        cmocka_unit_test(test_http__closing_ends_what_runs),
        cmocka_unit_test(test_http__notices_who_leaves_in_the_middle_of_a_word),
        cmocka_unit_test(test_http__leaves_no_door_open),
        cmocka_unit_test(test_http__an_answer_in_the_making_is_heard_to_its_end),
        cmocka_unit_test(test_http__one_address_cannot_take_all_connections),
        cmocka_unit_test(test_http__a_stranger_s_body_is_not_kept),
        cmocka_unit_test(test_http__an_empty_token_is_none),
        cmocka_unit_test(test_http__failures_are_told_to_the_log_alone),
        cmocka_unit_test(test_http__survives_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
