/* test_killed.c - a server that is killed while it stores feedback: what was acknowledged is there, all of it, and
 * the file is whole. KILLS says how often (20). */
#include "serve/store.h"
#include "support/shop.h"
#include "support/talk.h"
#include "support/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SAID_MAX 4096 /* of one server's life */

static char db[256], run_dir[256];

/* The program, serving; its process, and the port that it says. */
static pid_t serve(int *port)
{
    int ends[2];
    char line[512];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        execl(test_program(), "llmxrec", "serve", "--run", run_dir, "--db", db, "--port", "0",
              (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    FILE *said = fdopen(ends[0], "r");
    *port = 0;
    while (*port == 0 && fgets(line, sizeof line, said)) {
        const char *at = strstr(line, "http://127.0.0.1:");
        if (at)
            *port = (int)strtol(at + strlen("http://127.0.0.1:"), NULL, 10);
    }
    fclose(said);
    if (*port == 0)
        fail_msg("the server did not begin: %s", line);
    return child;
}

struct killer {
    pid_t child;
    long after_us;
};

static void *kill_later(void *context)
{
    const struct killer *killer = context;
    nanosleep(&(struct timespec){.tv_nsec = killer->after_us * 1000}, NULL);
    kill(killer->child, SIGKILL);
    return context;
}

/* Feedback until the server is dead; returns how many were acknowledged: those of people "ROUND-0", "ROUND-1", ... */
static int give_feedback(int port, int round)
{
    char body[128];
    for (int n = 0; n < SAID_MAX; n++) {
        snprintf(body, sizeof body, "{\"user\":\"%d-%d\",\"item\":\"i1\",\"kind\":\"like\"}", round,
                 n);
        const int connection = talk_try(port);
        if (connection < 0)
            return n;
        talk_say(connection,
                 "POST /v1/feedback HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                 strlen(body), body);
        const int status = talk_status(talk_hear(connection, 5));
        close(connection);
        if (status != 201)
            return n;
    }
    return SAID_MAX;
}

static int count(struct store *store, const char *sql, const char *value)
{
    struct llmx_error err;
    char *text;
    if (store_text(store, sql, &value, value ? 1 : 0, &text, &err) != 0)
        fail_msg("%s", err.message);
    const int n = (int)strtol(text ? text : "0", NULL, 10);
    free(text);
    return n;
}

/* All that round's people are there: as many as were acknowledged, or one more, whose answer was not heard. */
static void assert_kept(struct store *store, int round, int acknowledged)
{
    char like[32];
    snprintf(like, sizeof like, "%d-%%", round);
    const int kept =
        count(store, "SELECT COUNT(DISTINCT person) FROM feedback WHERE person LIKE $1", like);
    if (kept < acknowledged || kept > acknowledged + 1)
        fail_msg("life %d: %d acknowledged, %d kept", round, acknowledged, kept);
}

static void assert_whole(struct store *store)
{
    struct llmx_error err;
    char *said;
    assert_int_equal(store_text(store, "PRAGMA integrity_check", NULL, 0, &said, &err), 0);
    assert_string_equal(said, "ok");
    free(said);
}

static void test_killed__loses_nothing_acknowledged(void **state)
{
    const char *wish = getenv("KILLS");
    const int kills = wish ? (int)strtol(wish, NULL, 10) : 20;
    int port, acknowledged, sum = 0;
    struct store *store;
    struct llmx_error err;
    (void)state;
    for (int round = 0; round < kills; round++) {
        pthread_t thread;
        struct killer killer = {.child = serve(&port), .after_us = 3000 + round * 7919L % 40000};
        assert_int_equal(pthread_create(&thread, NULL, kill_later, &killer), 0);
        acknowledged = give_feedback(port, round);
        pthread_join(thread, NULL);
        waitpid(killer.child, NULL, 0);
        sum += acknowledged;
        assert_int_equal(store_open(&store, db, &err), 0);
        assert_kept(store, round, acknowledged);
        assert_whole(store);
        store_close(store);
    }
    print_message("%d kills, %d acknowledged, none lost\n", kills, sum);
    assert_true(sum > kills);
}

static int start(void **state)
{
    (void)state;
    shop_make();
    snprintf(db, sizeof db, "%s", test_path("killed.sqlite"));
    snprintf(run_dir, sizeof run_dir, "%s", test_path("run"));
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed__loses_nothing_acknowledged)};
    return cmocka_run_group_tests(tests, start, NULL);
}
