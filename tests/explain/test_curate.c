/* Instruction examples: chosen, checked, built; and those that the project ships. */
#include "llmxrec/explain_file.h"
#include "support/data.h"
#include "support/test.h"

#include "format/jsonl.h"

#define MOVIES "tests/golden/gate/movies"

static struct llmx_data *data;
static char told[4096];

static int open_movies(void **state)
{
    (void)state;
    struct llmx_error err;
    return llmx_data_open(&data, MOVIES, NULL, &err);
}

static int close_movies(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

static void hear(void *context, const char *message)
{
    (void)context;
    size_t n = strlen(told);
    snprintf(told + n, sizeof told - n, "%s\n", message);
}

static struct llmx_explain_options how(const char *template_path)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = template_path;
    options.notice = hear;
    told[0] = 0;
    return options;
}

static struct llmx_examples_report build(const char *path, const char *out)
{
    struct llmx_examples_report report;
    struct llmx_error err;
    const struct llmx_explain_options options = how(NULL);
    if (llmx_examples_build(path, data, &options, out, &report, &err) != 0)
        fail_msg("%s", err.message);
    return report;
}

#define REC "\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[\"heat\"]"

static void test_examples__build_keeps_what_passes_and_names_what_does_not(void **state)
{
    (void)state;
    const char *path = test_file(
        "written.jsonl",
        "{" REC
        ",\"output\":\"You have watched \\\"Heat\\\", so \\\"Casino\\\" may be for you.\"}\n"
        "{" REC ",\"prompt\":\"not read\",\"output\":\"  \"}\n"
        "{" REC ",\"output\":\"You have watched \\\"Heat\\\", so the award-winning \\\"Casino\\\" "
        "may be for you.\"}\n");
    const char *out = test_path("built.jsonl");
    struct llmx_examples_report report = build(path, out);
    assert_int_equal(report.passed, 1);
    assert_int_equal(report.empty, 1);
    assert_int_equal(report.rejected, 1);
    assert_contains(told, "written.jsonl:3: claim: award");
    char *text = test_read(out);
    json_t *line = json_loads(text, 0, NULL);
    assert_non_null(line);
    assert_contains(json_string_value(json_object_get(line, "instruction")),
                    "Recommended: \"Casino\"");
    assert_contains(json_string_value(json_object_get(line, "instruction")),
                    "You watched: \"Heat\"");
    assert_string_equal(json_string_value(json_object_get(line, "input")), "");
    assert_contains(json_string_value(json_object_get(line, "output")), "may be for you.");
    json_decref(line);
    free(text);
}

static void test_examples__make_takes_each_user_once_and_the_seed_decides(void **state)
{
    (void)state;
    struct llmx_data *many = test_data("many.inter", 12, 20, 6, 3);
    char recs[4096] = "";
    for (int u = 0; u < 12; u++)
        for (int rank = 1; rank <= 2; rank++) {
            size_t n = strlen(recs);
            snprintf(recs + n, sizeof recs - n, "{\"user\":\"u%d\",\"item\":\"i%d\"}\n", u, rank);
        }
    const char *path = test_file("many.jsonl", recs), *out = test_path("todo.jsonl");
    struct llmx_explain_options options = how(NULL);
    struct llmx_examples_report report;
    struct llmx_error err;
    char *first[2];
    options.users_max = 8;
    for (int seed = 0; seed < 2; seed++) {
        options.seed = (uint64_t)seed;
        if (llmx_examples_make(path, many, &options, out, &report, &err) != 0)
            fail_msg("%s", err.message);
        assert_int_equal(report.passed, 8);
        first[seed] = test_read(out);
    }
    assert_string_not_equal(first[0], first[1]);
    int users = 0, second = 0;
    for (int u = 0; u < 12; u++) {
        char mark[32];
        snprintf(mark, sizeof mark, "\"user\":\"u%d\"", u);
        const char *found = strstr(first[0], mark);
        users += found != NULL;
        assert_null(found ? strstr(found + 1, mark) : NULL);
    }
    for (const char *s = first[0]; (s = strstr(s, "\"item\":\"i2\"")); s++)
        second++;
    assert_int_equal(users, 8);
    assert_int_equal(second, 3); /* three times i1, then three times i2, then i1 again */
    assert_contains(first[0], "\"output\":\"\"");
    free(first[0]);
    free(first[1]);
    llmx_data_destroy(many);
}

