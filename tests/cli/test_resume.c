/* recommend and generate, interrupted anywhere, go on with --resume to the bytes of an undisturbed run; lines of another
 * run are refused and stay. */
#include "support/test.h"

#define TINY      "tests/golden/tiny"
#define RECOMMEND "$LLMXREC recommend $T/run --top 3 --evidence 2 --quiet "
#define GENERATE                                                                                   \
    "$LLMXREC generate --base tests/golden/llm/qwen2 --precision f32 --max-tokens 6 --quiet "      \
    "$T/prompts.jsonl "

static int set_up(void **state)
{
    (void)state;
    test_needs_program();
    test_command(
        "$LLMXREC train --data " TINY " --model ease --out $T/run --quiet && " RECOMMEND
        "--out $T/recs.jsonl && for i in 1 2 3 4 5 6; do echo '{\"prompt\":\"one two three "
        "'$i'\",\"x\":0.25}'; done >$T/prompts.jsonl && " GENERATE "--out $T/texts.jsonl",
        0, "");
    return 0;
}

/* Leaves the first bytes of what `whole` holds at OUT.partial, for every of `cuts` lengths. */
static void goes_on(const char *command, const char *whole, int cuts)
{
    char line[2048];
    for (int i = 0; i < cuts; i++) {
        snprintf(line, sizeof line,
                 "n=$(wc -c <$T/%s); head -c $((n * %d / %d)) $T/%s >$T/out.partial; %s --resume "
                 "--out $T/out && cmp $T/out $T/%s && ls $T/out* && rm $T/out",
                 whole, i, cuts - 1, whole, command, whole);
        test_command(line, 0, "/out\n");
    }
}

static void test_recommend__goes_on_from_any_byte(void **state)
{
    (void)state;
    goes_on(RECOMMEND, "recs.jsonl", 23);
    test_command(RECOMMEND "--users 1,3,1 --out $T/some.jsonl", 0, "");
    goes_on(RECOMMEND "--users 1,3,1", "some.jsonl", 11);
}

static void test_generate__goes_on_from_any_byte(void **state)
{
    (void)state;
    goes_on(GENERATE, "texts.jsonl", 11);
}

static void test_resume__is_of_the_same_run(void **state)
{
    (void)state;
    test_command("head -n 4 $T/recs.jsonl >$T/out.partial; " RECOMMEND "--out $T/out", 2,
                 "go on with --resume");
    test_command(RECOMMEND "--resume --evidence 1 --out $T/out", 1, "with other options");
    test_command(RECOMMEND "--resume --users 2 --out $T/out", 1, "out.partial:1: not a line of");
    test_command(GENERATE "--resume --out $T/out", 1, "out.partial:1: not the text of prompt 1");
    test_command("head -n 4 $T/recs.jsonl | cmp - $T/out.partial && rm $T/out.partial && ls $T", 0,
                 "run");
    test_command(RECOMMEND "--resume --format csv --out $T/out", 2, "not with CSV");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_recommend__goes_on_from_any_byte),
        cmocka_unit_test(test_generate__goes_on_from_any_byte),
        cmocka_unit_test(test_resume__is_of_the_same_run),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
