/* Explaining through a server: what is asked, what is kept, and that nothing is asked twice after an interruption. */
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/http_server.h"
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"

/* The recommended items, in order. */
enum { GLASS, FERRY, MOTH, COPPER, COURIER, LEDGER, SEMAPHORE, DOORS, N_ITEMS };
static const char *const titles[] = {"Glass Canyon",       "Night Ferry",   "Moth Season",
                                     "Copper Rain",        "Star Courier",  "A Quiet Ledger",
                                     "The Last Semaphore", "Thirteen Doors"};
static const int ids[] = {13, 8, 15, 4, 6, 9, 14, 25};

#define TRIES 3
#define N_QUESTIONS                                                                                \
    (N_ITEMS + 1 + (TRIES - 1)) /* Night Ferry passes at the second try, Moth Season never */

/* What the server does with a question, besides answering. */
struct script {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int n_asked;
    char *bodies[64]; /* of the questions */
    bool holds_first; /* keeps the first item's answer back until script_release */
    int refuses_last; /* with this status; 0: no */
    bool refuses_all;
    bool is_odd; /* the first item is refused, the second answered after some thinking */
    int kill_at; /* the question at which the process in `pid` is killed, from 1; 0: none */
    char pid[256];
};

static void kill_asker(const struct script *script)
{
    char *pid = test_read(script->pid);
    kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
    free(pid);
}

static int item_of(const char *body)
{
    const char *place = strstr(body, "Why is ");
    for (int i = 0; place && i < N_ITEMS; i++)
        if (strncmp(place + 7, titles[i], strlen(titles[i])) == 0)
            return i;
    return -1;
}

/* A good text, or one that says nothing of what it should. */
static void write_text(int item, const char *body, char *response, unsigned long size)
{
    const bool is_greedy = strstr(body, "\"temperature\":0.0") != NULL;
    const bool is_good = item >= 0 && item != MOTH && (item != FERRY || !is_greedy);
    snprintf(response, size,
             OK "{\"choices\":[{\"message\":{\"content\":\"%s%s%s\"},\"finish_reason\":\"stop\"}],"
                "\"usage\":{\"completion_tokens\":9}}",
             is_good ? "\\n You watched The Harbour Clock, so you will enjoy "
                     : "Of all films it is the one.",
             is_good ? titles[item] : "", is_good ? ". " : "");
}

static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    struct script *script = context;
    const char *body = strstr(request, "\r\n\r\n") + 4;
    const int item = item_of(body);
    (void)number;
    if (strncmp(request, "GET ", 4) == 0) {
        snprintf(response, size, "%s", OK "{\"data\":[{\"id\":\"strong\"}]}");
        return;
    }
    pthread_mutex_lock(&script->lock);
    if (script->n_asked < 64)
        script->bodies[script->n_asked] = strdup(body);
    script->n_asked++;
    if (script->n_asked == script->kill_at || (script->kill_at < 0 && item == DOORS)) {
        script->kill_at = 0;
        kill_asker(script);
    } else if (script->refuses_last && item == DOORS) {
        snprintf(response, size, "HTTP/1.1 %d No\r\nConnection: close\r\n\r\n{\"message\":\"no\"}",
                 script->refuses_last);
    } else if (script->refuses_all) {
        snprintf(response, size,
                 "HTTP/1.1 422 No\r\nConnection: close\r\n\r\n{\"message\":\"none\"}");
    } else if (script->is_odd && item == GLASS) {
        snprintf(response, size, OK "{\"error\":{\"message\":\"not this one\"}}");
    } else if (script->is_odd && item == FERRY) {
        snprintf(response, size,
                 OK "{\"choices\":[{\"message\":{\"content\":\"<think>\\nGlass "
                    "Canyon?</think>\\nYou watched "
                    "The Harbour Clock, so you will enjoy Night Ferry.\"}}]}");
    } else {
        while (script->holds_first && item == GLASS)
            pthread_cond_wait(&script->change, &script->lock);
        write_text(item, body, response, size);
    }
    pthread_mutex_unlock(&script->lock);
}

/* The server's threads do not know that all was answered. */
static int count_asked(struct script *script)
{
    pthread_mutex_lock(&script->lock);
    const int n = script->n_asked;
    pthread_mutex_unlock(&script->lock);
    return n;
}

