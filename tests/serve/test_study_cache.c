/* test_study_cache.c - a study is parsed once, however many ask, and the least recent gives way. */
#include "serve/study_cache.h"
#include "support/test.h"

static void put_study(struct store *store, int number)
{
    struct llmx_error err;
    char id[16];
    const char *values[] = {id};
    snprintf(id, sizeof id, "s%d", number);
    assert_int_equal(
        store_run(store, "INSERT INTO study (id, body, made_at) VALUES ($1, '{\"a\":1}', '0')",
                  values, 1, NULL, NULL, &err),
        0);
}

static void test_study_cache__gives_the_same_until_others_take_its_place(void **state)
{
    (void)state;
    struct study_cache cache;
    struct store *store;
    struct llmx_error err;
    assert_int_equal(store_open(&store, ":memory:", &err), 0);
    study_cache_open(&cache);
    for (int i = 0; i <= STUDY_CACHE_SIZE; i++)
        put_study(store, i);
    json_t *first = study_cache_get(&cache, store, "s0", &err),
           *again = study_cache_get(&cache, store, "s0", &err);
    assert_ptr_equal(first, again);
    json_decref(again);
    for (int i = 1; i <= STUDY_CACHE_SIZE; i++) {
        char id[16];
        snprintf(id, sizeof id, "s%d", i);
        json_decref(study_cache_get(&cache, store, id, &err));
    }
    again = study_cache_get(&cache, store, "s0", &err);
    assert_ptr_not_equal(first, again); /* `first` is still held, and whole */
    assert_int_equal(json_integer_value(json_object_get(first, "a")), 1);
    json_decref(first);
    json_decref(again);
    assert_null(study_cache_get(&cache, store, "none", &err));
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    study_cache_close(&cache);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_study_cache__gives_the_same_until_others_take_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
