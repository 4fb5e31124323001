/* What is left to take where a text went back: nothing that is far less likely, but at its beginning. */
#include "generate/revisions.h"

#include "support/test.h"

/* Is there a token left at a place where the likeliest of three is forbidden, the others being so far below it? */
static bool is_any_left(int place, float below)
{
    float logits[] = {2, 2 - below, 1 - below};
    struct revisions revisions = {0};
    revisions_add(&revisions, place, 0);
    const bool is_left = revisions_forbid(&revisions, place, logits, 3);
    assert_true(isinf(logits[0]) && logits[0] < 0);
    assert_true(revisions_forbid(&revisions, place + 1, logits, 3));
    return is_left;
}

static void test_revisions__leave_what_is_likely(void **state)
{
    (void)state;
    assert_true(is_any_left(5, 2.9f));
    assert_false(is_any_left(5, 3.1f));
    assert_true(is_any_left(0, 6.9f));
    assert_false(is_any_left(0, 7.1f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revisions__leave_what_is_likely),
    };
    return cmocka_run_group_tests_name("revisions", tests, NULL, NULL);
}