static int count_repeated(struct script *script)
{
    int repeated = 0;
    pthread_mutex_lock(&script->lock);
    for (int i = 0; i < script->n_asked; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(script->bodies[i], script->bodies[j]) == 0) {
                repeated++;
                break;
            }
    pthread_mutex_unlock(&script->lock);
    return repeated;
}

static struct llmx_data *data;
static char recs[256], layout[256], url[128];
static struct script script;
static struct http_server *server;

static int begin(void **state)
{
    (void)state;
    script = (struct script){0};
    pthread_mutex_init(&script.lock, NULL);
    pthread_cond_init(&script.change, NULL);
    snprintf(script.pid, sizeof script.pid, "%s", test_path("pid"));
    server = http_server_start(answer, &script);
    snprintf(url, sizeof url, "%s/v1", http_server_url(server));
    return 0;
}

/* What the server is to do from now on. */
#define SET(FIELD, VALUE)                                                                          \
    do {                                                                                           \
        pthread_mutex_lock(&script.lock);                                                          \
        script.FIELD = (VALUE);                                                                    \
        pthread_mutex_unlock(&script.lock);                                                        \
    } while (0)

/* From now on the server answers everything. */
static void script_release(void)
{
    pthread_mutex_lock(&script.lock);
    script.holds_first = script.is_odd = false;
    script.refuses_last = 0;
    script.kill_at = 0;
    pthread_cond_broadcast(&script.change);
    pthread_mutex_unlock(&script.lock);
}

static int end(void **state)
{
    (void)state;
    script_release();
    http_server_stop(server);
    for (int i = 0; i < script.n_asked; i++)
        free(script.bodies[i]);
    return 0;
}

static struct llmx_explain_options how(void)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = layout;
    options.tries = TRIES;
    options.seed = 42;
    options.model_name = "strong";
    return options;
}

static int explain(const struct llmx_explain_options *options, int in_flight, const char *out,
                   struct llmx_explain_report *report, struct llmx_error *err)
{
    const struct llmx_remote_options remote_how = {.in_flight = in_flight, .retries = -1};
    struct llmx_explain_options with_remote = *options;
    if (llmx_remote_open(&with_remote.remote, url, &remote_how, err) != 0)
        return -1;
    const int status = llmx_explain(recs, data, NULL, &with_remote, out, report, err);
    llmx_remote_destroy(with_remote.remote);
    return status;
}

/* What an undisturbed run writes; free() it. Nothing of it counts as asked. */
static char *undisturbed(void)
{
    char out[256];
    struct llmx_error err = {0};
    const struct llmx_explain_options options = how();
    snprintf(out, sizeof out, "%s", test_path("whole.jsonl"));
    void *no_state = NULL;
    end(&no_state);
    begin(&no_state);
    if (explain(&options, 3, out, NULL, &err) != 0)
        fail_msg("%s", err.message);
    end(&no_state);
    begin(&no_state);
    return test_read(out);
}

static void assert_holds(const char *path, const char *text)
{
    char *got = test_read(path);

    assert_string_equal(got, text);
    free(got);
}

