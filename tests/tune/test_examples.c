/* Examples become the very ids that transformers' template and PEFT's run had; what is wrong with a file is said with
 * its line; what is held out stays apart. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "tune/examples.h"

#include <jansson.h>

#define SMOLLM2 "build/assets/smollm2-135m-instruct-q4_1.gguf"
#define CONTEXT 64

/* As much of a model as reading examples looks at. */
static struct llmx_model model;

static int set_up(void **state)
{
    (void)state;
    model.config.vocabulary = 1 << 20;
    model.has_chat = model.is_chat_asked = true;
    model.chat.family = CHAT_CHATML;
    return llmx_tokenizer_open(&model.tokenizer, "tests/golden/llm/qwen2", NULL);
}

static int tear_down(void **state)
{
    (void)state;
    llmx_tokenizer_destroy(model.tokenizer);
    return 0;
}

static void test_examples__are_laid_out_as_peft_had_them(void **state)
{
    (void)state;
    struct llmx_model smollm2 = {
        .config.vocabulary = 49152, .has_chat = true, .chat.family = CHAT_CHATML};
    struct examples examples = {0};
    struct llmx_error err = {0};
    if (llmx_tokenizer_open(&smollm2.tokenizer, SMOLLM2, &err) != 0)
        skip();
    if (examples_read(&examples, &smollm2, "tests/golden/llm/smollm2_lora.jsonl", 2048, false,
                      &err) != 0)
        fail_msg("%s", err.message);
    json_t *golden = json_load_file("tests/golden/llm/smollm2_lora.json", 0, NULL);
    const json_t *wanted = json_object_get(golden, "examples");
    assert_int_equal(examples.n, json_array_size(wanted));
    for (int i = 0; i < examples.n; i++) {
        const json_t *one = json_array_get(wanted, (size_t)i), *ids = json_object_get(one, "ids");
        assert_int_equal(examples.items[i].start,
                         json_integer_value(json_object_get(one, "start")));
        assert_int_equal(examples.items[i].n, json_array_size(ids));
        for (int t = 0; t < examples.items[i].n; t++)
            assert_int_equal(examples.items[i].ids[t],
                             json_integer_value(json_array_get(ids, (size_t)t)));
    }
    json_decref(golden);
    examples_release(&examples);
    llmx_tokenizer_destroy(smollm2.tokenizer);
}

static void read_text(struct examples *examples, const char *text)
{
    struct llmx_error err = {0};
    *examples = (struct examples){0};
    if (examples_read(examples, &model, test_file("e.jsonl", text), CONTEXT, true, &err) != 0)
        fail_msg("%s", err.message);
}

static void test_examples__input_stands_after_the_instruction(void **state)
{
    (void)state;
    struct examples examples;
    read_text(&examples,
              "{\"instruction\":\"a\",\"input\":\"b\",\"output\":\"c\"}\n"
              "{\"instruction\":\"a\\nb\",\"input\":\"\",\"output\":\"d\",\"user\":\"u\"}\n");
    assert_int_equal(examples.items[0].start, examples.items[1].start);
    assert_memory_equal(examples.items[0].ids, examples.items[1].ids,
                        (size_t)examples.items[0].start * sizeof(int32_t));
    assert_null(examples.items[0].user);
    assert_string_equal(examples.items[1].user, "u");
    assert_int_equal(examples.items[0].ids[examples.items[0].n - 1],
                     tokenizer_special(model.tokenizer, "<|im_end|>"));
    examples_release(&examples);
}

/* The texts of an example up to its answer, special tokens left out. */
static char *prompt_of(const struct example *example)
{
    char *text;
    assert_int_equal(llmx_detokenize(model.tokenizer, example->ids, example->start, &text, NULL),
                     0);
    return text;
}

static void test_examples__system_and_history_are_turns_before(void **state)
{
    (void)state;
    struct examples examples;
    read_text(&examples,
              "{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\"}\n"
              "{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\",\"system\":\"S\"}\n"
              "{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\","
              "\"history\":[[\"p\",\"q\"],[\"r\",\"s\"]]}\n"
              "{\"instruction\":\"d\",\"input\":\"\",\"output\":\"c\",\"system\":\"\","
              "\"history\":[]}\n");
    static const char *const wanted[] = {
        "user\na\nassistant\n", "system\nS\nuser\na\nassistant\n",
        "user\np\nassistant\nq\nuser\nr\nassistant\ns\nuser\na\nassistant\n",
        "user\nd\nassistant\n"};
    assert_int_equal(examples.n, 4);
    for (int i = 0; i < 4; i++) {
        char *prompt = prompt_of(&examples.items[i]);
        assert_string_equal(prompt, wanted[i]);
        free(prompt);
        assert_int_equal(example_outputs(&examples.items[i]), 2);
    }
    examples_release(&examples);
}

