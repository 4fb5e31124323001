/* A file of facts: the same with any number of threads, whole or not at all. */
#include "format/jsonl.h"
#include "llmxrec/explain_file.h"
#include "support/data.h"
#include "support/failing_alloc.h"
#include "support/test.h"

enum { USERS = 200, ITEMS = 30, LINES = 9000 };

/* Recommendations of anything because of the first two that each took. */
static struct llmx_data *write_recs(const char *name, int lines)
{
    struct llmx_data *data = test_data("facts.inter", USERS, ITEMS, 8, 1);
    FILE *f = fopen(test_path(name), "w");
    assert_non_null(f);
    for (int i = 0; i < lines; i++) {
        int n;
        const llmx_id user = i % USERS, *history = llmx_data_history(data, user, LLMX_TRAIN, &n);
        fprintf(f,
                "{\"user\":\"%s\",\"item\":\"%s\",\"evidence\":[{\"item\":\"%s\",\"contribution\":"
                "1},{\"item\":\"%s\",\"contribution\":0.9}]}\n",
                llmx_data_user_token(data, user), llmx_data_item_token(data, i % ITEMS),
                llmx_data_item_token(data, history[0]), llmx_data_item_token(data, history[1]));
    }
    assert_int_equal(fclose(f), 0);
    return data;
}

static char *write_facts(const struct llmx_data *data, int threads)
{
    const struct llmx_facts_options how = {.all = 1, .threads = threads};
    struct llmx_facts_report report;
    struct llmx_error err;
    if (llmx_facts_file(test_path("recs.jsonl"), data, &how, test_path("facts.jsonl"), &report,
                        &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(report.written, LINES);
    assert_int_equal(report.skipped, 0);
    return test_read(test_path("facts.jsonl"));
}

static void test_facts_file__is_the_same_with_any_threads(void **state)
{
    (void)state;
    struct llmx_data *data = write_recs("recs.jsonl", LINES);
    char *one = write_facts(data, 1), *three = write_facts(data, 3);
    int lines = 0;
    for (const char *s = one; (s = strchr(s, '\n')); s++)
        lines++;
    assert_int_equal(lines, LINES);
    assert_string_equal(one, three);
    free(one);
    free(three);
    llmx_data_destroy(data);
}

static int stop_at_once(void *context, const char *what, double done, double all, const char *more)
{
    (void)context, (void)what, (void)done, (void)all, (void)more;
    return 1;
}

static void test_facts_file__leaves_what_stood_there_when_interrupted(void **state)
{
    (void)state;
    struct llmx_data *data = write_recs("recs.jsonl", LINES);
    const struct llmx_facts_options how = {.progress = {stop_at_once, NULL}};
    struct llmx_error err;
    const char *out = test_file("kept.jsonl", "before\n");
    assert_int_equal(llmx_facts_file(test_path("recs.jsonl"), data, &how, out, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_INTERRUPTED);
    char *text = test_read(test_path("kept.jsonl"));
    assert_string_equal(text, "before\n");
    free(text);
    llmx_data_destroy(data);
}

/* Of a line: how many facts are chosen, and the bytes of their sentences, a line each. */
static int count_chosen(const json_t *line, size_t *bytes)
{
    int chosen = 0;
    size_t i;
    json_t *fact;
    *bytes = 0;
    json_array_foreach(json_object_get(line, "facts"), i, fact)
    {
        if (!json_is_true(json_object_get(fact, "chosen")))
            continue;
        *bytes += (chosen++ > 0) + strlen(json_string_value(json_object_get(fact, "text")));
    }
    return chosen;
}

/* As prompts do: tests/golden/facts has four of many recommendations, whatever their sentences take. */
static void test_facts_file__has_a_fourth_fact_where_all_are_short(void **state)
{
    (void)state;
    struct llmx_data *data = test_ml100k(LLMX_TIME_EXACT);
    const struct llmx_facts_options how = {.threads = 1};
    struct llmx_error err;
    struct jsonl file;
    json_t *line;
    int with[5] = {0}, chosen;
    size_t bytes;
    if (llmx_facts_file("tests/golden/facts/ml-100k.jsonl", data, &how, test_path("told.jsonl"),
                        NULL, &err) != 0 ||
        jsonl_open(&file, test_path("told.jsonl"), &err) != 0)
        fail_msg("%s", err.message);
    while (jsonl_read(&file, &line, &err) > 0) {
        chosen = count_chosen(line, &bytes);
        assert_in_range(chosen, 0, 4);
        if (chosen == 4)
            assert_in_range(bytes, 1, 290);
        with[chosen]++;
        json_decref(line);
    }
    jsonl_close(&file);
    assert_true(with[3] > 0 && with[4] > 0);
    llmx_data_destroy(data);
}

static int write_few(void *context, struct llmx_error *err)
{
    const struct llmx_facts_options how = {.all = 1, .threads = 1};
    return llmx_facts_file(test_path("few.jsonl"), context, &how, test_path("few.out"), NULL, err);
}

static void test_facts_file__survives_failing_allocations(void **state)
{
    (void)state;
    struct llmx_data *data = write_recs("few.jsonl", 3);
    assert_true(failing_alloc_each(write_few, data) > 20);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_file__is_the_same_with_any_threads),
        cmocka_unit_test(test_facts_file__leaves_what_stood_there_when_interrupted),
        cmocka_unit_test(test_facts_file__has_a_fourth_fact_where_all_are_short),
        cmocka_unit_test(test_facts_file__survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
