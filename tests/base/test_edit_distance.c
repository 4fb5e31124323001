/* Distances that a person can count, the same both ways. */
#include "support/test.h"

#include "base/edit_distance.h"

#include <limits.h>

static void test_edit_distance__counts_inserted_deleted_and_changed_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        int distance;
    } cases[] = {{"", "", 0},         {"", "top", 3},           {"top", "top", 0},
                 {"tpo", "top", 2},   {"tops", "top", 1},       {"kitten", "sitting", 3},
                 {"abcd", "dcba", 4}, {"sunday", "saturday", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(edit_distance(cases[i].a, cases[i].b), cases[i].distance);
        assert_int_equal(edit_distance(cases[i].b, cases[i].a), cases[i].distance);
    }
}

static void test_edit_distance__ends_at_the_longest_word(void **state)
{
    (void)state;
    char longest[EDIT_BYTES_MAX + 2];
    memset(longest, 'a', sizeof longest);
    longest[EDIT_BYTES_MAX + 1] = '\0';
    assert_int_equal(edit_distance(longest, ""), INT_MAX);
    assert_int_equal(edit_distance("", longest), INT_MAX);
    longest[EDIT_BYTES_MAX] = '\0';
    assert_int_equal(edit_distance(longest, ""), EDIT_BYTES_MAX);
    assert_int_equal(edit_distance("", longest), EDIT_BYTES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edit_distance__counts_inserted_deleted_and_changed_bytes),
        cmocka_unit_test(test_edit_distance__ends_at_the_longest_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
