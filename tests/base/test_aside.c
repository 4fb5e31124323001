/* test_aside.c - work beside the caller's own is done once, whether or not there is a thread for it. */
#include "base/threads.h"
#include "support/test.h"

struct work {
    int times;
    pthread_t thread;
};

static void do_it(void *context)
{
    struct work *work = context;
    work->times++;
    work->thread = pthread_self();
}

static void test_aside__is_done_on_a_thread_of_its_own(void **state)
{
    (void)state;
    struct work work = {0};
    struct aside aside;
    aside_begin(&aside, true, do_it, &work);
    aside_end(&aside);
    assert_int_equal(work.times, 1);
    assert_false(pthread_equal(work.thread, pthread_self()));
}

static void test_aside__not_worth_a_thread_is_done_at_the_end(void **state)
{
    (void)state;
    struct work work = {0};
    struct aside aside;
    aside_begin(&aside, false, do_it, &work);
    assert_int_equal(work.times, 0);
    aside_end(&aside);
    assert_int_equal(work.times, 1);
    assert_true(pthread_equal(work.thread, pthread_self()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aside__is_done_on_a_thread_of_its_own),
        cmocka_unit_test(test_aside__not_worth_a_thread_is_done_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
