/* A wish to stop: asked for in a signal handler, seen by another thread. */
#include "support/test.h"

#include "llmxrec/error.h"

#include <pthread.h>
#include <signal.h>

static struct llmx_stop stop;

static void on_signal(int number)
{
    (void)number;
    llmx_stop_ask(&stop);
}

static void *wait_for_it(void *context)
{
    while (!llmx_stop_asked(context))
        ;
    return NULL;
}

static void test_stop__asked_in_a_handler_is_seen_by_a_thread(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(llmx_stop_asked(&stop), 0);
    signal(SIGUSR1, on_signal);
    assert_int_equal(pthread_create(&thread, NULL, wait_for_it, &stop), 0);
    raise(SIGUSR1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(llmx_stop_asked(&stop), 1);
}

static void test_stop__nobody_asks_where_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(llmx_stop_asked(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stop__asked_in_a_handler_is_seen_by_a_thread),
        cmocka_unit_test(test_stop__nobody_asks_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
