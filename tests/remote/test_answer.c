/* What a server says, read from its bytes: answers, streams in any pieces, errors, nonsense. */
#include "remote/answer.h"

#include "support/test.h"

static void parse(const char *bytes, const char *text, int n_tokens, enum llmx_finish finish)
{
    struct answer answer = {0};
    struct llmx_error err;
    if (answer_parse(&answer, bytes, strlen(bytes), &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(answer.text.s ? answer.text.s : "", text);
    assert_int_equal(answer.n_tokens, n_tokens);
    assert_int_equal(answer.finish, finish);
    answer_release(&answer);
}

static void refuse_n(const char *bytes, size_t n, const char *said)
{
    struct answer answer = {0};
    struct llmx_error err;
    assert_int_equal(answer_parse(&answer, bytes, n, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, said);
    answer_release(&answer);
}

static void refuse(const char *bytes, const char *said)
{
    refuse_n(bytes, strlen(bytes), said);
}

static void test_answer__has_a_text(void **state)
{
    (void)state;
    parse("{\"choices\":[{\"message\":{\"content\":\"h\\u00e9\"},\"finish_reason\":\"length\"}],"
          "\"usage\":{\"completion_tokens\":7}}",
          "h\xc3\xa9", 7, LLMX_FINISH_LENGTH);
    parse("{\"choices\":[{\"message\":{\"content\":\"\"}}],\"error\":null}", "", 0,
          LLMX_FINISH_STOP);
    parse("{\"choices\":[{\"message\":{\"content\":\"x\"}}],\"usage\":{\"completion_tokens\":"
          "99999999999999}}",
          "x", 0, LLMX_FINISH_STOP);
}

static void test_answer__says_why_there_is_none(void **state)
{
    (void)state;
    refuse("", "not JSON (it is empty)");
    refuse("<html>\x1b[31m\n502</html>", "not JSON");
    refuse("<html>\x1b[31m\n502</html>", ": <html> [31m 502</html>"); /* one clean line */
    refuse("\xff\xfe{}", "): ??{}");
    refuse("{\"choices\":[{\"message\":{\"content\":\"\xc3\"}}]}", "not JSON");
    refuse("{\"choices\":[{\"message\":{\"content\":\"a\\u0000b\"}}]}", "not JSON");
    refuse_n("{\"choices\":\0[]}", 14, "not JSON");
    refuse("{\"choices\":[{\"message\":{\"content\":\"a\"}}]} {}", "not JSON");
    refuse("[]", "without choices[0].message.content");
    refuse("{\"choices\":[{\"message\":{\"content\":3}}]}", "without choices");
    refuse("{\"choices\":[{\"message\":{\"content\":null},\"finish_reason\":\"length\"}]}",
           "its tokens ran out");
    refuse("{\"choices\":[{\"message\":{\"content\":null,\"refusal\":\"I will not\"}}]}",
           "the model refuses: I will not");
    refuse("{\"error\":{\"message\":\"quota is used up\"}}",
           "an error in place of an answer: quota is used up");
}

static void test_answer__words_are_one_clean_line(void **state)
{
    (void)state;
    char words[ANSWER_WORDS], long_text[2000];
    answer_words(words, "{\"message\":\"a\\nb\"}", 18);
    assert_string_equal(words, "a b");
    answer_words(words, NULL, 0);
    assert_string_equal(words, "");
    for (size_t i = 0; i + 1 < sizeof long_text; i += 2)
        memcpy(long_text + i, "\xc3\xa9", 2);
    answer_words(words, long_text, sizeof long_text);
    assert_int_equal(strlen(words), ANSWER_WORDS - 2); /* no half character */
}

/* What pieces were told, and after how many it is enough. */
struct told {
    char text[200];
    int n, n_max;
};

static int note_piece(void *context, const char *text, size_t n)
{
    struct told *told = context;
    strncat(told->text, text, n);
    return ++told->n == told->n_max;
}

static int stream(struct told *told, const char *bytes, size_t step, struct answer_stream *stream,
                  struct llmx_error *err)
{
    *stream = (struct answer_stream){0};
    int status = 0;
    for (size_t n = strlen(bytes), at = 0; status == 0 && at < n; at += step)
        status = answer_stream_take(stream, bytes + at, n - at < step ? n - at : step, note_piece,
                                    told, err);
    return status == 0 ? answer_stream_end(stream, note_piece, told, err) : status;
}

#define EVENT(content) "data: {\"choices\":[{\"delta\":{\"content\":\"" content "\"}}]}\n\n"

static void test_answer_stream__comes_in_any_pieces(void **state)
{
    (void)state;
    static const char bytes[] =
        ": a comment\r\n\r\nevent: "
        "message\ndata:{\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}"
        "\r\n\r\n" EVENT("h\xc3\xa9l") EVENT("lo") EVENT(
            "") "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n"
                "data: {\"choices\":[],\"usage\":{\"completion_tokens\":5}}\n\ndata: [DONE]\n\n";
    for (size_t step = 1; step <= sizeof bytes; step++) {
        struct told told = {0};
        struct answer_stream s;
        struct llmx_error err;
        if (stream(&told, bytes, step, &s, &err) != 0)
            fail_msg("%zu: %s", step, err.message);
        assert_string_equal(told.text, "h\xc3\xa9llo");
        assert_int_equal(told.n, 2);
        assert_string_equal(s.answer.text.s, "h\xc3\xa9llo");
        assert_int_equal(s.answer.n_tokens, 5);
        assert_int_equal(s.answer.finish, LLMX_FINISH_LENGTH);
        answer_stream_release(&s);
    }
}

static void refuse_stream(const char *bytes, int n_max, enum llmx_code code, const char *said)
{
    const size_t steps[] = {1, 7, 1000};
    for (int i = 0; i < 3; i++) {
        struct told told = {.n_max = n_max};
        struct answer_stream s;
        struct llmx_error err;
        assert_int_equal(stream(&told, bytes, steps[i], &s, &err), -1);
        assert_int_equal(err.code, code);
        assert_contains(err.message, said);
        answer_stream_release(&s);
    }
}

static void test_answer_stream__is_read_strictly(void **state)
{
    (void)state;
    refuse_stream("", 0, LLMX_BAD_INPUT, "ends before the answer does");
    refuse_stream(EVENT("half"), 0, LLMX_BAD_INPUT, "ends before the answer does");
    refuse_stream("<html>\n", 0, LLMX_BAD_INPUT, "no stream of events: <html>");
    refuse_stream("data: {\"choices\":\n\n", 0, LLMX_BAD_INPUT, "not JSON");
    refuse_stream(EVENT("a") "data: {\"error\":{\"message\":\"gone\"}}\n\n", 0, LLMX_BAD_INPUT,
                  "an error in place of an answer: gone");
    refuse_stream(EVENT("a") EVENT("b") EVENT("c"), 2, LLMX_INTERRUPTED, "cancelled");
    refuse_stream("{\"error\":{\"message\":\"busy\"}}", 0, LLMX_BAD_INPUT, "busy");
}

static void test_answer_stream__takes_a_whole_answer_too(void **state)
{
    (void)state;
    struct told told = {0};
    struct answer_stream s;
    assert_int_equal(
        stream(&told, "{\"choices\":[{\"message\":\n{\"content\":\"all\"}}]}", 9, &s, NULL), 0);
    assert_string_equal(told.text, "all");
    assert_string_equal(s.answer.text.s, "all");
    answer_stream_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer__has_a_text),
        cmocka_unit_test(test_answer__says_why_there_is_none),
        cmocka_unit_test(test_answer__words_are_one_clean_line),
        cmocka_unit_test(test_answer_stream__comes_in_any_pieces),
        cmocka_unit_test(test_answer_stream__is_read_strictly),
        cmocka_unit_test(test_answer_stream__takes_a_whole_answer_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
