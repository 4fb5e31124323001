/* The word lists of data/words as the program holds them. */
#include "gate/lists.h"
#include "gate/words.h"
#include "support/test.h"

static void test_lists__none_is_missing(void **state)
{
    (void)state;
    for (int list = 0; list < LIST_COUNT; list++) {
        assert_non_null(list_entries((enum list)list));
        assert_non_null(list_entries((enum list)list)->phrase);
    }
}

/* A phrase that is not written as texts are compared (words.h) would never be found. */
static void assert_folded(const char *phrase)
{
    struct passage words = {0};
    struct text again = {0};
    assert_int_equal(passage_split(&words, phrase, strlen(phrase), NULL), 0);
    for (int i = 0; i < words.n; i++)
        text_printf(&again, "%s%s", i ? " " : "", word_text(&words, i));
    assert_string_equal(again.s, phrase);
    text_release(&again);
    passage_release(&words);
}

static void test_lists__are_folded_and_say_nothing_twice(void **state)
{
    (void)state;
    for (int list = 0; list < LIST_COUNT; list++) {
        const bool is_as_written =
            list == LIST_TRAILING_ARTICLES || list == LIST_EMPTY_VALUES || list == LIST_NUMBERS;
        for (const struct list_entry *e = list_entries((enum list)list); e->phrase; e++) {
            if (!is_as_written)
                assert_folded(e->phrase);
            assert_ptr_equal(list_find((enum list)list, e->phrase, strlen(e->phrase)), e);
        }
    }
}

static void test_lists__values_stand_behind_the_phrase(void **state)
{
    (void)state;
    const struct list_entry *e = list_find(LIST_GENRE_NAMES, "science fiction", 15);
    assert_non_null(e);
    assert_string_equal(e->value, "sci fi");
    assert_null(list_find(LIST_GENRE_NAMES, "science", 7));
    assert_null(list_entries(LIST_CLAIMS)->value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists__none_is_missing),
        cmocka_unit_test(test_lists__are_folded_and_say_nothing_twice),
        cmocka_unit_test(test_lists__values_stand_behind_the_phrase),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
