/* test_template.c - prompts from templates, the errors of templates, and the plain sentence. */
#include "support/test.h"

#include "explain/prompt.h"
#include "gate/gate.h"

static struct llmx_data *data;
static struct catalogue *catalogue;

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        !(catalogue = catalogue_create(data, &err)))
        fail_msg("%s", err.message);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    catalogue_destroy(catalogue);
    llmx_data_destroy(data);
    return 0;
}

/* tom, to whom The Silence of the Lambs is recommended because of Fargo and The Apartment. */
static struct llmx_given given_of_tom(void)
{
    static llmx_id evidence[2];
    evidence[0] = llmx_data_item(data, "fargo");
    evidence[1] = llmx_data_item(data, "apartment");
    struct llmx_given given = {.user = llmx_data_user(data, "tom"),
                               .item = llmx_data_item(data, "lambs"),
                               .evidence = evidence,
                               .n_evidence = 2,
                               .words_max = 75};
    given.history = llmx_data_history(data, given.user, LLMX_TRAIN_VALID, &given.n_history);
    given.history += given.n_history - 2;
    given.n_history = 2;
    return given;
}

/* The prompt that a template makes; free() it. */
static char *prompt_of(const char *text, bool with_profile)
{
    struct template template;
    struct llmx_error err;
    struct text out = {0};
    struct llmx_given given = given_of_tom();
    if (template_parse(&template, "t.txt", text, strlen(text), NULL, data, &err) != 0)
        fail_msg("%s", err.message);
    prompt_shared(&out, &template, catalogue, &given, with_profile);
    text_puts(&out, "~");
    prompt_own(&out, &template, catalogue, &given, with_profile);
    template_release(&template);
    return out.s;
}

static void test_prompt__fills_in_a_template(void **state)
{
    (void)state;
    char *prompt = prompt_of(
        "# a comment\n@shared\nHello \\{you\\}, {gender:M=Mr,F=Ms} {age}.\n@history\n"
        "{n} {title}[ ({class})]\n@item\n{title}: {class:prose}, {release_year}\n@evidence\n"
        "- {title}\n@item\nbecause of {evidence}; {words} words\n@fallback\nnever shown\n",
        true);
    assert_string_equal(
        prompt, "Hello {you}, Mr 24.\n1 Seven (Se7en) (Crime, Thriller)\n"
                "2 Star Trek: First Contact (Action, Adventure, Sci-Fi)\n~"
                "The Silence of the Lambs: drama and thriller, 1991\n- Fargo\n- The Apartment\n"
                "because of \"Fargo\" and \"The Apartment\"; 75 words");
    free(prompt);
}

static void test_prompt__leaves_out_what_is_empty(void **state)
{
    (void)state;
    char *prompt =
        prompt_of("@shared\nAge {age}.\nA[ of {age}] b.\n@history\n{n}\n@item\n{title}\n", false);
    assert_string_equal(prompt, "A b.\n1\n2\n~The Silence of the Lambs");
    free(prompt);
}

static void test_prompt__never_tells_where_somebody_lives(void **state)
{
    (void)state;
    char *prompt = prompt_of("@shared\n{profile}\n@history\n{n}\n@item\n{features}\n", true);
    assert_string_equal(prompt, "age: 24; gender: M; occupation: technician\n1\n2\n~"
                                "release year: 1991; class: Drama, Thriller");
    free(prompt);
}

static void test_template__says_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"@shared\n\n{titel}\n", "t.txt:3: the data has no column 'titel'; did you mean 'title'?"},
        {"@history\n{clas}\n", "t.txt:2: the data has no column 'clas'; did you mean 'class'?"},
        {"@shared\n{ocupation}\n", "did you mean 'occupation'?"},
        {"@shared\n{something_else}\n",
         "the columns are age, gender, occupation, zip_code, movie_title"},
        {"hello\n", "t.txt:1: text before the first section"},
        {"@shared\n@histories\n", "t.txt:2: there is no section '@histories'"},
        {"@item\nx\n@shared\n", "t.txt:3: what customers share must come first"},
        {"@shared\na {age\n", "t.txt:2: a brace without its partner"},
        {"@shared\na [b\n", "t.txt:2: a bracket without its partner"},
        {"@shared\na ]b\n", "t.txt:2: a bracket without its partner"},
        {"@shared\nhello\n", "needs the sections @history and @item"},
        {"", "needs the sections @history and @item"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct template template;
        struct llmx_error err;
        assert_int_equal(template_parse(&template, "t.txt", cases[i].text, strlen(cases[i].text),
                                        NULL, data, &err),
                         -1);
        assert_contains(err.message, cases[i].message);
    }
}

