/* Servers that mean no good, or are broken: every answer ends in a clear error, within bounds of time and memory. */
#include "llmxrec/remote.h"

#include "base/clock.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#define OK       "HTTP/1.1 200 OK\r\n"
#define CLOSE    "Connection: close\r\n\r\n"
#define MODELS   OK CLOSE "{\"data\":[{\"id\":\"small\"}]}"
#define GOOD     "{\"choices\":[{\"message\":{\"content\":\"good\"}}]}"
#define KEY      "sesame-4711"
#define BYTES(s) s, sizeof(s) - 1

/* Bytes of any kind, once or for ever, at once or one by one. */
struct reply {
    const char *bytes;
    size_t n;
    const char *endless; /* after them again and again, as long as someone reads; NULL: nothing */
    int drip_ms;         /* between bytes */
};

struct raw {
    int listener;
    char url[64];
    pthread_t thread;
    const struct reply *_Atomic reply; /* to a question */
    _Atomic int n_asked, stops;
};

static bool put(struct raw *raw, int socket, const char *bytes, size_t n, int drip_ms)
{
    for (size_t sent = 0; sent < n;) {
        const ssize_t now = send(socket, bytes + sent, drip_ms ? 1 : n - sent, MSG_NOSIGNAL);
        if (now <= 0 || raw->stops)
            return false;
        sent += (size_t)now;
        usleep((useconds_t)drip_ms * 1000);
    }
    return true;
}

static void *serve(void *context)
{
    struct raw *raw = context;
    for (int socket; (socket = accept(raw->listener, NULL, NULL)) >= 0; close(socket)) {
        char request[8192] = "";
        size_t n = 0;
        ssize_t got;
        while (n + 1 < sizeof request && !strstr(request, "}]") &&
               strncmp(request, "GET", 3) != 0 &&
               (got = recv(socket, request + n, sizeof request - n - 1, 0)) > 0)
            request[n += (size_t)got] = '\0';
        const struct reply *reply = raw->reply;
        if (strncmp(request, "GET", 3) == 0) {
            put(raw, socket, BYTES(MODELS), 0);
            continue;
        }
        raw->n_asked++;
        bool goes_on = put(raw, socket, reply->bytes, reply->n, reply->drip_ms);
        char block[1 << 14] = ""; /* of whole repetitions */
        size_t n_block = 0;
        for (const char *e = reply->endless; e && n_block + strlen(e) < sizeof block;)
            n_block += (size_t)snprintf(block + n_block, sizeof block - n_block, "%s", e);
        while (goes_on && reply->endless)
            goes_on = put(raw, socket, block, n_block, reply->drip_ms);
        shutdown(socket, SHUT_WR);
    }
    return NULL;
}

static struct raw raw;

