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

/* What a text may say anywhere. */
static void assert_plain_words_are_free(void)
{
    static const enum list plain[] = {LIST_LEXICON, LIST_FUNCTION, LIST_NUMBERS, LIST_TENS,
                                      LIST_DECADES};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        for (const struct list_entry *e = list_entries(plain[i]); e->phrase; e++)
            if (is_barred(e->phrase))
                fail_msg("%s", e->phrase);
}

static void test_value_words__bar_no_plain_word(void **state)
{
    (void)state;
    find("harbour", "train", "");
    assert_true(n_told > 3);
    assert_plain_words_are_free();
}

/* "Ninja" is no reason to say no "nine". */
static void test_value_words__bar_no_number(void **state)
{
    close_all(state);
    open_data("tests/golden/gate/number_words");
    find("kart", "kart", "");
    assert_true(is_barred("ninja") && is_barred("tennis") && is_barred("electronic"));
    assert_plain_words_are_free();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_words__bar_what_was_not_given),
        cmocka_unit_test(test_value_words__bar_no_plain_word),
        cmocka_unit_test(test_value_words__bar_no_number),
    };
    return cmocka_run_group_tests_name("value words", tests, open_all, close_all);
}
