/* What a text may say of the customer: what the profile says (data set tests/golden/gate/people), and nothing else. */
#define OPENED "tests/golden/gate/people"
#include "gate/opened.h"

/* Does the profile check reject the text? */
static bool is_rejected(const char *user, const char *text, bool allow_profile)
{
    struct llmx_error err;
    struct llmx_verdict verdict;
    struct llmx_given given = {.user = user ? llmx_data_user(data, user) : -1,
                               .item = llmx_data_item(data, "hill"),
                               .prompt = "The films: \"The Amber Road\", \"The Birch House\".",
                               .words_max = 75,
                               .allow_profile = allow_profile};
    assert_true(!user || given.user >= 0);
    given.history = llmx_data_history(data, given.user < 0 ? 0 : given.user, LLMX_TRAIN_VALID,
                                      &given.n_history);
    if (llmx_gate_check(checker, &given, text, strlen(text), &verdict, &err) != 0)
        fail_msg("%s", err.message);
    for (int i = 0; i < verdict.n_failures; i++)
        if (verdict.failure[i].check == LLMX_CHECK_PROFILE)
            return true;
    return false;
}

static const struct {
    const char *user, *said;
    bool is_true;
} cases[] = {
    /* several words, capitals, hyphens */
    {"ann", "As a graduate student", true},
    {"ann", "As a Graduate Student", true},
    {"ann", "AS A GRADUATE STUDENT", true},
    {"ann", "As a graduate-student", true},
    {"ann", "As a sales manager", false},
    {"ann", "As a writer", false},
    {"ann", "As a graduate writer", false},
    {"bob", "As a sales manager", true},
    {"bob", "As a Sales Manager", true},
    {"bob", "As a busy sales manager", true},
    {"bob", "As a sales-manager", true},
    {"bob", "As a graduate student", false},
    {"eva", "As a self-employed woman", true},
    {"eva", "As a self employed woman", true},
    {"dan", "As a self-employed man", false},
    /* what a value begins with is not what it says, what it ends with is */
    {"ann", "As a student", true},
    {"ida", "As a student", true},
    {"ida", "As a graduate student", false},
    {"bob", "As a manager", true},
    {"bob", "Your job in sales", false},
    {"sal", "Your job in sales", true},
    {"sal", "As a sales manager", false},
    {"gus", "As a former teacher", true},
    {"gus", "As a teacher", false},
    /* a list of values */
    {"fay", "As a doctor", true},
    {"fay", "Your work in health care", true},
    {"fay", "As a lawyer", false},
    {"dan", "As a doctor", false},
    /* what no profile of the data says */
    {"dan", "As a pharmacist", false},
    {"dan", "As a father", false},
    {"dan", "As a fan of drama", true},
    {"dan", "As a lover of the film", true},
    /* plurals and other ways to say so */
    {"dan", "Writers like you", true},
    {"ann", "Writers like you", false},
    {"ann", "Graduate students like you", true},
    {"bob", "Graduate students like you", false},
    {"bob", "Men like you", true},
    {"ann", "Men of your age", false},
    {"dan", "Fellow writer", true},
    {"bob", "Fellow writer", false},
    {"ida", "Being retired", true},
    {"ida", "You are retired", true},
    {"dan", "You are retired", false},
    {"dan", "You're a writer", true},
    {"bob", "You are a writer", false},
    {"dan", "Your work as a writer", true},
    {"bob", "Your work as a writer", false},
    /* gender */
    {"ann", "As a woman", true},
    {"ann", "As a man", false},
    {"bob", "As a man", true},
    {"dan", "As a man", true},
    {"eva", "As a lady", true},
    {"fay", "As a female doctor", true},
    {"hal", "As a man", false},
    {"hal", "As a woman", false},
    {"gus", "As a man", false},
    {"ann", "As a 24-year-old female graduate student", true},
    {"ann", "As a 24-year-old male graduate student", false},
    {"ann", "As a 24-year-old female sales manager", false},
    /* age */
    {"ann", "As a 24-year-old", true},
    {"ann", "As a twenty-four-year-old", true},
    {"ann", "Aged 24", true},
    {"ann", "At the age of 24", true},
    {"ann", "You are 24", true},
    {"ann", "You are 42", false},
    {"ann", "Aged 25", false},
    {"ann", "At the age of 4", false},
    {"ann", "As a thirty-four-year-old", false},
    {"ann", "Aged 24 to 30", false},
    {"ann", "In your twenties", true},
    {"ann", "In your early 20s", true},
    {"ann", "In your thirties", false},
    {"hal", "As a 24-year-old", true},
    {"fay", "Aged 25-34", true},
    {"fay", "Aged 25 to 34", true},
    {"fay",
     "Aged 25\xe2\x80\x93"
     "34",
     true},
    {"fay", "As a 25-34-year-old", true},
    {"fay", "As a 25-year-old", false},
    {"fay", "As a 30-year-old", false},
    {"fay", "Aged 18-24", false},
    {"fay", "In your thirties", false},
    {"ida", "In your twenties", true},
    {"gus", "Aged under 18", true},
    {"gus", "As an under 18 year old", true},
    {"gus", "As an 18-year-old", false},
    {"gus", "Aged over 18", false},
    /* nothing is given */
    {"cat", "As a writer", false},
    {"cat", "As a sales manager", false},
    {"cat", "As a woman", false},
    {"cat", "As a man", false},
    {"cat", "As a 24-year-old", false},
    {"cat", "At your age", false},
    {"cat", "Your occupation", false},
    {"cat", "In your twenties", false},
    {"hal", "As a sales manager", false},
    {"hal", "Your gender", true},
    {"dan", "Your job", true},
    {"dan", "At your age", true},
    {NULL, "As a writer", false},
    {NULL, "As a man", false},
    {NULL, "At your age", false},
};

static void test_profile__allows_what_the_profile_says(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        snprintf(text, sizeof text, "%s, you may like \"The Cedar Hill\" after \"The Amber Road\".",
                 cases[i].said);
        if (is_rejected(cases[i].user, text, true) == cases[i].is_true) {
            wrong++;
            print_error("%s: %s\n", cases[i].user ? cases[i].user : "(unknown)", cases[i].said);
        }
    }
    assert_int_equal(wrong, 0);
}

/* Without leave, what is true of the customer may not be said either. */
static void test_profile__is_not_to_be_spoken_of_without_leave(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!strstr(cases[i].said, "fan") && !strstr(cases[i].said, "film") &&
            !is_rejected(cases[i].user, cases[i].said, false))
            fail_msg("%s", cases[i].said);
}

/* Films about students are films, and their years are years. */
static void test_profile__leaves_items_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "You may like this film about a graduate student.",
        "This one is for a fan of films with doctors.",
        "You watched \"The Birch House\", a story of a writer and a teacher.",
        "In your nineties favourites there is room for this one.",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_rejected("cat", texts[i], false))
            fail_msg("%s", texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profile__allows_what_the_profile_says),
        cmocka_unit_test(test_profile__is_not_to_be_spoken_of_without_leave),
        cmocka_unit_test(test_profile__leaves_items_alone),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
