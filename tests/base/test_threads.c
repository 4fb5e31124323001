#include "support/test.h"

#include "base/threads.h"

static void add_block(void *context, size_t block, int thread)
{
    (void)thread;
    atomic_fetch_add((atomic_long *)context, (long)block + 1);
}

static void test_threads_for__does_every_block_once(void **state)
{
    (void)state;
    for (int n = 1; n <= 5; n += 2) {
        struct threads *pool = threads_create(n, NULL);
        assert_int_equal(threads_count(pool), n);
        for (int round = 0; round < 200; round++) {
            atomic_long sum = 0;
            threads_for(pool, 100, add_block, &sum);
            assert_int_equal(sum, 5050);
        }
        threads_destroy(pool);
    }
    atomic_long sum = 0;
    threads_for(NULL, 10, add_block, &sum);
    assert_int_equal(sum, 55);
}

struct meeting {
    struct barrier barrier;
    int written[4], seen_wrong;
};

/* Everyone writes, meets, and reads what the others wrote. */
static void meet(void *context, int thread)
{
    struct meeting *m = context;
    for (int round = 1; round <= 500; round++) {
        m->written[thread] = round;
        barrier_wait(&m->barrier);
        for (int i = 0; i < m->barrier.size; i++)
            if (m->written[i] != round)
                m->seen_wrong = 1;
        barrier_wait(&m->barrier);
    }
}

static void test_barrier__shows_everything_written_before(void **state)
{
    (void)state;
    struct threads *pool = threads_create(4, NULL);
    struct meeting meeting = {.barrier = {.size = 4}};
    threads_run(pool, meet, &meeting);
    assert_int_equal(meeting.seen_wrong, 0);
    threads_destroy(pool);
}

static void test_threads_create__refuses_nonsense(void **state)
{
    (void)state;
    struct llmx_error err;
    assert_null(threads_create(-1, &err));
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_null(threads_create(100000, &err));
    threads_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_for__does_every_block_once),
        cmocka_unit_test(test_barrier__shows_everything_written_before),
        cmocka_unit_test(test_threads_create__refuses_nonsense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
