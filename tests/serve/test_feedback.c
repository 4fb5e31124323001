/* test_feedback.c - what people did becomes lines of the interaction log, which a data set is opened from. */
#include "llmxrec/serve.h"
#include "serve/store.h"
#include "support/shop.h"
#include "support/talk.h"
#include "support/test.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

static char db[256];

static void put(struct store *store, const char *at, const char *person, const char *item,
                const char *kind)
{
    const char *values[] = {at, person, item, kind};
    struct llmx_error err;
    assert_int_equal(store_run(store,
                               "INSERT INTO feedback (at, person, item, kind)"
                               " VALUES ($1, $2, $3, $4)",
                               values, 4, NULL, NULL, &err),
                     0);
}

static int start(void **state)
{
    struct llmx_error err;
    struct store *store;
    (void)state;
    snprintf(db, sizeof db, "%s", test_path("feedback.sqlite"));
    assert_int_equal(store_open(&store, db, &err), 0);
    put(store, "1000", "new", "b", "like");
    put(store, "999", "u1", "c", "hide");
    put(store, "1001", "new", "c", "click");
    put(store, "1002", "new", "d", "purchase");
    put(store, "1003", "u2", "d", "dislike");
    put(store, "1004", "a\tb", "a", "like"); /* no line can hold it */
    store_close(store);
    return 0;
}

/* The log with the feedback behind it; free() it. */
static char *write_log(const char *log, struct llmx_feedback_log *written)
{
    static char in[256];
    struct llmx_error err;
    snprintf(in, sizeof in, "%s", test_file("log.inter", log));
    if (llmx_feedback_log(db, in, test_path("out.inter"), written, &err) != 0)
        fail_msg("%s", err.message);
    return test_read(test_path("out.inter"));
}

#define RATED                                                                                      \
    "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"                                \
    "u1\ta\t3\t5\nu1\tb\t4.5\t6\nu2\ta\t1\t7\n"

static void test_feedback__stands_behind_the_log_in_the_order_of_time(void **state)
{
    (void)state;
    struct llmx_feedback_log written;
    struct llmx_data *data;
    struct llmx_error err;
    char *out = write_log(RATED, &written);
    assert_string_equal(out, RATED "u1\tc\t1\t999\nnew\tb\t4.5\t1000\nnew\tc\t\t1001\n"
                                   "new\td\t4.5\t1002\nu2\td\t1\t1003\n");
    free(out);
    assert_int_equal(written.log, 3);
    assert_int_equal(written.feedback, 5);
    assert_int_equal(written.left_out, 1);
    if (llmx_data_open(&data, test_path("out.inter"), NULL, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(llmx_data_interactions(data), 8);
    llmx_data_destroy(data);
}

static void test_feedback__leaves_out_what_nobody_liked_where_nothing_is_rated(void **state)
{
    (void)state;
    struct llmx_feedback_log written;
    char *out = write_log("item_id:token\tplace:token\tuser_id:token\na\tx\tu1\n", &written);
    assert_string_equal(out, "item_id:token\tplace:token\tuser_id:token\na\tx\tu1\n"
                             "b\t\tnew\nc\t\tnew\nd\t\tnew\n");
    free(out);
    assert_int_equal(written.left_out, 3);
}

#define TIMED "user_id:token\titem_id:token\ttimestamp:float\n"

static void assert_counts(const char *times, const char *expected)
{
    struct llmx_feedback_log written;
    char *out = write_log(times, &written);
    assert_contains(out, expected);
    free(out);
}

static void test_feedback__counts_time_as_the_log_does(void **state)
{
    (void)state;
    assert_counts(TIMED "u\ta\t951868800123\n", "\nnew\tb\t1000000\nnew\tc\t1001000\n");
    assert_counts(TIMED "u\ta\t951868800123456\n", "\nnew\tb\t1000000000\n");
    assert_counts(TIMED "u\ta\t1551868800123456789\n", "\nnew\tb\t1000000000000\n");
}

static void test_feedback__counts_time_as_most_of_the_log_does(void **state)
{
    (void)state;
    assert_counts(TIMED "u\ta\t951868800\nu\tb\t951868801\nu\tc\t951868800123\n",
                  "\nnew\tb\t1000\n");
}

/* Between the units: the data take them for numbers that order, and no more. */
static void test_feedback__counts_in_seconds_where_times_are_of_no_unit(void **state)
{
    (void)state;
    assert_counts(TIMED "u\ta\t50000000000000\n", "\nnew\tb\t1000\n");
    assert_counts(TIMED "u\ta\t50000000000000000\n", "\nnew\tb\t1000\n");
}

static void test_feedback__refuses_what_is_no_log(void **state)
{
    (void)state;
    struct llmx_feedback_log written;
    struct llmx_error err;
    static char in[256], out[256];
    snprintf(in, sizeof in, "%s", test_file("no.inter", "u1\ta\t3\n"));
    snprintf(out, sizeof out, "%s", test_file("kept.inter", "as it was\n"));
    assert_int_equal(llmx_feedback_log(db, in, out, &written, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "no.inter:1:");
    char *kept = test_read(out);
    assert_string_equal(kept, "as it was\n");
    free(kept);
}

/* What u0 is recommended first, they buy: asked of the server, taken up by the next training, recommended no more. */
static void test_feedback__is_learnt_from_by_the_next_training(void **state)
{
    char body[128], first[32] = "";
    int port;
    (void)state;
    shop_make();
    char *recs = test_read(test_path("recs.jsonl"));
    assert_int_equal(sscanf(recs, "{\"user\":\"u0\",\"item\":\"%31[^\"]", first), 1);
    free(recs);
    snprintf(body, sizeof body, "{\"user\":\"u0\",\"item\":\"%s\",\"kind\":\"purchase\"}", first);
    const pid_t server = shop_program("--db", test_path("shop.sqlite"), &port);
    const char *answer =
        talk(port, "POST", "/v1/feedback", "Content-Type: application/json\r\n", body);
    assert_int_equal(talk_status(answer), 201);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    test_command(
        "mkdir $T/more && cp $T/shop/shop.item $T/more/more.item && "
        "$LLMXREC feedback $T/shop/shop.inter --db $T/shop.sqlite --out $T/more/more.inter && "
        "$LLMXREC train --resume --data $T/more --out $T/run --quiet && "
        "$LLMXREC recommend $T/run --users u0 --top 3 --out $T/after.jsonl --quiet",
        0, "1 of feedback");
    char *after = test_read(test_path("after.jsonl"));
    snprintf(body, sizeof body, "\"user\":\"u0\",\"item\":\"%s\"", first);
    assert_contains(after, "\"user\":\"u0\"");
    assert_null(strstr(after, body));
    free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_feedback__stands_behind_the_log_in_the_order_of_time),
        cmocka_unit_test(test_feedback__leaves_out_what_nobody_liked_where_nothing_is_rated),
        cmocka_unit_test(test_feedback__counts_time_as_the_log_does),
        cmocka_unit_test(test_feedback__counts_time_as_most_of_the_log_does),
        cmocka_unit_test(test_feedback__counts_in_seconds_where_times_are_of_no_unit),
        cmocka_unit_test(test_feedback__refuses_what_is_no_log),
        cmocka_unit_test(test_feedback__is_learnt_from_by_the_next_training),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
