/* What a title is called in a text, and that a text may call it so. */
#include "base/text.h"
#include "gate/titles.h"

#define OPENED test_path("read")
#include "gate/opened.h"

static void assert_displayed(const char *title, const char *expected)
{
    struct text out = {0};
    title_display(&out, title);
    assert_string_equal(out.s, expected);
    text_release(&out);
}

static void test_title__stands_as_a_person_writes_it(void **state)
{
    (void)state;
    assert_displayed("Apartment, The", "The Apartment");
    assert_displayed("Seven Samurai, The (Shichinin no samurai) (1954)",
                     "The Seven Samurai (Shichinin no samurai) (1954)");
    assert_displayed("City of Lost Children, The (Cite, La)",
                     "The City of Lost Children (La Cite)");
    assert_displayed("Never closed (really", "Never closed (really)");
}

static void test_title__keeps_the_words_behind_parentheses(void **state)
{
    (void)state;
    assert_displayed("The Best (and Worst) Onion Rings, Ranked",
                     "The Best (and Worst) Onion Rings, Ranked");
    assert_displayed("One (two) three (four) (1999)", "One (two) three (four) (1999)");
    assert_displayed("(500) Days of Summer (2009)", "(500) Days of Summer (2009)");
    assert_displayed("A (b (c)) d, The", "The A (b (c)) d");
}

static int set_up(void **state)
{
    test_file("read.item", "item_id:token\ttitle:token_seq\nr\tThe Best (and Worst) Onion Rings, "
                           "Ranked\nq\tAnother Story\n");
    test_file("read.inter", "user_id:token\titem_id:token\tt:float\nu\tr\t1\nv\tr\t1\nv\tq\t2\n");
    return open_all(state);
}

static bool passes(const char *text)
{
    struct llmx_verdict verdict;
    struct llmx_error err;
    const llmx_id evidence = llmx_data_item(data, "r");
    const struct llmx_given given = {.user = llmx_data_user(data, "u"),
                                     .item = llmx_data_item(data, "q"),
                                     .evidence = &evidence,
                                     .n_evidence = 1,
                                     .words_max = 75};
    if (llmx_gate_check(checker, &given, text, strlen(text), &verdict, &err) != 0)
        fail_msg("%s", err.message);
    return verdict.n_failures == 0;
}

static void test_title__is_known_whole(void **state)
{
    (void)state;
    assert_true(passes("You read \"The Best (and Worst) Onion Rings, Ranked\", so \"Another "
                       "Story\" may suit you."));
    assert_false(passes("You read \"The Best\", so \"Another Story\" may suit you."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_title__stands_as_a_person_writes_it),
        cmocka_unit_test(test_title__keeps_the_words_behind_parentheses),
        cmocka_unit_test(test_title__is_known_whole),
    };
    return cmocka_run_group_tests_name("titles", tests, set_up, close_all);
}
