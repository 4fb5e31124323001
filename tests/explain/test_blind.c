/* What is blinded stands in no prompt, whatever else says so; what is told otherwise does; lines say both. */
#include "llmxrec/llmxrec.h"
#include "support/model.h"
#include "support/test.h"

#include <unistd.h>

static struct llmx_data *data;
static struct llmx_model *model;
static char recs[256], out[256], told[400];

#define LAYOUT                                                                                     \
    "@shared\nage {age}; gender {gender:M=male,F=female}; all: {profile}\n@history\n{title}\n"     \
    "@item\nWhy {title} to one of {age}?\n"

static void take_notice(void *context, const char *message)
{
    (void)context;
    snprintf(told, sizeof told, "%s", message);
}

static struct llmx_explain_options how(const char *layout)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = test_file("layout.txt", layout);
    options.tries = 1;
    options.max_tokens = 4;
    options.keep_prompts = 1;
    options.notice = take_notice;
    *told = 0;
    return options;
}

/* The lines that are written; the caller frees them. */
static char *explained(const struct llmx_explain_options *options)
{
    struct llmx_error err;
    if (llmx_explain(recs, data, model, options, out, NULL, &err) != 0)
        fail_msg("%s", err.message);
    return test_read(out);
}

static void test_blind__is_told_to_nobody_whatever_the_profile(void **state)
{
    (void)state;
    for (int profile = LLMX_PROFILE_HIDE; profile <= LLMX_PROFILE_SPEAK; profile++) {
        struct llmx_explain_options options = how(LAYOUT);
        options.profile = (enum llmx_profile)profile;
        options.blind = "gender,age";
        char *lines = explained(&options);
        assert_null(strstr(lines, "male"));
        assert_null(strstr(lines, "24"));
        assert_null(strstr(lines, "age:"));
        assert_contains(lines, "\"blind\":[\"gender\",\"age\"]");
        assert_true((strstr(lines, "occupation: technician") != NULL) ==
                    (profile != LLMX_PROFILE_HIDE));
        assert_true((*told != 0) == (profile == LLMX_PROFILE_HIDE));
        free(lines);
    }
}

static void test_blind__without_it_lines_are_as_ever(void **state)
{
    (void)state;
    const struct llmx_explain_options options = how(LAYOUT);
    char *lines = explained(&options);
    assert_contains(lines, "age 24; gender male; all: age: 24; gender: M; occupation: technician");
    assert_null(strstr(lines, "\"blind\""));
    assert_null(strstr(lines, "\"told_as\""));
    free(lines);
}

static void test_blind__takes_kinds_and_says_what_is_unknown(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_explain_options options = how(LAYOUT);
    options.blind = "job"; /* as `occupation` is one */
    char *lines = explained(&options);
    assert_null(strstr(lines, "technician"));
    assert_contains(lines, "\"blind\":[\"occupation\"]");
    free(lines);
    options.blind = "age,gendr";
    assert_int_equal(llmx_explain(recs, data, model, &options, out, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    assert_contains(err.message, "'gendr'; they have age, gender, occupation, zip_code");
}

static void test_blind__says_where_nothing_would_be_told_anyway(void **state)
{
    (void)state;
    struct llmx_explain_options options = how("@history\n{title}\n@item\nWhy {title}?\n");
    options.blind = "gender";
    free(explained(&options));
    assert_contains(told, "tells the model nothing of 'gender'");
}

static void test_retold__is_in_the_prompt_and_the_line_and_blind_goes_before(void **state)
{
    (void)state;
    const struct llmx_retold woman = {llmx_data_column(data, LLMX_USERS, "gender"), "F"};
    struct llmx_explain_options options = how(LAYOUT);
    options.retold = &woman;
    options.n_retold = 1;
    char *lines = explained(&options);
    assert_contains(lines, "age 24; gender female; all: age: 24; gender: F;");
    assert_contains(lines, "\"told_as\":{\"gender\":\"F\"}");
    free(lines);
    options.blind = "sex";
    lines = explained(&options);
    assert_null(strstr(lines, "female"));
    free(lines);
    const struct llmx_retold none = {99, "F"};
    struct llmx_error err;
    options.retold = &none;
    assert_int_equal(llmx_explain(recs, data, model, &options, out, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
}

/* What an interrupted run began with other columns told is not gone on with. */
static void test_blind__is_not_resumed_otherwise(void **state)
{
    (void)state;
    struct llmx_error err;
    struct llmx_explain_options options = how(LAYOUT);
    char partial[300];
    snprintf(partial, sizeof partial, "%s.partial", out);
    options.blind = "gender";
    free(explained(&options));
    assert_int_equal(rename(out, partial), 0);
    options.resume = 1;
    free(explained(&options));
    assert_int_equal(rename(out, partial), 0);
    options.blind = NULL;
    assert_int_equal(llmx_explain(recs, data, model, &options, out, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "blinded");
    unlink(partial);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    snprintf(recs, sizeof recs, "%s",
             test_file("recs.jsonl", "{\"user\":\"tom\",\"item\":\"casino\",\"rank\":1,"
                                     "\"evidence\":[{\"item\":\"heat\",\"contribution\":1}]}\n"));
    snprintf(out, sizeof out, "%s", test_path("explained.jsonl"));
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0)
        fail_msg("%s", err.message);
    model = test_model(1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    llmx_model_destroy(model);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blind__is_told_to_nobody_whatever_the_profile),
        cmocka_unit_test(test_blind__without_it_lines_are_as_ever),
        cmocka_unit_test(test_blind__takes_kinds_and_says_what_is_unknown),
        cmocka_unit_test(test_blind__says_where_nothing_would_be_told_anyway),
        cmocka_unit_test(test_retold__is_in_the_prompt_and_the_line_and_blind_goes_before),
        cmocka_unit_test(test_blind__is_not_resumed_otherwise),
    };
    return cmocka_run_group_tests_name("blind", tests, set_up, tear_down);
}
