/* Judging by a server that answers, answers nonsense, stumbles, refuses, and goes away: nothing is asked twice. */
#include "llmxrec/llmxrec.h"
#include "support/http_server.h"
#include "support/test.h"

#include <pthread.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
#define SAYS(WORDS)                                                                                \
    OK "{\"choices\":[{\"message\":{\"content\":\"" WORDS "\"},\"finish_reason\":\"stop\"}]}"

/* What the server does. It prefers whichever text is "good"; texts that are neither it ties. */
struct script {
    pthread_mutex_t lock;
    int asked, stumbles;
    const char *stumble; /* a whole response, to the first `stumbles` questions */
    int dies_after;      /* answers only so many; 0: never */
    const char *odd;     /* a whole response to questions that name "odd" */
    bool repeats;        /* a question came twice */
    char *bodies[64];
};

static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    struct script *s = context;
    (void)number;
    if (strncmp(request, "GET ", 4) == 0) {
        snprintf(response, size, "%s", OK "{\"data\":[{\"id\":\"wise\"}]}");
        return;
    }
    const char *body = strstr(request, "\r\n\r\n"), *first = strstr(request, "Explanation 1:\\n");
    pthread_mutex_lock(&s->lock);
    s->asked++;
    if (s->stumbles > 0) {
        s->stumbles--;
        snprintf(response, size, "%s", s->stumble);
    } else if (s->dies_after > 0 && s->asked > s->dies_after) {
        snprintf(response, size, "HTTP/1.1 500 No\r\nConnection: close\r\n\r\nout of order");
    } else if (s->odd && strstr(request, "odd")) {
        snprintf(response, size, "%s", s->odd);
    } else {
        for (int i = 0; i < 64 && s->bodies[i]; i++)
            s->repeats |= strcmp(s->bodies[i], body) == 0;
        for (int i = 0; i < 64; i++)
            if (!s->bodies[i]) {
                s->bodies[i] = strdup(body);
                break;
            }
        const bool is_good = first && strncmp(first + 16, "good", 4) == 0;
        snprintf(response, size, "%s",
                 !strstr(request, "good") ? SAYS("tie")
                 : is_good                ? SAYS("<think>2?</think> **1**")
                                          : SAYS("Explanation 2."));
    }
    pthread_mutex_unlock(&s->lock);
}

static void release(struct script *s)
{
    for (int i = 0; i < 64; i++)
        free(s->bodies[i]);
}

static struct llmx_pairs *pairs;
static char told[4096];

static void tell(void *context, const char *message)
{
    (void)context;
    snprintf(told + strlen(told), sizeof told - strlen(told), "%s\n", message);
}

/* Judges `lines` at one question at a time. */
static int judge(struct script *script, const char *lines, int resume,
                 struct llmx_judge_report *report, struct llmx_error *err)
{
    struct llmx_remote *remote;
    struct llmx_judge *judge;
    char url[128];
    struct http_server *server = http_server_start(answer, script);
    const struct llmx_remote_options how = {
        .in_flight = 1, .retries = 1, .backoff_s = .01, .timeout_s = 5};
    const struct llmx_judge_options options = {.notice = tell};
    pthread_mutex_init(&script->lock, NULL);
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    *told = '\0';
    if (llmx_pairs_read(&pairs, test_file("pairs.jsonl", lines), err) != 0 ||
        llmx_remote_open(&remote, url, &how, err) != 0 ||
        llmx_judge_open_remote(&judge, remote, &options, err) != 0)
        fail_msg("%s", err->message);
    const int status =
        llmx_judge_pairs(judge, pairs, test_path("judged.jsonl"), resume, report, err);
    llmx_judge_close(judge);
    llmx_remote_destroy(remote);
    http_server_stop(server);
    return status;
}

#define PAIR(A, B) "{\"prompt\":\"told\",\"a\":\"" A "\",\"b\":\"" B "\"}\n"
#define THREE      PAIR("good 1", "weak 1") PAIR("weak 2", "good 2") PAIR("weak 3", "weak 4")

static enum llmx_preference verdict(size_t i)
{
    return llmx_pair_verdict(llmx_pairs_get(pairs, i));
}

