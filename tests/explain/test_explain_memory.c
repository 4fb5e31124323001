/* Every allocation of explaining, of the gate and of showing fails once: each time a clean LLMX_NO_MEMORY. */
#include "llmxrec/llmxrec.h"
#include "support/failing_alloc.h"
#include "support/model.h"
#include "support/test.h"
#include <jansson.h>

#include <unistd.h>

static struct llmx_data *data;
static struct llmx_model *model;
static char recs[256], explained[256], gated[256], layout[256];

static struct llmx_explain_options how(void)
{
    struct llmx_explain_options options = llmx_explain_defaults();
    options.template_path = layout;
    options.history_max = 2;
    options.evidence_max = 1;
    options.tries = 2;
    options.max_tokens = 6;
    options.keep_prompts = 1;
    options.grounded = 1;
    return options;
}

static int explain(void *context, struct llmx_error *err)
{
    (void)context;
    struct llmx_explain_options options = how();
    char partial[300];
    snprintf(partial, sizeof partial, "%s.partial", explained);
    unlink(partial);
    return llmx_explain(recs, data, model, &options, explained, NULL, err);
}

/* Each failure leaves its partial output; the next attempt goes on from there, until all is written. */
static int explain_on(void *context, struct llmx_error *err)
{
    struct llmx_explain_options options = how();
    options.resume = 1;
    return llmx_explain(recs, data, model, &options, context, NULL, err);
}

static int gate(void *context, struct llmx_error *err)
{
    (void)context;
    const struct llmx_explain_options options = how();
    return llmx_gate_file(explained, recs, data, &options, gated, NULL, err);
}

/* Of the untuned model alone: no adapter is needed. */
static int explain_curve(void *context, struct llmx_error *err)
{
    static const int sizes[] = {0};
    struct llmx_explain_options options = how();
    options.resume = 1;
    return llmx_explain_curve(recs, data, model, &options, sizes, 1, context, err);
}

static int make_examples(void *context, struct llmx_error *err)
{
    (void)context;
    const struct llmx_explain_options options = how();
    return llmx_examples_make(recs, data, &options, gated, NULL, err);
}

static int build_examples(void *context, struct llmx_error *err)
{
    const struct llmx_explain_options options = how();
    return llmx_examples_build(context, data, &options, gated, NULL, err);
}

static int show(void *context, struct llmx_error *err)
{
    (void)context;
    FILE *nothing = fopen("/dev/null", "w");
    assert_non_null(nothing);
    const int result = llmx_show(explained, recs, data, 0, 1, nothing, err);
    fclose(nothing);
    return result;
}

static void test_memory__examples_survive_every_failure(void **state)
{
    (void)state;
    char *path = strdup(
        test_file("examples.jsonl",
                  "{\"user\":\"5\",\"item\":\"3\",\"output\":\"Something is missing here.\"}\n"
                  "{\"user\":\"zoe\",\"item\":\"3\",\"history\":[\"1\"],\"output\":\"You may like "
                  "it, after \\\"The "
                  "Harbour Clock\\\".\"}\n"));
    assert_true(failing_alloc_each(make_examples, NULL) > 20);
    assert_true(failing_alloc_each(build_examples, path) > 20);
    failing_alloc_each_json(make_examples, NULL);
    failing_alloc_each_json(build_examples, path);
    free(path);
}

/* Takes the facts out of the explanations: where memory fails at the end of a text of just 2^k bytes, jansson's reader
 * (2.14) writes behind it. */
static void drop_facts(void)
{
    char *text = test_read(explained);
    FILE *out = fopen(explained, "w");
    assert_non_null(out);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_t *object = json_loadb(line, (size_t)(end - line), 0, NULL);
        assert_int_equal(json_object_del(object, "facts"), 0);
        assert_int_equal(json_dumpf(object, out, JSON_COMPACT), 0);
        fputc('\n', out);
        json_decref(object);
    }
    fclose(out);
    free(text);
}

static void test_memory__nothing_breaks_when_json_fails(void **state)
{
    (void)state;
    assert_true(failing_alloc_each_json(explain, NULL) > 100);
    drop_facts();
    assert_true(failing_alloc_each_json(gate, NULL) > 100);
    assert_true(failing_alloc_each_json(show, NULL) > 100);
}

static void test_memory__explaining_survives_every_failure(void **state)
{
    (void)state;
    assert_true(failing_alloc_each(explain, NULL) > 100);
}

static void test_memory__a_failed_run_goes_on_to_the_same_bytes(void **state)
{
    (void)state;
    char again[256];
    snprintf(again, sizeof again, "%s", test_path("again.jsonl"));
    assert_int_equal(explain(NULL, NULL), 0);
    assert_true(failing_alloc_each(explain_on, again) > 50);
    char *a = test_read(explained), *b = test_read(again);
    assert_string_equal(a, b);
    free(a);
    free(b);
}

static void test_memory__a_curve_survives_every_failure(void **state)
{
    (void)state;
    char *path = strdup(test_path("curve"));
    assert_true(failing_alloc_each(explain_curve, path) > 50);
    free(path);
    char *points = test_read(test_path("curve/gate.jsonl"));
    assert_contains(points, "{\"examples\":0,\"explained\":");
    free(points);
}

static void test_memory__the_gate_survives_every_failure(void **state)
{
    (void)state;
    assert_int_equal(explain(NULL, NULL), 0);
    assert_true(failing_alloc_each(gate, NULL) > 50);
    assert_true(failing_alloc_each(show, NULL) > 20);
}

static int set_up(void **state)
{
    (void)state;
    struct llmx_error err;
    snprintf(recs, sizeof recs, "%s",
             test_file("recs.jsonl",
                       "{\"user\":\"5\",\"item\":\"30\",\"rank\":1,\"evidence\":[{"
                       "\"item\":\"18\",\"contribution\":1.5}]}\n"
                       "{\"user\":\"5\",\"item\":\"3\",\"rank\":2}\n"
                       "{\"user\":\"zoe\",\"item\":\"3\",\"rank\":1}\n"
                       "{\"user\":\"zoe\",\"item\":\"3\",\"history\":[\"1\",\"2\"]}\n"));
    snprintf(layout, sizeof layout, "%s",
             test_file("short.txt", "@history\n{n}: {title}\n@item\nWhy {title} ({class})?\n"
                                    "@evidence\n- {title}\n@fallback\nYou took {evidence}.\n"));
    snprintf(explained, sizeof explained, "%s", test_path("explained.jsonl"));
    snprintf(gated, sizeof gated, "%s", test_path("gated.jsonl"));
    if (llmx_data_open(&data, "tests/golden/tiny", NULL, &err) != 0)
        fail_msg("%s", err.message);
    model = test_model(2);
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
        cmocka_unit_test(test_memory__explaining_survives_every_failure),
        cmocka_unit_test(test_memory__a_failed_run_goes_on_to_the_same_bytes),
        cmocka_unit_test(test_memory__a_curve_survives_every_failure),
        cmocka_unit_test(test_memory__the_gate_survives_every_failure),
        cmocka_unit_test(test_memory__examples_survive_every_failure),
        cmocka_unit_test(test_memory__nothing_breaks_when_json_fails),
    };
    return cmocka_run_group_tests_name("explain_memory", tests, set_up, tear_down);
}
