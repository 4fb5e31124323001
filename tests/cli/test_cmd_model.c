/* The commands model and tokenize, as a user sees them. */
#include "support/test.h"

#define PROGRAM "$LLMXREC"
#define MODEL   "tests/golden/llm/llama-tied.q4_0.gguf"

static void assert_prints(const char *arguments, int status, const char *expected)
{
    char command[1024], *out;
    test_needs_program();
    snprintf(command, sizeof command, "%s %s", PROGRAM, arguments);
    int got = test_shell(command, &out);
    assert_string_equal(out, expected);
    assert_int_equal(got, status);
    free(out);
}

static void test_cmd_model__describes(void **state)
{
    (void)state;
    assert_prints(
        "model " MODEL, 0,
        MODEL "\n"
              "  name            tiny\n"
              "  family          llama (GGUF)\n"
              "  parameters      0.1 million, 0.1 MB in the file\n"
              "  layers          2 of 64 wide, feed-forward 96\n"
              "  attention       4 heads of 16, 2 for keys and values\n"
              "  context         256 tokens (rope base 100000)\n"
              "  vocabulary      512, embedding shared with the output\n"
              "  tensors         5 F32 (0.0 MB), 14 Q4_0 (0.0 MB), 1 Q8_0 (0.0 MB)\n"
              "  tokenizer       byte-level BPE (smollm), 512 tokens\n"
              "  chat template   chatml\n"
              "  memory in int8  0 MB weights + 0.3 kB a token of context (0 MB for all 256)\n"
              "  memory in bf16  0 MB weights + 0.3 kB a token of context (0 MB for all 256)\n"
              "  memory in f32   0 MB weights + 0.5 kB a token of context (0 MB for all 256)\n");
}

static void test_cmd_model__json(void **state)
{
    (void)state;
    char *out;
    test_needs_program();
    assert_int_equal(test_shell(PROGRAM " model --json " MODEL, &out), 0);
    assert_contains(out, "\"int8\": {\n      \"weights_bytes\": 69716,");
    assert_contains(out, "\"kv_bytes_per_token\": 256");
    assert_contains(out, "\"Q4_0\": {\n      \"tensors\": 14,");
    free(out);
}

static void test_cmd_model__bad_input(void **state)
{
    (void)state;
    assert_prints("model no/such.gguf", 1,
                  "llmxrec: cannot open no/such.gguf: No such file or directory\n");
    assert_prints("model Makefile", 1, "llmxrec: Makefile: not a GGUF file\n");
    assert_prints("model " MODEL " --out /dev/full", 1,
                  "llmxrec: cannot write /dev/full: No space left on device\n");
}

static void test_cmd_tokenize__adds_ids(void **state)
{
    (void)state;
    const char *in =
        test_file("in.jsonl", "{\"id\":7,\"text\":\"a b<|im_end|>\"}\n\n{\"text\":\"\"}\n");
    char arguments[512];
    snprintf(arguments, sizeof arguments, "tokenize --base " MODEL " <%s", in);
    assert_prints(
        arguments, 0,
        "{\"id\":7,\"text\":\"a b<|im_end|>\",\"ids\":[67,465,2]}\n{\"text\":\"\",\"ids\":[]}\n");
    snprintf(arguments, sizeof arguments, "tokenize --no-special --base " MODEL " %s --out %s", in,
             test_path("out.jsonl"));
    assert_prints(arguments, 0, "");
    char *out = test_read(test_path("out.jsonl"));
    assert_contains(out, "{\"id\":7,\"text\":\"a b<|im_end|>\",\"ids\":[67,465,");
    assert_null(strstr(out, ",2]"));
    free(out);
}

static void test_cmd_tokenize__bad_input(void **state)
{
    (void)state;
    const char *in = test_file("bad.jsonl", "{\"text\":\"a\"}\n{\"txt\":\"b\"}\n"),
               *out = test_file("kept.jsonl", "old");
    char arguments[512], expected[512];
    snprintf(arguments, sizeof arguments, "tokenize --base " MODEL " %s --out %s", in, out);
    snprintf(expected, sizeof expected,
             "llmxrec: %s:2: the field \"text\" is missing; it must be a text\n", in);
    assert_prints(arguments, 1, expected);
    snprintf(arguments, sizeof arguments, "tokenize --base " MODEL " --in %s", in);
    assert_prints(
        arguments, 2,
        "llmxrec: tokenize has no option 'in': FILE stands alone, llmxrec tokenize FILE\n");
    char *kept = test_read(out);
    assert_string_equal(kept, "old");
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_model__describes),
        cmocka_unit_test(test_cmd_model__json),
        cmocka_unit_test(test_cmd_model__bad_input),
        cmocka_unit_test(test_cmd_tokenize__adds_ids),
        cmocka_unit_test(test_cmd_tokenize__bad_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
