/* test_store.c - the same statements on SQLite and on PostgreSQL, which the test starts. */
#include "serve/store.h"
#include "support/postgres.h"
#include "support/test.h"

#include <pthread.h>
#include <unistd.h>

#define assert_ok(CALL, ERR)                                                                       \
    do {                                                                                           \
        if ((CALL) != 0)                                                                           \
            fail_msg("%s: %s", #CALL, (ERR)->message);                                             \
    } while (0)

/* One of the two, empty. */
struct base {
    const char *url;
};
static struct base sqlite = {":memory:"}, postgres;

static struct store *open_store(void **state)
{
    const struct base *base = *state;
    struct llmx_error err;
    struct store *store;
    if (!base->url)
        skip();
    assert_ok(store_open(&store, base->url, &err), &err);
    assert_ok(store_run(store, "DROP TABLE IF EXISTS t", NULL, 0, NULL, NULL, &err), &err);
    assert_ok(store_run(store, "CREATE TABLE t (name TEXT PRIMARY KEY, n BIGINT)", NULL, 0, NULL,
                        NULL, &err),
              &err);
    return store;
}

static int put(struct store *store, const char *name, const char *n, struct llmx_error *err)
{
    const char *values[] = {name, n};
    return store_run(store, "INSERT INTO t (name, n) VALUES ($1, $2)", values, 2, NULL, NULL, err);
}

static void assert_text(struct store *store, const char *sql, const char *const *values, int n,
                        const char *expected)
{
    struct llmx_error err;
    char *text;
    assert_ok(store_text(store, sql, values, n, &text, &err), &err);
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
    free(text);
}

static void test_store__gives_back_what_was_put(void **state)
{
    struct store *store = open_store(state);
    struct llmx_error err;
    const char *nasty = "'; DROP TABLE t; -- \xe2\x80\xae \xf0\x9f\x98\x80 $1 ?";
    const char *values[] = {nasty};
    assert_ok(put(store, nasty, "7", &err), &err);
    assert_ok(put(store, "none", NULL, &err), &err);
    assert_text(store, "SELECT n FROM t WHERE name = $1", values, 1, "7");
    assert_text(store, "SELECT name FROM t WHERE n = 7", NULL, 0, nasty);
    assert_text(store, "SELECT n FROM t WHERE n IS NULL", NULL, 0, NULL);
    assert_text(store, "SELECT COUNT(*) FROM t", NULL, 0, "2");
    store_close(store);
}

static void test_store__numbers_compare_as_numbers(void **state)
{
    struct store *store = open_store(state);
    struct llmx_error err;
    const char *values[] = {"9"};
    assert_ok(put(store, "a", "10", &err), &err);
    assert_text(store, "SELECT name FROM t WHERE n > $1", values, 1, "a");
    store_close(store);
}

static void test_store__tells_what_must_be_unique(void **state)
{
    struct store *store = open_store(state);
    struct llmx_error err;
    assert_ok(put(store, "a", "1", &err), &err);
    assert_int_equal(put(store, "a", "2", &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_int_equal(store_run(store, "SELECT n FROM nowhere", NULL, 0, NULL, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_IO);
    assert_contains(err.message, "nowhere");
    assert_text(store, "SELECT n FROM t WHERE name = 'a'", NULL, 0, "1");
    store_close(store);
}

/* Errors go to the log, in which no rater's link may stand. */
static void test_store__quotes_no_value_in_its_errors(void **state)
{
    static const char *const values[] = {"5ec7e7"};
    struct store *store = open_store(state);
    struct llmx_error err;
    assert_int_equal(store_run(store,
                               "INSERT INTO mark (link, task, system, aspect, value)"
                               " VALUES ($1, 1, 'A', 'sense', NULL)",
                               values, 1, NULL, NULL, &err),
                     -1);
    assert_null(strstr(err.message, "5ec7e7"));
    store_close(store);
}

static void test_store__all_or_nothing(void **state)
{
    struct store *store = open_store(state);
    struct llmx_error err;
    assert_ok(store_begin(store, &err), &err);
    assert_ok(put(store, "a", "1", &err), &err);
    store_rollback(store);
    assert_text(store, "SELECT COUNT(*) FROM t", NULL, 0, "0");
    assert_ok(store_begin(store, &err), &err);
    assert_ok(put(store, "a", "1", &err), &err);
    assert_ok(store_commit(store, &err), &err);
    assert_text(store, "SELECT COUNT(*) FROM t", NULL, 0, "1");
    store_close(store);
}

/* As when the server is started anew: the other side ends this connection. */
static void break_connection(struct store *store)
{
    store_run(store, "SELECT pg_terminate_backend(pg_backend_pid())", NULL, 0, NULL, NULL, NULL);
}

static void test_store__a_broken_connection_takes_its_transaction_along(void **state)
{
    if (*state != &postgres)
        skip();
    struct store *store = open_store(state);
    struct llmx_error err;
    assert_ok(store_begin(store, &err), &err);
    assert_ok(put(store, "a", "1", &err), &err);
    break_connection(store);
    assert_int_equal(put(store, "b", "1", &err), -1);
    assert_contains(err.message, "within a transaction");
    assert_int_equal(store_commit(store, &err), -1);
    assert_text(store, "SELECT COUNT(*) FROM t", NULL, 0, "0");
    assert_ok(store_begin(store, &err), &err);
    assert_ok(put(store, "c", "1", &err), &err);
    assert_ok(store_commit(store, &err), &err);
    assert_text(store, "SELECT COUNT(*) FROM t", NULL, 0, "1");
    store_close(store);
}

/* Two programs with the same file: neither may find it busy. */
static void *begin_often(void *context)
{
    static _Thread_local struct llmx_error err;
    struct store *store;
    for (int i = 0; i < 20; i++) {
        if (store_open(&store, context, &err) != 0) {
            print_error("%s\n", err.message);
            return context;
        }
        store_close(store);
    }
    return NULL;
}

static void test_store__others_may_open_it_at_the_same_time(void **state)
{
    (void)state;
    static char path[256];
    pthread_t thread[4];
    snprintf(path, sizeof path, "%s", test_path("shared.sqlite"));
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, begin_often, path), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        assert_null(failed);
    }
}

static int count_to_two(void *context, const char *const *column, int n)
{
    assert_int_equal(n, 1);
    assert_non_null(column[0]);
    return ++*(int *)context == 2;
}

static void test_store__rows_may_be_given_up(void **state)
{
    struct store *store = open_store(state);
    struct llmx_error err;
    int rows = 0;
    for (const char *name = "abcd"; *name; name++)
        assert_ok(put(store, (char[]){*name, '\0'}, "1", &err), &err);
    assert_ok(store_run(store, "SELECT name FROM t", NULL, 0, count_to_two, &rows, &err), &err);
    assert_int_equal(rows, 2);
    store_close(store);
}

static void *put_many(void *context)
{
    static _Atomic int number;
    struct llmx_error err;
    char name[16];
    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d", number++);
        if (put(context, name, name, &err) != 0)
            return context;
    }
    return NULL;
}

static void test_store__threads_take_turns(void **state)
{
    struct store *store = open_store(state);
    pthread_t thread[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, put_many, store), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(thread[i], &failed);
        assert_null(failed);
    }
    assert_text(store, "SELECT COUNT(*) FROM t", NULL, 0, "200");
    store_close(store);
}

