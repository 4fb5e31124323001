/* One gate, a checker a thread: every thread comes to the verdicts that one alone comes to. */
#include "format/jsonl.h"
#include "llmxrec/gate.h"
#include "support/test.h"

#include <pthread.h>

#define THREADS   8
#define TEXTS_MAX 400

static struct llmx_data *data;
static struct llmx_gate *gate;
static json_t *cases;
static struct llmx_verdict alone[TEXTS_MAX];

static void judge(struct llmx_checker *checker, size_t i, struct llmx_verdict *verdict)
{
    const json_t *object = json_array_get(cases, i);
    const char *text = json_string_value(json_object_get(object, "text"));
    struct llmx_given given = {
        .user = llmx_data_user(data, json_string_value(json_object_get(object, "user"))),
        .item = llmx_data_item(data, json_string_value(json_object_get(object, "item"))),
        .prompt = json_string_value(json_object_get(object, "why")),
        .columns = 7,
        .words_max = 75,
        .allow_profile = json_is_true(json_object_get(object, "allow_profile"))};
    given.history = llmx_data_history(data, given.user, LLMX_TRAIN_VALID, &given.n_history);
    if (llmx_gate_check(checker, &given, text, strlen(text), verdict, NULL) != 0)
        abort();
}

/* Judges all texts from the context-th on, round and round; returns how many verdicts were other ones. */
static void *judge_all(void *context)
{
    struct llmx_checker *checker;
    const size_t n = json_array_size(cases), first = *(const size_t *)context;
    size_t wrong = 0;
    if (llmx_checker_create(&checker, gate, NULL) != 0)
        abort();
    for (size_t k = 0; k < n; k++) {
        const size_t i = (first + k) % n;
        struct llmx_verdict verdict;
        judge(checker, i, &verdict);
        wrong += memcmp(&verdict, &alone[i], sizeof verdict) != 0;
    }
    llmx_checker_destroy(checker);
    return (void *)wrong;
}

static void test_gate__is_shared_by_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    size_t first[THREADS];
    for (size_t k = 0; k < THREADS; k++) {
        first[k] = k * 29;
        assert_int_equal(pthread_create(&threads[k], NULL, judge_all, &first[k]), 0);
    }
    for (size_t k = 0; k < THREADS; k++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[k], &wrong), 0);
        assert_null(wrong);
    }
}

static int open_all(void **state)
{
    (void)state;
    struct jsonl file;
    struct llmx_error err;
    struct llmx_checker *checker;
    json_t *object;
    if (llmx_data_open(&data, "tests/golden/gate/movies", NULL, &err) != 0 ||
        llmx_gate_open(&gate, data, &err) != 0 || llmx_checker_create(&checker, gate, &err) != 0 ||
        jsonl_open(&file, "tests/golden/gate/cases.jsonl", &err) != 0)
        fail_msg("%s", err.message);
    cases = json_array();
    while (jsonl_read(&file, &object, &err) == 1)
        json_array_append_new(cases, object);
    jsonl_close(&file);
    assert_true(json_array_size(cases) > 200 && json_array_size(cases) <= TEXTS_MAX);
    for (size_t i = 0; i < json_array_size(cases); i++)
        judge(checker, i, &alone[i]);
    llmx_checker_destroy(checker);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    json_decref(cases);
    llmx_gate_destroy(gate);
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gate__is_shared_by_threads)};
    return cmocka_run_group_tests(tests, open_all, close_all);
}
