/* Statements held to all that is known of the little film catalogue of tests/golden/gate. */
#include "llmxrec/llmxrec.h"
#include "support/test.h"

static struct llmx_data *data;

static int ground(const char *texts, struct llmx_grounding *r, struct llmx_error *err)
{
    char out[200];
    snprintf(out, sizeof out, "%s", test_path("rows.jsonl"));
    const struct llmx_grounding_options how = {.resampling = {.resamples = 200, .seed = 3}};
    test_file("recs.jsonl", "{\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[\"heat\"]}\n"
                            "{\"user\":\"ann\",\"item\":\"casino\",\"evidence\":[]}\n");
    test_file("texts.jsonl", texts);
    return llmx_grounding_file(test_path("texts.jsonl"), test_path("recs.jsonl"), data, &how, out,
                               r, err);
}

#define TOM(TEXT) "{\"user\":\"tom\",\"item\":\"casino\",\"explanation\":\"" TEXT "\"}\n"
#define ANN(TEXT) "{\"user\":\"ann\",\"item\":\"casino\",\"explanation\":\"" TEXT "\"}\n"

static struct llmx_grounding grounded(const char *texts)
{
    struct llmx_grounding r;
    struct llmx_error err;
    if (ground(texts, &r, &err) != 0)
        fail_msg("%s", err.message);
    return r;
}

static void test_grounding__counts_statements_and_whole_texts(void **state)
{
    (void)state;
    const struct llmx_grounding r =
        grounded(TOM("You watched \\\"Heat\\\". \\\"Casino\\\" is a comedy.")
                     TOM("You watched \\\"Heat\\\" and \\\"Casino\\\" is a drama."));
    assert_int_equal(r.texts, 2);
    assert_int_equal(r.users, 1);
    assert_int_equal(r.statements, 4);
    assert_near(r.per_text.mean, 2, 0);
    assert_near(r.supported[LLMX_GROUNDING_STANDARD].mean, 0.75, 0);
    assert_near(r.whole[LLMX_GROUNDING_STANDARD].mean, 0.5, 0);
    assert_int_equal(r.failed[LLMX_CHECK_GENRE], 1);
    char *rows = test_read(test_path("rows.jsonl"));
    assert_contains(rows, "{\"text\":\"You watched \\\"Heat\\\".\",\"supported\":true");
    assert_contains(rows, "{\"text\":\"\\\"Casino\\\" is a comedy.\",\"supported\":false,"
                          "\"supported_strict\":false,\"failed\":[{\"check\":\"genre\",\"span\":"
                          "\"comedy\",\"start\":34,\"end\":40}]}");
    free(rows);
}

/* What was not told but is so: items of the history that are no evidence, their years, who the customer is. */
static void test_grounding__all_that_is_known_supports(void **state)
{
    (void)state;
    const struct llmx_grounding r = grounded(TOM("You watched \\\"Alien\\\" (1979).") TOM(
        "As a technician, you watched \\\"Fargo\\\"."));
    assert_near(r.supported[LLMX_GROUNDING_STANDARD].mean, 1, 0);
    const struct llmx_grounding wrong =
        grounded(TOM("You watched \\\"Titanic\\\".") TOM("As a teacher, you watched \\\"Fargo\\\".")
                     TOM("You watched \\\"Alien\\\" (1985).") TOM("It is critically acclaimed.")
                         TOM("48 of the 60 people who watched \\\"Heat\\\" watched it."));
    assert_near(wrong.supported[LLMX_GROUNDING_STANDARD].mean, 0, 0);
    assert_int_equal(wrong.failed[LLMX_CHECK_PROFILE], 1);
    assert_int_equal(wrong.failed[LLMX_CHECK_YEAR], 1);
    assert_int_equal(wrong.failed[LLMX_CHECK_NUMBER] + wrong.failed[LLMX_CHECK_PEOPLE], 1);
}