static void hold_three(const struct llmx_judge_report *report)
{
    assert_int_equal(report->answered, 6);
    assert_int_equal(report->unreadable, 0);
    assert_int_equal(verdict(0), LLMX_PREFERS_A);
    assert_int_equal(verdict(1), LLMX_PREFERS_B);
    assert_int_equal(verdict(2), LLMX_PREFERS_TIE);
    char *written = test_read(test_path("judged.jsonl"));
    assert_contains(written, "\"p_a_first\":1.0,\"p_a_second\":1.0,\"verdict\":\"a\"");
    free(written);
    assert_int_equal(access(test_path("judged.jsonl.answers"), F_OK), -1);
}

static void test_judge_remote__asks_both_orders(void **state)
{
    (void)state;
    struct script script = {0};
    struct llmx_judge_report report;
    struct llmx_error err;
    if (judge(&script, THREE, 0, &report, &err) != 0)
        fail_msg("%s", err.message);
    hold_three(&report);
    assert_int_equal(script.asked, 6);
    assert_false(script.repeats);
    assert_contains(script.bodies[0], "told");
    llmx_pairs_close(pairs);
    release(&script);
}

/* What passes is asked again: 429, 500, an answer cut in the middle, nothing, what is no JSON. */
static void test_judge_remote__retries_what_passes(void **state)
{
    (void)state;
    static const char *const stumbles[] = {
        "HTTP/1.1 429 Slow\r\nRetry-After: 0\r\nConnection: close\r\n\r\n{}",
        "HTTP/1.1 500 No\r\nConnection: close\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 500\r\nConnection: close\r\n\r\n{\"choices\":[{",
        "",
        OK "{\"choices\":[{\"mess",
        OK "<html>busy</html>"};
    for (size_t i = 0; i < sizeof stumbles / sizeof *stumbles; i++) {
        struct script script = {.stumbles = 1, .stumble = stumbles[i]};
        struct llmx_judge_report report;
        struct llmx_error err;
        if (judge(&script, THREE, 0, &report, &err) != 0)
            fail_msg("%zu: %s", i, err.message);
        hold_three(&report);
        assert_int_equal(script.asked, 7);
        llmx_pairs_close(pairs);
        release(&script);
    }
}

static void test_judge_remote__counts_what_it_cannot_read_or_have(void **state)
{
    (void)state;
    static const char *const odd[] = {SAYS("Both 1 and 2 are fine"), OK "not JSON",
                                      OK "{\"choices\":[{\"mess",
                                      "HTTP/1.1 422 No\r\nConnection: close\r\n\r\n{\"message\":"
                                      "\"too rude\"}"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        struct script script = {.odd = odd[i]};
        struct llmx_judge_report report;
        struct llmx_error err;
        if (judge(&script, PAIR("good 1", "weak 1") PAIR("odd", "good 2"), 0, &report, &err) != 0)
            fail_msg("%zu: %s", i, err.message);
        assert_int_equal(report.answered, i == 0 ? 4 : 2);
        assert_int_equal(report.unreadable, i == 0 ? 2 : 0);
        assert_int_equal(report.refused, i == 0 ? 0 : 2);
        assert_int_equal(verdict(0), LLMX_PREFERS_A);
        assert_int_equal(verdict(1), LLMX_PREFERS_UNKNOWN);
        if (i == 3)
            assert_contains(told, "pair 2, b first: ");
        llmx_pairs_close(pairs);
        release(&script);
    }
}

static void test_judge_remote__asks_nothing_twice(void **state)
{
    (void)state;
    struct script script = {.dies_after = 4};
    struct llmx_judge_report report;
    struct llmx_error err;
    assert_int_equal(judge(&script, THREE, 0, &report, &err), -1);
    assert_int_equal(err.code, LLMX_IO);
    llmx_pairs_close(pairs);
    script.dies_after = 0;
    assert_int_equal(judge(&script, THREE, 0, &report, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "judged.jsonl.answers is there from an interrupted run");
    llmx_pairs_close(pairs);
    script.asked = 0;
    if (judge(&script, THREE, 1, &report, &err) != 0)
        fail_msg("%s", err.message);
    hold_three(&report);
    assert_int_equal(script.asked, 2);
    assert_false(script.repeats);
    llmx_pairs_close(pairs);
    release(&script);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_remote__asks_both_orders),
        cmocka_unit_test(test_judge_remote__retries_what_passes),
        cmocka_unit_test(test_judge_remote__counts_what_it_cannot_read_or_have),
        cmocka_unit_test(test_judge_remote__asks_nothing_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
