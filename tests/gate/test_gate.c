/* test_gate.c - hand-written explanations, each with the verdict that a careful reader would give
 * (tests/golden/gate/cases.jsonl; the data set is tests/golden/gate/movies). */
#include "support/test.h"

#include "explain/prompt.h"
#include "format/jsonl.h"
#include "gate/gate.h"

static struct llmx_data *data;
static struct llmx_gate *gate;
static struct llmx_checker *checker;
static struct template template;

static int open_all(void **state)
{
    (void)state;
    struct llmx_error err;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0 ||
        template_open(&template, "tests/golden/gate/template.txt", NULL, data, &err) != 0 ||
        llmx_checker_create(&checker, gate, &err) != 0)
        fail_msg("%s", err.message);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    llmx_checker_destroy(checker);
    template_release(&template);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

static llmx_id item(const char *token)
{
    llmx_id id = llmx_data_item(data, token);
    if (id < 0)
        fail_msg("no item %s", token);
    return id;
}

/* The verdict on the text of a case, by what the prompt of it holds. */
static void judge(const json_t *object, struct llmx_verdict *verdict)
{
    const char *text = json_string_value(json_object_get(object, "text"));
    llmx_id evidence[8];
    struct llmx_error err;
    struct text prompt = {0};
    const json_t *list = json_object_get(object, "evidence");
    struct llmx_given given = {
        .user = llmx_data_user(data, json_string_value(json_object_get(object, "user"))),
        .item = item(json_string_value(json_object_get(object, "item"))),
        .evidence = evidence,
        .n_evidence = (int)json_array_size(list),
        .columns = template.columns,
        .words_max = 75,
        .allow_profile = json_is_true(json_object_get(object, "allow_profile"))};
    for (int i = 0; i < given.n_evidence; i++)
        evidence[i] = item(json_string_value(json_array_get(list, (size_t)i)));
    given.history = llmx_data_history(data, given.user, LLMX_TRAIN_VALID, &given.n_history);
    prompt_shared(&prompt, &template, gate->catalogue, &given, true);
    prompt_own(&prompt, &template, gate->catalogue, &given, true);
    given.prompt = prompt.s;
    if (llmx_gate_check(checker, &given, text, strlen(text), verdict, &err) != 0)
        fail_msg("%s", err.message);
    text_release(&prompt);
}

/* The failed checks, each once, in alphabetical order of their bits: "title genre". */
static void describe(const struct llmx_verdict *v, char *out, size_t size)
{
    unsigned seen = 0;
    size_t used = 0;
    out[0] = 0;
    for (int i = 0; i < v->n_failures; i++)
        seen |= 1u << v->failure[i].check;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        if (seen >> k & 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                                     llmx_check_name(k));
}

static void expected(const json_t *object, char *out, size_t size)
{
    const json_t *list = json_object_get(object, "failed");
    size_t used = 0;
    out[0] = 0;
    for (int k = 0; k < LLMX_CHECK_COUNT; k++)
        for (size_t i = 0; i < json_array_size(list); i++)
            if (strcmp(json_string_value(json_array_get(list, i)), llmx_check_name(k)) == 0)
                used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "",
                                         llmx_check_name(k));
}

static void test_gate__agrees_with_the_hand_written_cases(void **state)
{
    (void)state;
    struct jsonl file;
    struct llmx_error err;
    json_t *object;
    int passes = 0, rejects = 0, wrong = 0;
    if (jsonl_open(&file, "tests/golden/gate/cases.jsonl", &err) != 0)
        fail_msg("%s", err.message);
    while (jsonl_read(&file, &object, &err) == 1) {
        const char *text = json_string_value(json_object_get(object, "text"));
        char wanted[256], got[256];
        struct llmx_verdict verdict;
        judge(object, &verdict);
        expected(object, wanted, sizeof wanted);
        describe(&verdict, got, sizeof got);
        (wanted[0] ? rejects++ : passes++);
        if (strcmp(wanted, got) != 0) {
            wrong++;
            print_error("line %ld: wanted [%s], got [%s]\n    %s\n", file.lines.number, wanted, got,
                        text);
            for (int i = 0; i < verdict.n_failures; i++)
                print_error("    %s: \"%.*s\"\n", llmx_check_name((int)verdict.failure[i].check),
                            (int)(verdict.failure[i].end - verdict.failure[i].start),
                            text + verdict.failure[i].start);
        }
        json_decref(object);
    }
    jsonl_close(&file);
    print_message("%d to pass, %d to reject\n", passes, rejects);
    assert_int_equal(wrong, 0);
    assert_true(passes + rejects >= 120 && passes >= 50 && rejects >= 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gate__agrees_with_the_hand_written_cases),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
