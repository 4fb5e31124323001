/* Formats that are said by marks: files of them, what is wrong with one, and the prompts that they make. */
#include "token/chat.h"

#include "support/test.h"

#define GOLDEN "tests/golden/tokenizer/"

static void check_mark(const struct chat_mark *mark, const char *before, const char *after)
{
    assert_string_equal(mark->before, before);
    assert_string_equal(mark->after, after);
}

static void test_marks__of_a_file(void **state)
{
    (void)state;
    struct chat_format format;
    struct llmx_error err = {0};
    const char *path = test_file("marks.txt", "\xef\xbb\xbf# ours\r\n"
                                              "\n"
                                              "no-system:\tNothing.\\s  \n"
                                              "system: <|sys|>{text}\\n\n"
                                              "user: a\\tb\\\\c: {text}{end}\\n\r\n"
                                              "assistant:{text}\n"
                                              "stop: <|im_end|>\n"
                                              "stop: <|endoftext|>");
    if (chat_by_name(path, &format, &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(format.family, CHAT_FILE);
    assert_string_equal(format.name, path);
    assert_string_equal(format.marks.no_system, "Nothing. ");
    check_mark(&format.marks.system, "<|sys|>", "\n");
    check_mark(&format.marks.user, "a\tb\\c: ", "{end}\n");
    check_mark(&format.marks.assistant, "", "");
    assert_int_equal(format.marks.n_stops, 2);
    assert_string_equal(format.marks.stops[1], "<|endoftext|>");
}

static void test_marks__say_which_line_is_wrong(void **state)
{
    (void)state;
    char line[700] = "user: ";
    memset(line + 6, 'x', 600);
    const struct {
        const char *text, *says;
    } cases[] = {
        {"user: {text}\n", "f: the line 'assistant: ...{text}...' is missing"},
        {"assistant: {text}\n", "f: the line 'user: ...{text}...' is missing"},
        {"", "is missing"},
        {"user: {text}\nassistant: hi\n", "f:2: the line must hold {text} once"},
        {"user: {text}{text}\n", "f:1: the line must hold {text} once"},
        {"# x\nuser: {text}\nuser: {text}\n", "f:3: this line is there twice"},
        {"robot: {text}\n", "f:1: a line must begin with system:"},
        {"hello\n", "f:1: a line must begin with system:"},
        {"user: {text}\\r\n", "f:1: a backslash must begin"},
        {"user: {text}\\", "f:1: a backslash must begin"},
        {"stop:\n", "f:1: stop: must name a token"},
        {"stop: a\nstop: b\nstop: c\nstop: d\nstop: e\n", "f:5: more than 4 stops"},
        {"user: {text}\xff\n", "f: not a text in UTF-8"},
        {line, "f:1: longer than 511 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chat_marks marks;
        struct llmx_error err = {0};
        assert_int_equal(chat_marks_parse(&marks, cases[i].text, strlen(cases[i].text), "f", &err),
                         -1);
        assert_contains(err.message, cases[i].says);
    }
}

static void test_marks__of_no_file(void **state)
{
    (void)state;
    struct chat_format format;
    struct llmx_error err = {0};
    assert_int_equal(chat_by_name("/nowhere/marks.txt", &format, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "--chat-template /nowhere/marks.txt: neither one of none, chatml");
    assert_contains(err.message, "deepseek-r1 nor a file of marks");
}

/* The prompt of a conversation, with the ids of the learnt answer behind it, as text with special tokens parsed again. */
static void expect_text(const struct llmx_tokenizer *t, const char *name, const char *system,
                        const struct llmx_chat_turn *earlier, int n, const char *expected)
{
    struct chat_format format;
    struct llmx_error err = {0};
    struct token_ids got = {0};
    int32_t *want;
    int n_want = llmx_tokenize(t, expected, strlen(expected), 1, 1, &want, &err);
    if (chat_by_name(name, &format, &err) != 0 ||
        chat_open(t, &format, system, earlier, n, &got, &err) != 0 ||
        token_ids_text(t, "Why?", 4, &got, &err) != 0 || chat_close(t, &format, &got, &err) != 0 ||
        chat_answer(t, &format, "So.", 3, &got, &err) != 0)
        fail_msg("%s: %s", name, err.message);
    for (int i = 0; i < got.n && i < n_want; i++)
        if (got.ids[i] != want[i])
            fail_msg("%s: id %d is %d, expected %d", name, i, got.ids[i], want[i]);
    assert_int_equal(got.n, n_want);
    free(want);
    token_ids_release(&got);
}

#define VICUNA                                                                                     \
    "A chat between a curious user and an artificial intelligence assistant. The assistant gives " \
    "helpful, detailed, and polite answers to the user's questions. "
#define ALPACA                                                                                     \
    "Below is an instruction that describes a task. Write a response that appropriately "          \
    "completes the request.\n\n"

static void test_marks__make_the_documented_prompts(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    static const struct llmx_chat_turn turns[] = {{"What?", "That."}};
    assert_int_equal(llmx_tokenizer_open(&t, GOLDEN "llama2-spm", NULL), 0);
    expect_text(t, "vicuna", NULL, NULL, 0, VICUNA "USER: Why? ASSISTANT: So.</s>");
    expect_text(t, "vicuna", "Be brief!", turns, 1,
                "Be brief! USER: What? ASSISTANT: That.</s>USER: Why? ASSISTANT: So.</s>");
    expect_text(t, "alpaca", NULL, NULL, 0,
                ALPACA "### Instruction:\nWhy?\n\n### Response:\nSo.</s>");
    expect_text(t, "alpaca", "Be brief!", turns, 1,
                "Be brief!\n\n### Instruction:\nWhat?\n\n### Response:\nThat.</s>\n\n"
                "### Instruction:\nWhy?\n\n### Response:\nSo.</s>");
    expect_text(t, "zephyr", NULL, turns, 1,
                "<|user|>\nWhat?</s>\n<|assistant|>\nThat.</s>\n<|user|>\nWhy?</s>\n"
                "<|assistant|>\nSo.</s>");
    llmx_tokenizer_destroy(t);
}

static void test_marks__of_a_file_make_its_prompts(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err = {0};
    struct chat_format format;
    struct token_ids ids = {0};
    const char *path = test_file("own.txt", "user: <|im_start|>person\\n{text}<|im_end|>\\n\n"
                                            "assistant: <|im_start|>robot\\n{text}<|im_end|>\\n\n");
    char own[300];
    snprintf(own, sizeof own, "%s", path);
    assert_int_equal(llmx_tokenizer_open(&t, GOLDEN "smollm", NULL), 0);
    expect_text(t, own, NULL, NULL, 0,
                "<|im_start|>person\nWhy?<|im_end|>\n<|im_start|>robot\nSo.<|im_end|>");
    assert_int_equal(chat_by_name(own, &format, &err), 0);
    assert_int_equal(chat_open(t, &format, "Be brief!", NULL, 0, &ids, &err), -1);
    assert_int_equal(err.code, LLMX_UNSUPPORTED);
    assert_contains(err.message, "has no line 'system:'");
    token_ids_release(&ids);
    llmx_tokenizer_destroy(t);
}

static void test_marks__stops_must_be_tokens(void **state)
{
    (void)state;
    struct llmx_tokenizer *t;
    struct llmx_error err = {0};
    struct chat_format format = {.family = CHAT_FILE, .name = "f"};
    static const char text[] = "user: {text}\nassistant: {text}<|im_start|>\nstop: <|im_end|>\n";
    assert_int_equal(llmx_tokenizer_open(&t, GOLDEN "smollm", NULL), 0);
    assert_int_equal(chat_marks_parse(&format.marks, text, sizeof text - 1, "f", &err), 0);
    assert_false(tokenizer_is_stop(t, tokenizer_special(t, "<|im_start|>")));
    assert_int_equal(chat_add_stops(t, &format, &err), 0);
    assert_true(tokenizer_is_stop(t, tokenizer_special(t, "<|im_start|>")));
    snprintf(format.marks.stops[0], sizeof format.marks.stops[0], "<|im_end|>!");
    assert_int_equal(chat_add_stops(t, &format, &err), -1);
    assert_int_equal(err.code, LLMX_MISMATCH);
    assert_contains(err.message, "the stop '<|im_end|>!' is no special token");
    llmx_tokenizer_destroy(t);
}

static void test_marks__are_an_option_of_the_program(void **state)
{
    (void)state;
    test_needs_program();
    test_file("m.txt", "user: Q: {text}\\n\nassistant: A: {text}{end}\n");
    test_file("p.jsonl", "{\"prompt\": \"Why?\"}\n");
    test_command("$LLMXREC generate $T/p.jsonl --base tests/golden/llm/llama-tied --max-tokens 3 "
                 "--quiet --chat-template $T/m.txt",
                 0, "\"text\":");
    test_file("m.txt", "user: Q: \\n\n");
    test_command("$LLMXREC generate $T/p.jsonl --base tests/golden/llm/llama-tied --max-tokens 3 "
                 "--quiet --chat-template $T/m.txt",
                 1, "m.txt:1: the line must hold {text} once");
    test_command("$LLMXREC generate $T/p.jsonl --base tests/golden/llm/llama-tied --max-tokens 3 "
                 "--quiet --chat-template chatm",
                 2, "--chat-template chatm: neither one of none, chatml");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks__of_a_file),
        cmocka_unit_test(test_marks__say_which_line_is_wrong),
        cmocka_unit_test(test_marks__of_no_file),
        cmocka_unit_test(test_marks__make_the_documented_prompts),
        cmocka_unit_test(test_marks__of_a_file_make_its_prompts),
        cmocka_unit_test(test_marks__stops_must_be_tokens),
        cmocka_unit_test(test_marks__are_an_option_of_the_program),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