static void test_explain_remote__judges_what_the_server_writes(void **state)
{
    (void)state;
    char out[256];
    struct llmx_error err = {0};
    struct llmx_explain_report report;
    struct llmx_explain_options options = how();
    options.keep_rejected = 1;
    snprintf(out, sizeof out, "%s", test_path("judged.jsonl"));
    if (explain(&options, 4, out, &report, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(report.explained, N_ITEMS);
    assert_int_equal(report.passed_first, N_ITEMS - 2);
    assert_int_equal(report.passed, N_ITEMS - 1);
    assert_int_equal(report.fallbacks, 1);
    assert_int_equal(count_asked(&script), N_QUESTIONS);
    assert_int_equal(count_repeated(&script), 0);
    assert_contains(script.bodies[0], "\"model\":\"strong\"");
    for (int i = 0; i < script.n_asked; i++)
        assert_null(strstr(script.bodies[i], "No server is told this"));
    char *text = test_read(out);
    assert_contains(
        text, "{\"user\":\"zoe\",\"item\":\"13\",\"rank\":1,\"explanation\":\"You watched The "
              "Harbour Clock, so you will enjoy Glass Canyon.\",\"cites\":[\"1\"],\"gate\":{"
              "\"verdict\":\"pass\",\"failed\":[]},\"tries\":1,\"model\":\"strong\",\"adapter\":"
              "null,\"seed\":42,\"facts\":[");
    assert_contains(
        text, "so you will enjoy Night Ferry.\",\"cites\":[\"1\"],\"gate\":{\"verdict\":\"pass\"");
    assert_contains(
        text,
        "You took \\\"The Harbour Clock\\\", so you may like Moth Season.\",\"cites\":[\"1\"],"
        "\"gate\":{\"verdict\":\"fallback\"");
    assert_contains(text, "\"tries\":3,\"model\":\"strong\"");
    assert_contains(text, "\"rejected\":[{\"text\":\"Of all films it is the one.\"");
    free(text);
    test_command("ls $T/judged.jsonl*", 0, "judged.jsonl\n");
    test_command("ls $T/judged.jsonl.*", 2, "No such file");
}

/* The first answer is held back, so that all others come before a line can be written; the last is refused. */
static void test_explain_remote__asks_for_no_answer_twice(void **state)
{
    (void)state;
    char *whole = undisturbed(), out[256], answers[300];
    struct llmx_error err = {0};
    struct llmx_explain_options options = how();
    snprintf(out, sizeof out, "%s", test_path("out.jsonl"));
    snprintf(answers, sizeof answers, "%s.answers", out);
    SET(holds_first, true);
    SET(refuses_last, 500);
    assert_int_equal(explain(&options, 2, out, NULL, &err), -1);
    assert_contains(err.message, "answers 500: no");
    assert_int_equal(count_asked(&script), N_QUESTIONS);
    script_release();
    assert_int_equal(explain(&options, 2, out, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "out.jsonl.answers is there from an interrupted run");
    options.resume = 1;
    FILE *kept = fopen(answers, "a"); /* cut while it was written */
    fputs("{\"question\":\"7.0.12", kept);
    fclose(kept);
    if (explain(&options, 2, out, NULL, &err) != 0)
        fail_msg("%s", err.message);
    assert_holds(out, whole);
    assert_int_equal(count_asked(&script), N_QUESTIONS + 2);
    assert_int_equal(count_repeated(&script), 2);
    assert_int_not_equal(access(answers, F_OK), 0);
    free(whole);
}

/* Keeps the latest notice. */
static void hear_notice(void *context, const char *message)
{
    snprintf(context, LLMX_MESSAGE_MAX + 256, "%s", message);
}

static void test_explain_remote__a_refused_question_falls_back_alone(void **state)
{
    (void)state;
    char out[256], said[LLMX_MESSAGE_MAX + 256] = "";
    struct llmx_error err = {0};
    struct llmx_explain_report report;
    struct llmx_explain_options options = how();
    snprintf(out, sizeof out, "%s", test_path("odd.jsonl"));
    SET(is_odd, true);
    SET(refuses_last, 500);
    assert_int_equal(explain(&options, 2, out, NULL, &err), -1);
    assert_contains(err.message, "answers 500: no");
    SET(refuses_last, 400); /* all that is left */
    options.resume = 1;
    options.notice = hear_notice;
    options.notice_context = said;
    if (explain(&options, 2, out, &report, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(report.explained, N_ITEMS);
    assert_int_equal(report.fallbacks, 3);
    char *text = test_read(out);
    assert_contains(text, "so you may like Glass Canyon.\",\"cites\":[\"1\"],\"gate\":{\"verdict\":"
                          "\"fallback\"");
    assert_contains(text,
                    "\"You watched The Harbour Clock, so you will enjoy Night Ferry.\",\"cites\":["
                    "\"1\"],\"gate\":{\"verdict\":\"pass\"");
    assert_contains(text, "so you may like Thirteen Doors.\"");
    free(text);
    assert_contains(said, "item '25', try 3: ");
    assert_contains(said, "answers 400: no");
}

/* Every question is refused: that is said, and nothing is written. */
static void test_explain_remote__says_when_all_are_refused(void **state)
{
    (void)state;
    char out[256];
    struct llmx_error err = {0};
    struct llmx_explain_options options = how();
    options.tries = 9;
    snprintf(out, sizeof out, "%s", test_path("none.jsonl"));
    SET(refuses_all, true);
    assert_int_equal(explain(&options, 1, out, NULL, &err), -1);
    assert_contains(err.message, "answers 422: none");
    assert_int_equal(count_asked(&script), 16);
    assert_int_not_equal(access(out, F_OK), 0);
}

/* Of a job so small that each falls back before it is clear that all are refused, no line is kept as finished. */
static void test_explain_remote__keeps_no_fallback_when_all_are_refused(void **state)
{
    (void)state;
    char *whole = undisturbed(), out[256], partial[300];
    struct llmx_error err = {0};
    struct llmx_explain_options options = how();
    snprintf(out, sizeof out, "%s", test_path("small.jsonl"));
    snprintf(partial, sizeof partial, "%s.partial", out);
    options.tries = 1;
    SET(refuses_all, true);
    assert_int_equal(explain(&options, 1, out, NULL, &err), -1);
    assert_contains(err.message, "answers 422: none");
    assert_int_equal(count_asked(&script), N_ITEMS);
    assert_int_not_equal(access(partial, F_OK), 0);
    options.tries = TRIES;
    SET(refuses_all, false);
    options.resume = 1;
    if (explain(&options, 1, out, NULL, &err) != 0)
        fail_msg("%s", err.message);
    assert_holds(out, whole);
    free(whole);
}

static void test_explain_remote__takes_no_answer_to_another_question(void **state)
{
    (void)state;
    char out[256];
    struct llmx_error err = {0};
    struct llmx_explain_options options = how();
    snprintf(out, sizeof out, "%s", test_path("other.jsonl"));
    SET(holds_first, true);
    SET(refuses_last, 500);
    assert_int_equal(explain(&options, 2, out, NULL, &err), -1);
    script_release();
    options.resume = 1;
    options.max_tokens = 70;
    if (explain(&options, 2, out, NULL, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(count_asked(&script), 2 * N_QUESTIONS);
    FILE *odd = fopen(test_path("odd.jsonl.answers"), "w");
    fputs("{\"user\":\"zoe\"}\n", odd);
    fclose(odd);
    assert_int_equal(explain(&options, 2, test_path("odd.jsonl"), NULL, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "odd.jsonl.answers:1: not an answer that a run kept");
}

static int run_program(const char *name, int in_flight, const char *more)
{
    char command[2048], *said;
    snprintf(command, sizeof command,
             "sh -c 'echo $$ >%s; exec $LLMXREC explain %s --data tests/golden/tiny --base %s "
             "--template %s "
             "--tries 3 --quiet --retries 0 --in-flight %d --out $T/%s %s'",
             script.pid, recs, url, layout, in_flight, name, more);
    const int status = test_shell(command, &said);
    if (status != 0 && status != 128 + SIGKILL)
        fail_msg("%d: %s", status, said);
    free(said);
    return status;
}

static void test_explain_remote__killed_with_answers_waiting(void **state)
{
    (void)state;
    test_needs_program();
    char *whole = undisturbed();
    SET(holds_first, true);
    SET(kill_at, -1); /* when the last item is asked for */
    assert_int_equal(run_program("waiting.jsonl", 2, ""), 128 + SIGKILL);
    assert_int_equal(count_asked(&script), N_QUESTIONS);
    script_release();
    assert_int_equal(run_program("waiting.jsonl", 2, "--resume"), 0);
    assert_holds(test_path("waiting.jsonl"), whole);
    assert_int_equal(count_asked(&script), N_QUESTIONS + 2); /* the two that had no answer */
    assert_int_equal(count_repeated(&script), 2);
    free(whole);
}

/* Killed at its second question, again and again: one answer is gained each time, and only the question in flight is
 * asked again. */
static void test_explain_remote__killed_again_and_again(void **state)
{
    (void)state;
    test_needs_program();
    char *whole = undisturbed();
    int kills = 0;
    SET(kill_at, 2);
    for (; run_program("killed.jsonl", 1, "--resume") != 0; kills++)
        SET(kill_at, script.n_asked + 2);
    assert_int_equal(kills, N_QUESTIONS - 1);
    assert_int_equal(count_asked(&script), N_QUESTIONS + kills);
    assert_int_equal(count_repeated(&script), kills);
    assert_holds(test_path("killed.jsonl"), whole);
    test_command("ls $T/killed.jsonl.*", 2, "No such file");
    free(whole);
}

/* A server in a process of its own, as allocations fail in this one. It ends when `hold` is closed. */
static void start_apart(int *hold)
{
    int told[2], held[2];
    assert_int_equal(pipe(told), 0);
    assert_int_equal(pipe(held), 0);
    if (fork() == 0) {
        void *no_state = NULL;
        char end_of_file;
        close(held[1]);
        begin(&no_state);
        if (write(told[1], url, sizeof url) == (ssize_t)sizeof url)
            (void)!read(held[0], &end_of_file, 1);
        _exit(0);
    }
    assert_int_equal(read(told[0], url, sizeof url), sizeof url);
    close(told[0]);
    close(told[1]);
    close(held[0]);
    *hold = held[1];
}

static void remove_parts(const char *out)
{
    char path[300];
    snprintf(path, sizeof path, "%s.partial", out);
    unlink(path);
    snprintf(path, sizeof path, "%s.answers", out);
    unlink(path);
}

static int explain_failing(void *context, struct llmx_error *err)
{
    char out[256];
    struct llmx_explain_options options = how();
    options.remote = context;
    options.tries = 2;
    snprintf(out, sizeof out, "%s", test_path("failing.jsonl"));
    remove_parts(out);
    return llmx_explain(recs, data, NULL, &options, out, NULL, err);
}

static int draft_failing(void *context, struct llmx_error *err)
{
    char out[256], examples[256];
    struct llmx_explain_options options = how();
    options.remote = context;
    options.tries = 1;
    snprintf(out, sizeof out, "%s", test_path("drafts.jsonl"));
    snprintf(examples, sizeof examples, "%s", test_path("examples.jsonl"));
    remove_parts(out);
    return llmx_examples_draft(examples, data, &options, out, NULL, err);
}

static void test_explain_remote__survives_every_failed_allocation(void **state)
{
    (void)state;
    struct llmx_remote *remote;
    struct llmx_error err = {0};
    int hold;
    start_apart(&hold);
    assert_int_equal(llmx_remote_open(&remote, url, NULL, &err), 0);
    assert_true(failing_alloc_each(explain_failing, remote) > 50);
    test_file("examples.jsonl",
              "{\"user\":\"5\",\"item\":\"30\",\"evidence\":[\"18\"],\"output\":\"\"}\n"
              "{\"user\":\"5\",\"item\":\"13\",\"evidence\":[\"18\"],\"output\":\"\"}\n");
    assert_true(failing_alloc_each(draft_failing, remote) > 50);
    llmx_remote_destroy(remote);
    close(hold);
    assert_true(wait(NULL) > 0);
}

static int set_up(void **state)
{
    char lines[4096];
    size_t n = 0;
    struct llmx_error err;
    (void)state;
    for (int i = 0; i < N_ITEMS; i++)
        n += (size_t)snprintf(
            lines + n, sizeof lines - n,
            "{\"user\":\"zoe\",\"item\":\"%d\",\"rank\":%d,\"history\":[\"1\",\"2\"],"
            "\"evidence\":[{\"item\":\"1\",\"contribution\":1.5}]}\n",
            ids[i], i + 1);
    snprintf(recs, sizeof recs, "%s", test_file("recs.jsonl", lines));
    snprintf(
        layout, sizeof layout, "%s",
        test_file("short.txt",
                  "@history\n{n}: {title}\n@item\nWhy is {title} for those who took {evidence}?\n"
                  "@answer\nNo server is told this:\n@fallback\nYou took {evidence}, so you may "
                  "like {title}.\n"));
    if (llmx_data_open(&data, "tests/golden/tiny", NULL, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explain_remote__survives_every_failed_allocation),
        cmocka_unit_test_setup_teardown(test_explain_remote__judges_what_the_server_writes, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_explain_remote__asks_for_no_answer_twice, begin, end),
        cmocka_unit_test_setup_teardown(test_explain_remote__a_refused_question_falls_back_alone,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_explain_remote__says_when_all_are_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_explain_remote__keeps_no_fallback_when_all_are_refused,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_explain_remote__takes_no_answer_to_another_question,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_explain_remote__killed_with_answers_waiting, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_explain_remote__killed_again_and_again, begin, end),
    };
    return cmocka_run_group_tests_name("explain_remote", tests, set_up, tear_down);
}