static void test_grounding__form_does_not_count(void **state)
{
    (void)state;
    const struct llmx_grounding r =
        grounded(TOM("Sure!\\n- You watched \\\"Heat\\\" because of the"));
    assert_near(r.supported[LLMX_GROUNDING_STANDARD].mean, 1, 0);
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        assert_true(k == LLMX_CHECK_WORD || r.failed[k] == 0);
}

static void test_grounding__strict_wants_every_word_licensed(void **state)
{
    (void)state;
    const struct llmx_grounding r =
        grounded(TOM("You watched \\\"Heat\\\". \\\"Casino\\\" is a gripping drama."));
    assert_near(r.supported[LLMX_GROUNDING_STANDARD].mean, 1, 0);
    assert_near(r.supported[LLMX_GROUNDING_STRICT].mean, 0.5, 0);
    assert_near(r.whole[LLMX_GROUNDING_STRICT].mean, 0, 0);
    assert_int_equal(r.failed[LLMX_CHECK_WORD], 1);
}

static void test_grounding__texts_without_words_support_nothing(void **state)
{
    (void)state;
    const struct llmx_grounding r = grounded(TOM("") ANN("<think>You watched</think>"));
    assert_int_equal(r.texts, 2);
    assert_int_equal(r.empty, 2);
    assert_int_equal(r.users, 2);
    assert_true(isnan(r.supported[LLMX_GROUNDING_STANDARD].mean));
    assert_near(r.whole[LLMX_GROUNDING_STANDARD].mean, 0, 0);
}

static void hold_error(const char *texts, enum llmx_code code, const char *part)
{
    struct llmx_grounding r;
    struct llmx_error err;
    assert_int_equal(ground(texts, &r, &err), -1);
    assert_int_equal(err.code, code);
    assert_contains(err.message, part);
}

static void test_grounding__says_what_does_not_match(void **state)
{
    (void)state;
    hold_error("", LLMX_BAD_INPUT, "holds no explanations");
    hold_error("{\"user\":\"tom\",\"explanation\":\"\"}\n", LLMX_BAD_INPUT,
               "texts.jsonl:1: no \"item\"");
    hold_error("{\"user\":\"tom\",\"item\":\"casino\",\"explanation\":null}\n", LLMX_BAD_INPUT,
               "texts.jsonl:1");
    hold_error("{\"user\":\"kim\",\"item\":\"casino\",\"explanation\":\"\"}\n", LLMX_MISMATCH,
               "none of the 1 explanations");
    hold_error("not JSON\n", LLMX_BAD_INPUT, "texts.jsonl:1");
    const struct llmx_grounding r =
        grounded(TOM("Yes.") "{\"user\":\"kim\",\"item\":\"casino\",\"explanation\":\"\"}\n");
    assert_int_equal(r.texts, 1);
    assert_int_equal(r.skipped, 1);
}

static char *printed(const struct llmx_grounding *r, int is_json)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    assert_int_equal(llmx_grounding_print(r, stream, is_json, NULL), 0);
    fclose(stream);
    return text;
}

static void test_grounding__few_users_are_told(void **state)
{
    (void)state;
    struct llmx_grounding r = grounded(TOM("\\\"Casino\\\" is a comedy."));
    for (int is_json = 0; is_json < 2; is_json++) {
        r.users = 19;
        char *text = printed(&r, is_json);
        assert_contains(text, "fewer than 20 users");
        assert_contains(text, "genre");
        free(text);
        r.users = 20;
        text = printed(&r, is_json);
        assert_null(strstr(text, "fewer than 20 users"));
        free(text);
    }
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grounding__counts_statements_and_whole_texts),
        cmocka_unit_test(test_grounding__all_that_is_known_supports),
        cmocka_unit_test(test_grounding__form_does_not_count),
        cmocka_unit_test(test_grounding__strict_wants_every_word_licensed),
        cmocka_unit_test(test_grounding__texts_without_words_support_nothing),
        cmocka_unit_test(test_grounding__says_what_does_not_match),
        cmocka_unit_test(test_grounding__few_users_are_told),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