static void test_template__is_chosen_by_the_columns(void **state)
{
    (void)state;
    struct template template;
    struct llmx_error err;
    assert_int_equal(template_open(&template, NULL, NULL, data, &err), 0);
    assert_string_equal(template.name, "movies");
    template_release(&template);
    assert_int_equal(template_open(&template, "general", NULL, data, &err), 0);
    template_release(&template);
    assert_int_equal(template_open(&template, "games", NULL, data, &err), -1);
    assert_contains(err.message, "no column 'tags'");
    assert_int_equal(template_open(&template, "no/such/file.txt", NULL, data, &err), -1);
    assert_contains(err.message, "no/such/file.txt");
}

/* Whatever is recommended to whomever because of whatever, the plain sentence passes the gate. */
static void test_fallback__passes_the_gate(void **state)
{
    (void)state;
    struct template template;
    struct llmx_error err;
    struct llmx_gate *gate;
    struct llmx_checker *checker;
    assert_int_equal(llmx_gate_open(&gate, data, &err), 0);
    assert_int_equal(llmx_checker_create(&checker, gate, &err), 0);
    assert_int_equal(template_open(&template, NULL, NULL, data, &err), 0);
    for (llmx_id user = 0; user < llmx_data_users(data); user++)
        for (llmx_id item = 0; item < llmx_data_items(data); item++) {
            struct llmx_given given = {
                .user = user, .item = item, .columns = template.columns, .words_max = 75};
            struct text prompt = {0}, sentence = {0};
            struct llmx_verdict verdict;
            given.history = llmx_data_history(data, user, LLMX_TRAIN_VALID, &given.n_history);
            given.evidence = given.history + item % given.n_history;
            given.n_evidence = 1;
            if (given.evidence[0] == item)
                continue;
            prompt_shared(&prompt, &template, catalogue, &given, true);
            prompt_own(&prompt, &template, catalogue, &given, true);
            given.prompt = prompt.s;
            prompt_fallback(&sentence, &template, catalogue, &given);
            assert_int_equal(
                llmx_gate_check(checker, &given, sentence.s, sentence.n, &verdict, &err), 0);
            if (verdict.n_failures > 0)
                fail_msg("%s: %s", llmx_check_name((int)verdict.failure[0].check), sentence.s);
            text_release(&prompt);
            text_release(&sentence);
        }
    template_release(&template);
    llmx_checker_destroy(checker);
    llmx_gate_destroy(gate);
}

static void test_fallback__without_evidence_names_the_history(void **state)
{
    (void)state;
    struct template template;
    struct llmx_error err;
    struct text sentence = {0};
    struct llmx_given given = given_of_tom();
    assert_int_equal(template_open(&template, NULL, NULL, data, &err), 0);
    given.n_evidence = 0;
    prompt_fallback(&sentence, &template, catalogue, &given);
    assert_string_equal(sentence.s, "You watched \"Seven (Se7en)\" and \"Star Trek: First "
                                    "Contact\". You may like \"The Silence of "
                                    "the Lambs\".");
    text_clear(&sentence);
    given.n_history = 0;
    prompt_fallback(&sentence, &template, catalogue, &given);
    assert_string_equal(sentence.s, "You may like \"The Silence of the Lambs\".");
    text_release(&sentence);
    template_release(&template);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prompt__fills_in_a_template),
        cmocka_unit_test(test_prompt__leaves_out_what_is_empty),
        cmocka_unit_test(test_prompt__never_tells_where_somebody_lives),
        cmocka_unit_test(test_template__says_what_is_wrong_and_where),
        cmocka_unit_test(test_template__is_chosen_by_the_columns),
        cmocka_unit_test(test_fallback__passes_the_gate),
        cmocka_unit_test(test_fallback__without_evidence_names_the_history),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
