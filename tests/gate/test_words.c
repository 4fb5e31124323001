/* Texts as words: what a model may write that no person would. */
#include "gate/words.h"
#include "support/test.h"

static void test_words__marks_that_no_letter_carries_are_no_words(void **state)
{
    (void)state;
    static const char text[] = "\xcc\x9c\xcc\x81 It\xcc\x81s, \xe2\x83\x9d.";
    struct passage words = {0};
    struct llmx_error err;
    assert_int_equal(passage_split(&words, text, sizeof text - 1, &err), 0);
    assert_int_equal(words.n, 1);
    assert_string_equal(word_text(&words, 0), "its");
    assert_true(word_has(&words, 0, WORD_INITIAL));
    assert_true(word_has(&words, 0, WORD_CAPITAL));
    assert_true(word_in(&words, 0, "an its of"));
    passage_release(&words);
}

static void test_words__bytes_that_are_no_utf8_separate(void **state)
{
    (void)state;
    static const char text[] = "a\xff"
                               "b \xed\xa0\x80 c\0d &#xD800; &#99999999999; \\xZZ";
    struct passage words = {0};
    struct llmx_error err;
    assert_int_equal(passage_split(&words, text, sizeof text - 1, &err), 0);
    assert_true(words.n >= 4);
    for (int i = 0; i < words.n; i++)
        assert_true(words.word[i].n > 0 && words.word[i].end <= sizeof text - 1);
    passage_release(&words);
}

/* 'after "Up!", as you did': the mark is the title's. */
static void test_words__no_sentence_ends_in_front_of_a_comma(void **state)
{
    (void)state;
    static const char text[] =
        "You saw \"Up!\", \"When Harry Met Sally...\", two films. \"Up!\" Two";
    struct passage words = {0};
    assert_int_equal(passage_split(&words, text, sizeof text - 1, NULL), 0);
    assert_int_equal(words.n, 11);
    assert_false(word_has(&words, 3, WORD_BREAK));
    assert_false(word_has(&words, 7, WORD_BREAK) || word_has(&words, 7, WORD_INITIAL));
    assert_true(word_has(&words, 7, WORD_APART));
    assert_true(word_has(&words, 9, WORD_BREAK));
    assert_true(word_has(&words, 10, WORD_BREAK));
    passage_release(&words);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words__marks_that_no_letter_carries_are_no_words),
        cmocka_unit_test(test_words__no_sentence_ends_in_front_of_a_comma),
        cmocka_unit_test(test_words__bytes_that_are_no_utf8_separate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
