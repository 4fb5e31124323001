/* The beginnings that are barred where a prompt does not give the value (data set tests/golden/gate/claims). */
#define OPENED "tests/golden/gate/claims"
#include "gate/opened.h"

#include "gate/gate.h"
#include "gate/value_words.h"

static char told[64][32];
static int n_told;

static int tell(void *context, const char *beginning, size_t n, struct llmx_error *err)
{
    (void)context;
    (void)err;
    assert_true(n_told < 64);
    snprintf(told[n_told++], sizeof told[0], "%.*s", (int)n, beginning);
    return 0;
}

static bool is_barred(const char *word)
{
    for (int i = 0; i < n_told; i++)
        if (strncmp(word, told[i], strlen(told[i])) == 0)
            return true;
    return false;
}

/* What is barred where this item is recommended because of that one. */
static void find(const char *item, const char *evidence, const char *prompt)
{
    const llmx_id of[] = {llmx_data_item(data, evidence)};
    const struct llmx_given given = {.user = -1,
                                     .item = llmx_data_item(data, item),
                                     .evidence = of,
                                     .n_evidence = 1,
                                     .prompt = prompt,
                                     .columns = 1u << llmx_data_column(data, LLMX_ITEMS, "class")};
    struct value_words words;
    struct llmx_error err;
    assert_true(given.item >= 0 && of[0] >= 0);
    n_told = 0;
    assert_int_equal(value_words_init(&words, gate->catalogue, &err), 0);
    assert_int_equal(value_words_barred(&words, &given, tell, NULL, &err), 0);
    value_words_release(&words);
}

static void test_value_words__bar_what_was_not_given(void **state)
{
    (void)state;
    find("harbour", "train", "");
    assert_false(is_barred("crime") || is_barred("drama") || is_barred("dramas"));
    assert_true(is_barred("comedy") && is_barred("comedies") && is_barred("western"));
    find("summer", "kite", "");
    assert_false(is_barred("comedy") || is_barred("comedies") || is_barred("adventure"));
    assert_true(is_barred("western"));
    find("harbour", "train", "\"A Comedy of Errors\" and a Western");
    assert_false(is_barred("comedy") || is_barred("western"));
}

/* Whatever a text may say anywhere begins otherwise. */
static void test_value_words__bar_no_word_of_the_lexicon(void **state)
{
    (void)state;
    find("harbour", "train", "");
    assert_true(n_told > 3);
    for (const struct list_entry *e = list_entries(LIST_LEXICON); e->phrase; e++)
        if (is_barred(e->phrase))
            fail_msg("%s", e->phrase);
    for (const struct list_entry *e = list_entries(LIST_FUNCTION); e->phrase; e++)
        if (is_barred(e->phrase))
            fail_msg("%s", e->phrase);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_words__bar_what_was_not_given),
        cmocka_unit_test(test_value_words__bar_no_word_of_the_lexicon),
    };
    return cmocka_run_group_tests_name("value words", tests, open_all, close_all);
}