static void test_examples__what_is_too_long_is_counted(void **state)
{
    (void)state;
    struct examples examples;
    char text[1000];
    snprintf(text, sizeof text,
             "{\"instruction\":\"%0500d\",\"input\":\"\",\"output\":\"c\"}\n"
             "{\"ids\":[1,2,3],\"start\":1}\n",
             0);
    read_text(&examples, text);
    assert_int_equal(examples.n, 1);
    assert_int_equal(examples.skipped, 1);
    assert_int_equal(examples.items[0].line, 2);
    assert_int_equal(examples.items[0].n, 3);
    examples_release(&examples);
}

#define GOOD "{\"instruction\":\"a\",\"input\":\"b\",\"output\":\"c\"}\n"

static void test_examples__bad_lines_are_named(void **state)
{
    (void)state;
    char too_long[700];
    snprintf(too_long, sizeof too_long,
             GOOD "{\"instruction\":\"%0500d\",\"input\":\"\",\"output\":\"c\"}\n", 0);
    const struct {
        const char *text, *says;
    } cases[] = {
        {GOOD "{\"instruction\":\"a\",\"output\":\"c\"}\n",
         "e.jsonl:2: the field \"input\" is missing"},
        {GOOD "{\"input\":\"a\",\"output\":\"c\"}\n",
         "e.jsonl:2: the field \"instruction\" is missing"},
        {GOOD "{\"instruction\":\"a\",\"input\":\"\"}\n",
         "e.jsonl:2: the field \"output\" is missing"},
        {GOOD "{\"instruction\":[1],\"input\":\"\",\"output\":\"c\"}\n",
         "e.jsonl:2: the field \"instruction\" must be a text"},
        {GOOD "{\"instruction\":\"a\",\"input\":\"\",\"output\":\" \\n\"}\n",
         "e.jsonl:2: the \"output\" is empty"},
        {GOOD "{\"instruction\":\" \",\"input\":\"\",\"output\":\"c\"}\n",
         "e.jsonl:2: \"instruction\" and"},
        {GOOD "{\"instruction\":\"\xff\",\"input\":\"\",\"output\":\"c\"}\n",
         "e.jsonl:2: not valid JSON"},
        {"{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\",\"system\":1}\n",
         "e.jsonl:1: the field \"system\" must be a text"},
        {"{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\",\"history\":\"x\"}\n",
         "e.jsonl:1: the field \"history\" must be a list of pairs"},
        {"{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\",\"history\":[[\"x\"]]}\n",
         "e.jsonl:1: the field \"history\" must be a list of pairs"},
        {"{\"ids\":[1,2],\"start\":1,\"system\":\"S\"}\n", "have no place beside \"ids\""},
        {GOOD "\n" GOOD, "e.jsonl:3: the same example as in line 1"},
        {GOOD "{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\",\"user\":7}\n",
         "e.jsonl:2: the field \"user\" must be a text"},
        {GOOD "{\"instruction\":\"a\",\"input\":\"\",\"output\":\"c\",\"evidence\":7}\n",
         "e.jsonl:2: the field \"evidence\" must be a list"},
        {GOOD "{\"ids\":[1,2],\"start\":2}\n", "e.jsonl:2: \"start\" must be"},
        {GOOD "{\"ids\":[1,-2],\"start\":1}\n", "e.jsonl:2: \"ids\" holds"},
        {GOOD "{\"ids\":7,\"start\":1}\n", "e.jsonl:2: the field \"ids\" must be a list"},
        {too_long, "the model's context 64; shorten it, or skip"},
        {"\n", "e.jsonl holds no examples"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct examples examples = {0};
        struct llmx_error err = {0};
        assert_int_equal(examples_read(&examples, &model, test_file("e.jsonl", cases[i].text),
                                       CONTEXT, false, &err),
                         -1);
        assert_contains(err.message, cases[i].says);
        examples_release(&examples);
    }
}

/* 40 examples by 20 users, two each, and 10 that name nobody, of which two pairs ask the same. */
static void read_many(struct examples *examples)
{
    static char text[8000];
    int n = 0;
    for (int i = 0; i < 40; i++)
        n += snprintf(text + n, sizeof text - (size_t)n,
                      "{\"ids\":[%d,1,2],\"start\":1,\"user\":\"u%d\"}\n", i, i % 20);
    for (int i = 0; i < 10; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "{\"ids\":[%d,%d],\"start\":1}\n",
                      100 + i % 8, i);
    read_text(examples, text);
}

static void test_split__users_and_prompts_stay_on_one_side(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct examples learnt, held = {0}, again, held_again = {0};
        read_many(&learnt);
        read_many(&again);
        assert_int_equal(examples_split(&learnt, &held, 0.3, seed, NULL), 0);
        assert_int_equal(learnt.n + held.n, 50);
        assert_in_range(held.n, 15, 16);
        assert_int_equal(examples_check_apart(&learnt, &held, NULL), 0);
        assert_int_equal(examples_split(&again, &held_again, 0.3, seed, NULL), 0);
        assert_true(examples_fingerprint(&held) == examples_fingerprint(&held_again));
        examples_release(&learnt);
        examples_release(&held);
        examples_release(&again);
        examples_release(&held_again);
    }
}

