/* The command generate, as a user sees it, with a tiny model. */
#include "support/test.h"

#define PROGRAM "$LLMXREC"
#define MODEL   "--base tests/golden/llm/llama-tied --precision f32 --quiet "

static int run(const char *input, const char *arguments, char **out)
{
    char command[1024];
    test_needs_program();
    snprintf(command, sizeof command, PROGRAM " generate %s <%s", arguments,
             test_file("in.jsonl", input));
    return test_shell(command, out);
}

static void assert_prints(const char *input, const char *arguments, int status,
                          const char *expected)
{
    char *out;
    assert_int_equal(status, run(input, arguments, &out));
    assert_string_equal(expected, out);
    free(out);
}

static void assert_says(const char *input, const char *arguments, int status, const char *part)
{
    char *out;
    assert_int_equal(status, run(input, arguments, &out));
    assert_contains(out, part);
    free(out);
}

static void test_cmd_generate__writes_texts_beside_prompts(void **state)
{
    (void)state;
    const char *prompts = "{\"prompt\":\"movies and\"}\n{\"prompt\":\"film\",\"id\":3}\n";
    assert_prints(prompts, MODEL "--greedy --max-tokens 6", 0,
                  "{\"prompt\":\"movies "
                  "and\",\"text\":\"ieie\\\\\\\\\\\\\\\\\",\"tokens\":6,\"finish\":\"length\"}\n"
                  "{\"prompt\":\"film\",\"id\":3,\"text\":\"auseauseauseauseauseause\",\"tokens\":"
                  "6,\"finish\":\"length\"}\n");
    assert_prints(
        prompts, MODEL "--max-tokens 6 --seed 4 --threads 1", 0,
        "{\"prompt\":\"movies "
        "and\",\"text\":\"\\u0010omer\357\277\275che(\\u0002\",\"tokens\":6,\"finish\":\"length\","
        "\"seed\":4}\n"
        "{\"prompt\":\"film\",\"id\":3,\"text\":\"auseause\357\277\275\\u0013\357\277\275 "
        "H\",\"tokens\":6,\"finish\":\"length\",\"seed\":4}\n");
    assert_prints(
        prompts, MODEL "--max-tokens 6 --seed 4 --threads 2", 0,
        "{\"prompt\":\"movies "
        "and\",\"text\":\"\\u0010omer\357\277\275che(\\u0002\",\"tokens\":6,\"finish\":\"length\","
        "\"seed\":4}\n"
        "{\"prompt\":\"film\",\"id\":3,\"text\":\"auseause\357\277\275\\u0013\357\277\275 "
        "H\",\"tokens\":6,\"finish\":\"length\",\"seed\":4}\n");
}

static void test_cmd_generate__says_what_is_wrong(void **state)
{
    (void)state;
    assert_says("{\"text\":\"x\"}\n", MODEL, 1, "standard input:1: the field \"prompt\"");
    assert_says("{}", "--greedy", 2, "base");
    assert_says("{\"prompt\":\"x\"}", MODEL "--top-p 7", 2, "top-p 7");
    assert_says("{\"prompt\":\"x\"}", MODEL "--max-tokens 0", 2, "max-tokens");
    assert_says("{\"prompt\":\"x\"}", MODEL "--precision f16", 2, "--precision: there is no 'f16'");
    assert_says("{\"prompt\":\"x\"}", "--base /nowhere", 1, "/nowhere");
    assert_says("{\"prompt\":\"x\"}", MODEL "--out /dev/full", 1, "No space left");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_generate__writes_texts_beside_prompts),
        cmocka_unit_test(test_cmd_generate__says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