static void test_store__is_there_the_next_time(void **state)
{
    (void)state;
    struct llmx_error err;
    struct store *store;
    const char *path = test_path("next.sqlite");
    assert_ok(store_open(&store, path, &err), &err);
    assert_ok(store_run(store, "INSERT INTO study (id, body, made_at) VALUES ('s', '{}', '0')",
                        NULL, 0, NULL, NULL, &err),
              &err);
    store_close(store);
    assert_ok(store_open(&store, path, &err), &err);
    assert_text(store, "SELECT body FROM study WHERE id = 's'", NULL, 0, "{}");
    assert_ok(
        store_run(store, "INSERT INTO llmxrec (steps) VALUES (9999)", NULL, 0, NULL, NULL, &err),
        &err);
    store_close(store);
    assert_int_equal(store_open(&store, path, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
}

/* As a program before comments, and what raters say of themselves, has left it. */
static void run_all(struct store *store, const char *const *sql, size_t n)
{
    struct llmx_error err;
    for (size_t i = 0; i < n; i++)
        assert_ok(store_run(store, sql[i], NULL, 0, NULL, NULL, &err), &err);
}

#define RUN_ALL(STORE, SQL) run_all(STORE, SQL, sizeof(SQL) / sizeof *(SQL))

static void test_store__takes_up_the_tables_of_before(void **state)
{
    static const char *const undo[] = {
        "DROP TABLE about",
        "ALTER TABLE task DROP COLUMN comment",
        "ALTER TABLE rater DROP COLUMN told_at",
        "ALTER TABLE study DROP COLUMN number",
        "INSERT INTO study (id, body, made_at) VALUES ('s', 'b', '9')",
        "INSERT INTO rater (study, link, number, consented_at, trained_at)"
        " VALUES ('s', 'l', 1, '10', '11')",
        "INSERT INTO task (link, number, unit, places, shown_at, answered_at, seconds)"
        " VALUES ('l', 1, 0, '01', '12', '13', '1.0')",
        "DELETE FROM llmxrec",
        "INSERT INTO llmxrec (steps) VALUES (7)"};
    static const char *const clear[] = {"DELETE FROM rater", "DELETE FROM study"};
    const struct base *base = *state;
    struct llmx_error err;
    struct store *store;
    if (!base->url)
        skip();
    const char *url = base == &sqlite ? test_path("before.sqlite") : base->url;
    assert_ok(store_open(&store, url, &err), &err);
    RUN_ALL(store, undo);
    store_close(store);
    assert_ok(store_open(&store, url, &err), &err);
    assert_text(store, "SELECT body FROM study WHERE number = 0", NULL, 0, "b");
    assert_text(store,
                "SELECT COUNT(*) FROM rater WHERE told_at IS NULL AND trained_at IS NOT NULL", NULL,
                0, "1");
    assert_text(store,
                "SELECT COUNT(*) FROM task WHERE comment IS NULL AND answered_at IS NOT NULL", NULL,
                0, "1");
    assert_text(store, "SELECT COUNT(*) FROM about", NULL, 0, "0");
    RUN_ALL(store, clear);
    store_close(store);
}

static void test_store__reads_one_state_while_others_write(void **state)
{
    const struct base *base = *state;
    struct llmx_error err;
    struct store *reader, *writer;
    if (!base->url)
        skip();
    const char *url = base == &sqlite ? test_path("snapshot.sqlite") : base->url;
    assert_ok(store_open(&reader, url, &err), &err);
    assert_ok(store_open(&writer, url, &err), &err);
    assert_ok(store_run(writer, "DELETE FROM study", NULL, 0, NULL, NULL, &err), &err);
    assert_ok(store_begin_reading(reader, &err), &err);
    assert_text(reader, "SELECT COUNT(*) FROM study", NULL, 0, "0");
    assert_ok(store_run(writer, "INSERT INTO study (id, body, made_at) VALUES ('s', '{}', '0')",
                        NULL, 0, NULL, NULL, &err),
              &err);
    assert_text(reader, "SELECT COUNT(*) FROM study", NULL, 0, "0");
    store_rollback(reader);
    assert_text(reader, "SELECT COUNT(*) FROM study", NULL, 0, "1");
    store_close(reader);
    store_close(writer);
}

static void test_store__says_what_cannot_be_opened(void **state)
{
    (void)state;
    struct llmx_error err;
    struct store *store;
    assert_int_equal(store_open(&store, test_path("nowhere/x.sqlite"), &err), -1);
    assert_contains(err.message, "nowhere/x.sqlite");
    assert_int_equal(store_open(&store, "postgresql:///x?host=/nowhere", &err), -1);
    assert_int_equal(err.code, LLMX_IO);
    test_file("text.sqlite", "this is no data base, whatever it is called, and long enough\n");
    assert_int_equal(store_open(&store, test_path("text.sqlite"), &err), -1);
    assert_int_equal(store_open_old(&store, test_path("typo.sqlite"), &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "typo.sqlite");
    assert_int_equal(access(test_path("typo.sqlite"), F_OK), -1); /* nor was it made */
}

static int start(void **state)
{
    (void)state;
    postgres.url = postgres_start();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    postgres_stop();
    return 0;
}

#define BOTH(F)                                                                                    \
    {#F "_sqlite", F, NULL, NULL, &sqlite},                                                        \
    {                                                                                              \
#F "_postgres", F, NULL, NULL, &postgres                                                   \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_store__gives_back_what_was_put),
        BOTH(test_store__numbers_compare_as_numbers),
        BOTH(test_store__tells_what_must_be_unique),
        BOTH(test_store__quotes_no_value_in_its_errors),
        BOTH(test_store__all_or_nothing),
        cmocka_unit_test_prestate(test_store__a_broken_connection_takes_its_transaction_along,
                                  &postgres),
        cmocka_unit_test(test_store__others_may_open_it_at_the_same_time),
        BOTH(test_store__rows_may_be_given_up),
        BOTH(test_store__threads_take_turns),
        cmocka_unit_test(test_store__is_there_the_next_time),
        BOTH(test_store__takes_up_the_tables_of_before),
        BOTH(test_store__reads_one_state_while_others_write),
        cmocka_unit_test(test_store__says_what_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
