/* Prefixes are found by their ids, never while somebody reads them thrown away, and the one that waited longest goes first. */
#include "generate/kept_prefixes.h"
#include "support/test.h"

#include <stdlib.h>

static const int32_t ids[] = {1, 2, 3, 4, 5, 6, 7, 8};

static struct kv *some_kv(void)
{
    struct kv *kv = calloc(1, sizeof *kv);
    assert_non_null(kv);
    return kv;
}

/* Keeps ids[first] alone. */
static struct kv *put(struct kept_prefixes *kept, int first)
{
    struct kv *kv = some_kv();
    assert_true(kept_prefixes_put(kept, ids + first, 1, kv));
    return kv;
}

static void let_go(struct kept_prefixes *kept)
{
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++)
        while (kept->at[i].holders > 0)
            kept_prefixes_drop(kept, kept->at[i].kv);
    kept_prefixes_release(kept);
}

static void test_kept_prefixes__finds_just_these_ids(void **state)
{
    (void)state;
    struct kept_prefixes kept = {0};
    struct kv *kv = some_kv();
    assert_null(kept_prefixes_take(&kept, ids, 3));
    assert_true(kept_prefixes_put(&kept, ids, 3, kv));
    assert_ptr_equal(kept_prefixes_take(&kept, ids, 3), kv);
    assert_null(kept_prefixes_take(&kept, ids, 2));
    assert_null(kept_prefixes_take(&kept, ids + 1, 3));
    let_go(&kept);
}

static void test_kept_prefixes__keeps_one_of_each(void **state)
{
    (void)state;
    struct kept_prefixes kept = {0};
    struct kv *other = some_kv();
    put(&kept, 0);
    assert_false(kept_prefixes_put(&kept, ids, 1, other));
    kv_destroy(other);
    let_go(&kept);
}

static void test_kept_prefixes__never_throws_away_what_is_read(void **state)
{
    (void)state;
    struct kept_prefixes kept = {0};
    struct kv *kv[KEPT_PREFIXES_MAX], *more = some_kv();
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++)
        kv[i] = put(&kept, i);
    assert_false(kept_prefixes_put(&kept, ids + 7, 1, more));
    kept_prefixes_drop(&kept, kv[2]);
    assert_true(kept_prefixes_put(&kept, ids + 7, 1, more));
    assert_null(kept_prefixes_take(&kept, ids + 2, 1));
    assert_ptr_equal(kept_prefixes_take(&kept, ids + 1, 1), kv[1]);
    let_go(&kept);
}

static void test_kept_prefixes__throws_away_the_longest_unused(void **state)
{
    (void)state;
    struct kept_prefixes kept = {0};
    struct kv *kv[KEPT_PREFIXES_MAX];
    for (int i = 0; i < KEPT_PREFIXES_MAX; i++)
        kept_prefixes_drop(&kept, kv[i] = put(&kept, i));
    kept_prefixes_take(&kept, ids, 1);
    kept_prefixes_drop(&kept, kv[0]);
    put(&kept, 7);
    assert_non_null(kept_prefixes_take(&kept, ids, 1));
    assert_null(kept_prefixes_take(&kept, ids + 1, 1));
    let_go(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept_prefixes__finds_just_these_ids),
        cmocka_unit_test(test_kept_prefixes__keeps_one_of_each),
        cmocka_unit_test(test_kept_prefixes__never_throws_away_what_is_read),
        cmocka_unit_test(test_kept_prefixes__throws_away_the_longest_unused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