static int begin(void **state)
{
    (void)state;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    raw = (struct raw){.listener = socket(AF_INET, SOCK_STREAM, 0)};
    assert_int_equal(bind(raw.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(raw.listener, 16), 0);
    getsockname(raw.listener, (struct sockaddr *)&address, &size);
    snprintf(raw.url, sizeof raw.url, "http://127.0.0.1:%d/v1", ntohs(address.sin_port));
    return pthread_create(&raw.thread, NULL, serve, &raw);
}

static int end(void **state)
{
    (void)state;
    raw.stops = 1;
    shutdown(raw.listener, SHUT_RDWR);
    close(raw.listener);
    return pthread_join(raw.thread, NULL);
}

static int note_piece(struct llmx_question *question, const char *text, size_t n)
{
    (void)question;
    (void)text;
    (void)n;
    return 0;
}

/* Asks one question; its text ("" when there is none) into `text`. */
static void ask(const struct reply *reply, bool streams, int retries, double timeout_s,
                char text[200], struct llmx_error *err)
{
    const struct llmx_remote_options options = {
        .retries = retries, .timeout_s = timeout_s, .backoff_s = 1e-3};
    struct llmx_question question = {
        .prompt = "q", .max_tokens = 1, .piece = streams ? note_piece : NULL};
    struct llmx_remote *remote;
    raw.reply = reply;
    raw.n_asked = 0;
    *err = (struct llmx_error){0};
    setenv("LLMXREC_API_KEY", KEY, 1);
    if (llmx_remote_open(&remote, raw.url, &options, err) != 0)
        fail_msg("%s", err->message);
    unsetenv("LLMXREC_API_KEY");
    if (llmx_remote_submit(remote, &question, err) != 0)
        fail_msg("%s", err->message);
    llmx_remote_wait(remote, &question, err);
    snprintf(text, 200, "%s", question.text ? question.text : "");
    free(question.text);
    llmx_remote_destroy(remote);
}

static void test_hostile__every_answer_ends_in_a_clear_error(void **state)
{
    (void)state;
    static const struct {
        struct reply reply;
        enum llmx_code code;
        const char *said;
    } cases[] = {
        {{BYTES(OK CLOSE "{\"choices\":[{\"mess"), NULL, 0}, LLMX_BAD_INPUT, "not JSON"},
        {{BYTES(OK "Content-Length: 1000\r\n" CLOSE GOOD), NULL, 0}, LLMX_IO, "cannot reach"},
        {{BYTES(OK "Transfer-Encoding: chunked\r\n" CLOSE "5\r\n{\"cho\r\nzz\r\n"), NULL, 0},
         LLMX_IO,
         "cannot reach"},
        {{BYTES(OK "Transfer-Encoding: chunked\r\n" CLOSE "ffffffffffffffffff\r\n{"), NULL, 0},
         LLMX_IO,
         "cannot reach"},
        {{BYTES(OK CLOSE), "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 0},
         LLMX_TOO_LARGE,
         "more than 16777216 bytes"},
        {{BYTES(OK), "X-More: and more and more and more and more and more\r\n", 0},
         LLMX_TOO_LARGE,
         "more than 65536 bytes of headers"},
        {{BYTES(OK "X-Long: "), "longlonglonglonglonglonglonglonglonglonglonglong", 0},
         LLMX_IO,
         "cannot reach"},
        {{BYTES(OK CLOSE "{\"choices\":[{\"message\":{\"content\":\"\xff\"}}]}"), NULL, 0},
         LLMX_BAD_INPUT,
         "not JSON"},
        {{BYTES(OK CLOSE "{\"choices\":[{\"message\":{\"content\":\"a\0b\"}}]}"), NULL, 0},
         LLMX_BAD_INPUT,
         "not JSON"},
        {{BYTES(OK CLOSE GOOD "\0"), NULL, 0}, LLMX_BAD_INPUT, "not JSON"},
        {{BYTES("HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/v2\r\n" CLOSE), NULL, 0},
         LLMX_BAD_INPUT,
         "a redirect to http://127.0.0.1:1/v2: give that address"},
        {{BYTES("SSH-2.0-OpenSSH_9.2\r\n"), NULL, 0}, LLMX_IO, "cannot reach"},
        {{BYTES(""), NULL, 0}, LLMX_IO, "cannot reach"},
        {{BYTES("HTTP/1.1 403 No\r\n" CLOSE "wrong key " KEY "\x1b[2J\n\n"), NULL, 0},
         LLMX_BAD_INPUT,
         "wrong key *********** [2J"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (int streams = 0; streams < 2; streams++) {
            struct llmx_error err;
            char text[200];
            ask(&cases[i].reply, streams, -1, 20, text, &err);
            if (err.code != cases[i].code || !strstr(err.message, cases[i].said))
                if (!streams || err.code == LLMX_OK)
                    fail_msg("%zu (%d): %d %s", i, streams, (int)err.code, err.message);
            assert_string_equal(text, "");
            assert_null(strstr(err.message, KEY));
        }
    }
}

static void test_hostile__a_drip_ends_with_the_time(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {BYTES(OK "Content-Length: 60\r\n" CLOSE), " ", 20},
        {BYTES(OK CLOSE), ": still here\n\n", 20},
        {BYTES("HTTP/1."), "1", 20},
    };
    for (int i = 0; i < 3; i++) {
        struct llmx_error err;
        char text[200];
        const double start = clock_now_s();
        ask(&replies[i], i == 1, -1, 1, text, &err);
        assert_int_equal(err.code, LLMX_IO);
        assert_contains(err.message, "cannot reach");
        assert_in_range(1000 * (clock_now_s() - start), 900, 10000);
    }
}

static void test_hostile__what_was_cut_is_asked_again(void **state)
{
    (void)state;
    static const struct reply cut = {BYTES(OK "Content-Length: 1000\r\n" CLOSE GOOD), NULL, 0};
    /* A stream of which something was told is not begun again by itself. */
    static const struct reply told = {
        BYTES(OK "Content-Length: 1000\r\n" CLOSE
                 "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"),
        NULL, 0};
    struct llmx_error err;
    char text[200];
    ask(&cut, false, 2, 20, text, &err);
    assert_int_equal(raw.n_asked, 3);
    assert_contains(err.message, "(3 attempts)");
    ask(&told, true, 2, 20, text, &err);
    assert_int_equal(raw.n_asked, 1);
    assert_int_equal(err.code, LLMX_IO);
}

static void test_hostile__a_wait_without_reason_is_refused(void **state)
{
    (void)state;
    static const struct reply replies[] = {
        {BYTES("HTTP/1.1 429 Slow\r\nRetry-After: 99999999999\r\n" CLOSE), NULL, 0},
        {BYTES("HTTP/1.1 503 Slow\r\nRetry-After: inf\r\n" CLOSE), NULL, 0},
        {BYTES("HTTP/1.1 429 Slow\r\nRetry-After: Fri, 31 Dec 2999 23:59:59 GMT\r\n" CLOSE), NULL,
         0},
    };
    for (int i = 0; i < 3; i++) {
        struct llmx_error err;
        char text[200];
        ask(&replies[i], false, 5, 20, text, &err);
        assert_int_equal(raw.n_asked, 1);
        assert_contains(err.message, "it asks to wait (Retry-After: ");
        assert_contains(err.message, "longer than 3600 s");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hostile__every_answer_ends_in_a_clear_error, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_hostile__a_drip_ends_with_the_time, begin, end),
        cmocka_unit_test_setup_teardown(test_hostile__what_was_cut_is_asked_again, begin, end),
        cmocka_unit_test_setup_teardown(test_hostile__a_wait_without_reason_is_refused, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
