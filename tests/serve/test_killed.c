/* test_killed.c - a server that is killed while it stores feedback, or ratings: what was acknowledged is there, all of it,
 * nothing of it half, and the file is whole. KILLS says how often (20). */
#include "serve/store.h"
#include "support/postgres.h"
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

static char db[256];
static const char *sqlite = db, *postgres; /* NULL: it is not installed */

/* One life of a server: so long after so many acknowledgements it is killed. */
struct killer {
    pid_t child;
    int port, after;
    long later_us;
    bool is_on_its_way;
    pthread_t thread;
};

static void *kill_later(void *context)
{
    const struct killer *killer = context;
    nanosleep(&(struct timespec){.tv_nsec = killer->later_us * 1000}, NULL);
    kill(killer->child, SIGKILL);
    return context;
}

static struct killer *begin_life(const char *where, int round)
{
    static struct killer killer;
    killer.after = 1 + round % 8;
    killer.later_us = round * 7919L % 3000;
    killer.is_on_its_way = false;
    killer.child = shop_program("--db", where, &killer.port);
    return &killer;
}

static void hear_acknowledged(struct killer *killer, int n)
{
    if (n != killer->after)
        return;
    assert_int_equal(pthread_create(&killer->thread, NULL, kill_later, killer), 0);
    killer->is_on_its_way = true;
}

static void end_life(struct killer *killer)
{
    if (killer->is_on_its_way)
        pthread_join(killer->thread, NULL);
    else
        kill(killer->child, SIGKILL);
    waitpid(killer->child, NULL, 0);
    if (!killer->is_on_its_way)
        fail_msg("the server refused before it was to be killed");
}

static int kills_wished(void)
{
    const char *wish = getenv("KILLS");
    return wish ? (int)strtol(wish, NULL, 10) : 20;
}

/* Says it; returns the status, or 0 where the server is dead. */
static int say(int port, const char *path, const char *body)
{
    const int connection = talk_try(port);
    if (connection < 0)
        return 0;
    talk_say(connection,
             "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             path, strlen(body), body);
    const char *answer = talk_hear(connection, 5);
    const int status = *answer ? talk_status(answer) : 0;
    close(connection);
    return status;
}

/* Feedback until the server is dead; returns how many were acknowledged: those of people "ROUND-0", "ROUND-1", ... */
static int give_feedback(struct killer *killer, int round)
{
    char body[128];
    for (int n = 0; n < SAID_MAX; n++) {
        snprintf(body, sizeof body, "{\"user\":\"%d-%d\",\"item\":\"i1\",\"kind\":\"like\"}", round,
                 n);
        if (say(killer->port, "/v1/feedback", body) != 201)
            return n;
        hear_acknowledged(killer, n + 1);
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
    const int kills = kills_wished();
    int sum = 0;
    struct store *store;
    struct llmx_error err;
    (void)state;
    for (int round = 0; round < kills; round++) {
        struct killer *killer = begin_life(db, round);
        const int acknowledged = give_feedback(killer, round);
        end_life(killer);
        sum += acknowledged;
        assert_int_equal(store_open(&store, db, &err), 0);
        assert_kept(store, round, acknowledged);
        assert_whole(store);
        store_close(store);
    }
    print_message("%d kills, %d acknowledged, none lost\n", kills, sum);
}

/* ---- ratings: a rater for each life of the server ---- */

#define TASKS 60
#define MARKS 6 /* of an answer: two texts, each with two questions, and the preference */

static void open_study(const char *where, char (*links)[SHOP_LINK], int raters)
{
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "raters: %d\ntasks: %d\nchecks: 0\ncomment: Why?\npreference: Which?\n"
             "questions:\n  - {aspect: a, text: A?}\n  - {aspect: b, text: B?}\n",
             raters, TASKS);
    assert_int_equal(shop_study(where, yaml, links, raters).tasks, TASKS);
}

/* Answers until the server is dead; returns how many were acknowledged. */
static int rate(struct killer *killer, const char *link)
{
    char path[128], body[512];
    snprintf(path, sizeof path, "/v1/studies/%s", link);
    assert_int_equal(say(killer->port, path, "{\"step\":\"consent\"}"), 200);
    assert_int_equal(say(killer->port, path, "{\"step\":\"training\"}"), 200);
    for (int task = 1; task <= TASKS; task++) {
        snprintf(body, sizeof body,
                 "{\"step\":\"task\",\"task\":%d,\"preference\":1,\"comment\":\"so\",\"marks\":["
                 "{\"place\":1,\"aspect\":\"a\",\"value\":1},"
                 "{\"place\":1,\"aspect\":\"b\",\"value\":2},"
                 "{\"place\":2,\"aspect\":\"a\",\"value\":3},"
                 "{\"place\":2,\"aspect\":\"b\",\"value\":4}]}",
                 task);
        if (say(killer->port, path, body) != 200)
            return task - 1;
        hear_acknowledged(killer, task);
    }
    return TASKS;
}

/* As many answers as were acknowledged, or one more, whose answer was not heard; each of them whole. */
static void assert_rated(struct store *store, const char *link, int acknowledged)
{
    const int kept =
        count(store, "SELECT COUNT(*) FROM task WHERE link = $1 AND answered_at IS NOT NULL", link);
    const int comments =
        count(store, "SELECT COUNT(*) FROM task WHERE link = $1 AND comment = 'so'", link);
    const int marks = count(store, "SELECT COUNT(*) FROM mark WHERE link = $1", link);
    if (kept < acknowledged || kept > acknowledged + 1 || comments != kept || marks != MARKS * kept)
        fail_msg("%d acknowledged, %d kept with %d marks and %d comments", acknowledged, kept,
                 marks, comments);
}

static void test_killed__loses_no_acknowledged_rating(void **state)
{
    const char *where = *(const char **)*state;
    const int kills = kills_wished();
    int sum = 0;
    if (!where)
        skip();
    char(*links)[SHOP_LINK] = malloc((size_t)kills * sizeof *links);
    assert_non_null(links);
    open_study(where, links, kills);
    for (int round = 0; round < kills; round++) {
        struct store *store;
        struct llmx_error err;
        struct killer *killer = begin_life(where, round);
        const int acknowledged = rate(killer, links[round]);
        end_life(killer);
        sum += acknowledged;
        assert_int_equal(store_open(&store, where, &err), 0);
        assert_rated(store, links[round], acknowledged);
        if (where == db)
            assert_whole(store);
        store_close(store);
    }
    free(links);
    print_message("%d kills, %d acknowledged, none lost\n", kills, sum);
}

static int start(void **state)
{
    (void)state;
    shop_make();
    postgres = postgres_start();
    snprintf(db, sizeof db, "%s", test_path("killed.sqlite"));
    return 0;
}

static int end(void **state)
{
    (void)state;
    postgres_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed__loses_nothing_acknowledged),
        {"test_killed__loses_no_acknowledged_rating_sqlite",
         test_killed__loses_no_acknowledged_rating, NULL, NULL, &sqlite},
        {"test_killed__loses_no_acknowledged_rating_postgres",
         test_killed__loses_no_acknowledged_rating, NULL, NULL, &postgres},
    };
    return cmocka_run_group_tests(tests, start, end);
}