static void test_keep__fewer_are_some_of_more(void **state)
{
    (void)state;
    bool was_kept[1000] = {false};
    for (int n = 50; n > 0; n -= 7) {
        struct examples examples;
        bool is_kept[1000] = {false};
        read_many(&examples);
        assert_int_equal(examples_keep(&examples, n, 5, NULL), 0);
        assert_int_equal(examples.n, n);
        for (int i = 0; i < n; i++) {
            const long line = examples.items[i].line;
            is_kept[line] = true;
            assert_true(n == 50 || was_kept[line]);
            assert_true(i == 0 || line > examples.items[i - 1].line);
        }
        memcpy(was_kept, is_kept, sizeof was_kept);
        examples_release(&examples);
    }
}

static void test_split__of_one_user_is_refused(void **state)
{
    (void)state;
    struct examples examples, held = {0};
    struct llmx_error err;
    read_text(&examples, "{\"ids\":[1,2],\"start\":1,\"user\":\"u\"}\n"
                         "{\"ids\":[1,3],\"start\":1,\"user\":\"u\"}\n");
    assert_int_equal(examples_split(&examples, &held, 0.5, 1, &err), -1);
    assert_contains(err.message, "leaves nothing to learn from");
    assert_int_equal(examples.n, 2);
    examples_release(&examples);
    examples_release(&held);
}

static void test_check_apart__leaks_are_named(void **state)
{
    (void)state;
    struct examples a, b = {0};
    struct llmx_error err = {0};
    read_text(&a, "{\"ids\":[1,2],\"start\":1}\n{\"ids\":[2,2],\"start\":1,\"user\":\"u\"}\n");
    const char *path = test_file("held.jsonl", "{\"ids\":[3,2],\"start\":1}\n"
                                               "{\"ids\":[4,3],\"start\":1,\"user\":\"u\"}\n"
                                               "{\"ids\":[1,5],\"start\":1}\n");
    assert_int_equal(examples_read(&b, &model, path, CONTEXT, false, &err), 0);
    assert_int_equal(examples_check_apart(&a, &b, &err), -1);
    assert_contains(err.message, "held.jsonl:2: this user is also in ");
    assert_contains(err.message, "e.jsonl:2; ");
    free(b.items[1].user);
    b.items[1].user = NULL;
    assert_int_equal(examples_check_apart(&a, &b, &err), -1);
    assert_contains(err.message, "held.jsonl:3: this prompt is also in ");
    assert_contains(err.message, "e.jsonl:1; ");
    examples_release(&a);
    examples_release(&b);
}

static int read_split_check(void *context, struct llmx_error *err)
{
    struct examples examples = {0}, held = {0};
    int result = examples_read(&examples, &model, context, CONTEXT, false, err);
    if (result == 0)
        result = examples_split(&examples, &held, 0.5, 1, err);
    if (result == 0)
        result = examples_check_apart(&examples, &held, err);
    examples_release(&examples);
    examples_release(&held);
    return result;
}

static void test_examples__survive_any_failing_allocation(void **state)
{
    (void)state;
    const char *path =
        test_file("memory.jsonl", "{\"ids\":[1,2],\"start\":1}\n"
                                  "{\"ids\":[4,3],\"start\":1,\"user\":\"u\"}\n" GOOD);
    assert_true(failing_alloc_each(read_split_check, (void *)(uintptr_t)path) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples__are_laid_out_as_peft_had_them),
        cmocka_unit_test(test_examples__input_stands_after_the_instruction),
        cmocka_unit_test(test_examples__system_and_history_are_turns_before),
        cmocka_unit_test(test_examples__what_is_too_long_is_counted),
        cmocka_unit_test(test_examples__bad_lines_are_named),
        cmocka_unit_test(test_split__users_and_prompts_stay_on_one_side),
        cmocka_unit_test(test_keep__fewer_are_some_of_more),
        cmocka_unit_test(test_split__of_one_user_is_refused),
        cmocka_unit_test(test_check_apart__leaks_are_named),
        cmocka_unit_test(test_examples__survive_any_failing_allocation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
