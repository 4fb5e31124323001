/* What a text may say of the customer where they are told of otherwise than .user has it, and of their age in numbers. */
#define OPENED "tests/golden/gate/people"
#include "gate/opened.h"

/* The checks that a text for ann, 24, a woman and graduate student, fails, as bits. */
static unsigned failed(const char *text, const struct llmx_retold *retold, int n)
{
    struct llmx_error err;
    struct llmx_verdict verdict;
    const struct llmx_given given = {.user = llmx_data_user(data, "ann"),
                                     .retold = retold,
                                     .n_retold = n,
                                     .item = llmx_data_item(data, "hill"),
                                     .prompt = "",
                                     .words_max = 75,
                                     .is_strict = 1,
                                     .allow_profile = 1};
    unsigned bits = 0;
    if (llmx_gate_check(checker, &given, text, strlen(text), &verdict, &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < verdict.n_failures; i++)
        bits |= 1u << verdict.failure[i].check;
    return bits;
}

#define PROFILE (1u << LLMX_CHECK_PROFILE)
#define NUMBER  (1u << LLMX_CHECK_NUMBER)
#define WORD    (1u << LLMX_CHECK_WORD)

static int column(const char *name)
{
    const int found = llmx_data_column(data, LLMX_USERS, name);
    assert_true(found >= 0);
    return found;
}

static void test_retold__what_is_told_counts_and_not_what_is_so(void **state)
{
    (void)state;
    const struct llmx_retold man = {column("sex"), "M"}, older = {column("age_group"), "61"};
    assert_int_equal(failed("As a woman", NULL, 0) & PROFILE, 0);
    assert_int_equal(failed("As a woman", &man, 1) & PROFILE, PROFILE);
    assert_int_equal(failed("As a man", &man, 1) & PROFILE, 0);
    assert_int_equal(failed("Aged 61", &older, 1) & (PROFILE | NUMBER), 0);
    assert_int_equal(failed("Aged 24", &older, 1) & PROFILE, PROFILE);
    assert_int_equal(failed("As a woman", &older, 1) & PROFILE, 0);
}

static void test_retold__what_is_blinded_is_not_spoken_of(void **state)
{
    (void)state;
    const struct llmx_retold blind[] = {
        {column("sex"), ""}, {column("age_group"), ""}, {column("sex"), "F"}};
    assert_int_equal(failed("As a woman", blind, 3) & PROFILE, PROFILE);
    assert_int_equal(failed("Aged 24", blind, 3) & PROFILE, PROFILE);
    assert_int_equal(failed("At your age", blind, 3) & PROFILE, PROFILE);
    assert_int_equal(failed("As a graduate student", blind, 3) & PROFILE, 0);
}

static void test_profile__a_true_age_is_no_number_of_anything(void **state)
{
    (void)state;
    static const char *const said[] = {"As a 24-year-old, you", "As a twenty-four-year-old, you",
                                       "At the age of 24, you", "Aged 24, you",
                                       "As a 24-year-old woman, you"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        if (failed(said[i], NULL, 0) & (PROFILE | NUMBER))
            fail_msg("rejected: %s", said[i]);
    assert_int_equal(failed("You are a 24-year-old woman", NULL, 0) & WORD, 0);
    assert_int_equal(failed("You liked an old film", NULL, 0) & WORD, WORD);
    assert_int_equal(failed("As a 25-year-old, you", NULL, 0) & (PROFILE | NUMBER),
                     PROFILE | NUMBER);
    assert_int_equal(failed("You watched 24 films", NULL, 0) & NUMBER, NUMBER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_retold__what_is_told_counts_and_not_what_is_so),
        cmocka_unit_test(test_retold__what_is_blinded_is_not_spoken_of),
        cmocka_unit_test(test_profile__a_true_age_is_no_number_of_anything),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