static void test_examples__an_answer_that_the_output_does_not_begin_with_is_an_error(void **state)
{
    (void)state;
    const char *path = test_file("begin.jsonl", "{" REC ",\"output\":\"Why not.\"}\n");
    const char *layout =
        test_file("answer.txt", "@history\n{title}\n@item\n{title}\n@answer\nYou will\n");
    const struct llmx_explain_options options = how(layout);
    struct llmx_error err;
    assert_int_equal(llmx_examples_build(path, data, &options, NULL, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "begin.jsonl:1: the output does not begin");
}

static void test_examples__a_line_without_output_is_named(void **state)
{
    (void)state;
    const char *path = test_file("none.jsonl", "{" REC "}\n");
    const struct llmx_explain_options options = how(NULL);
    struct llmx_error err;
    assert_int_equal(llmx_examples_build(path, data, &options, NULL, NULL, &err), -1);
    assert_contains(err.message, "none.jsonl:1:");
    assert_contains(err.message, "output");
}

/* Those of MovieLens-100k: the other catalogues' data are not the project's to fetch. */
static void check_shipped(const char *path, const char *domain, int lines)
{
    const struct llmx_data_options all = {.split_by = "none"};
    struct llmx_explain_options options = how(NULL);
    struct llmx_examples_report report;
    struct llmx_data *ml;
    struct llmx_error err;
    options.domain = domain;
    options.is_strict = 1;
    if (llmx_data_open(&ml, "build/assets/ml-100k", &all, &err) != 0)
        skip();
    if (llmx_examples_build(path, ml, &options, NULL, &report, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(told, "");
    assert_int_equal(report.passed, lines);
    assert_int_equal(report.rejected + report.empty + report.skipped, 0);
    llmx_data_destroy(ml);
}

static void test_examples__all_that_are_shipped_pass(void **state)
{
    (void)state;
    check_shipped("data/instructions/films.jsonl", "films", 270);
    check_shipped("data/instructions/films-test.jsonl", "films", 60);
    check_shipped("data/instructions/items-films.jsonl", "items", 16);
    check_shipped("data/instructions/items-films-test.jsonl", "items", 4);
}

/* Users of a file of examples, one line a user, into a set of seen ones. */
static void see_users(const char *path, bool *seen)
{
    struct jsonl file;
    struct llmx_error err;
    json_t *line;
    assert_int_equal(jsonl_open(&file, path, &err), 0);
    while (jsonl_read(&file, &line, &err) == 1) {
        long user = strtol(json_string_value(json_object_get(line, "user")), NULL, 10);
        assert_in_range(user, 1, 943);
        assert_false(seen[user]);
        seen[user] = true;
        json_decref(line);
    }
    jsonl_close(&file);
}

static void test_examples__no_user_is_in_two_of_those_shipped(void **state)
{
    (void)state;
    bool seen[944] = {false};
    see_users("data/instructions/films.jsonl", seen);
    see_users("data/instructions/films-test.jsonl", seen);
    see_users("data/instructions/items-films.jsonl", seen);
    see_users("data/instructions/items-films-test.jsonl", seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples__build_keeps_what_passes_and_names_what_does_not),
        cmocka_unit_test(test_examples__make_takes_each_user_once_and_the_seed_decides),
        cmocka_unit_test(test_examples__an_answer_that_the_output_does_not_begin_with_is_an_error),
        cmocka_unit_test(test_examples__a_line_without_output_is_named),
        cmocka_unit_test(test_examples__no_user_is_in_two_of_those_shipped),
        cmocka_unit_test(test_examples__all_that_are_shipped_pass),
    };
    return cmocka_run_group_tests(tests, open_movies, close_movies);
}
