/* --adapter and --grounded on the command line. */
#include "support/test.h"

#define GOLDEN "tests/golden/llm/"
#define EXPLAIN                                                                                    \
    "$LLMXREC explain $T/recs.jsonl --data tests/golden/tiny --base " GOLDEN                       \
    "qwen2 --chat-template chatml --template $T/layout.txt --tries 3 --max-tokens 8 "

static int set_up(void **state)
{
    (void)state;
    test_file("recs.jsonl", "{\"user\":\"5\",\"item\":\"30\",\"rank\":1,\"evidence\":[{\"item\":"
                            "\"18\",\"contribution\":1.5}]}\n"
                            "{\"user\":\"5\",\"item\":\"3\",\"rank\":2}\n");
    test_file("layout.txt", "@history\n{n}: \"{title}\"\n@item\nWhy \"{title}\"?\n@answer\nLike "
                            "\"\n@fallback\nYou took {evidence}.\n");
    return 0;
}

static void test_explain__names_the_adapter_in_every_line(void **state)
{
    (void)state;
    test_needs_program();
    test_command(EXPLAIN "--adapter " GOLDEN "qwen2/adapter/ --out $T/a.jsonl && grep -c "
                         "'\"model\":\"qwen2\",\"adapter\":\"adapter\"' $T/a.jsonl",
                 0, "2\n");
    test_command(EXPLAIN "--out $T/b.jsonl && grep -c '\"adapter\":null' $T/b.jsonl", 0, "2\n");
    test_command("head -n 1 $T/a.jsonl >$T/c.jsonl.partial; " EXPLAIN "--resume --out $T/c.jsonl",
                 1, "another model, adapter or seed");
    test_command(EXPLAIN "--adapter " GOLDEN "qwen3/adapter", 1, "model");
}

/* What it means is tested in tests/explain/test_grounding.c. */
static void test_explain__grounded_changes_what_stands_in_quotes(void **state)
{
    (void)state;
    test_needs_program();
    test_command(EXPLAIN "--keep-rejected --out $T/d.jsonl; " EXPLAIN
                         "--keep-rejected --grounded --out $T/g.jsonl; cmp $T/d.jsonl $T/g.jsonl",
                 1, "differ");
}

static void test_generate__and_score_take_an_adapter(void **state)
{
    (void)state;
    test_needs_program();
    test_command("for a in '' '--adapter " GOLDEN "mistral/adapter'; do echo '{\"prompt\":\"ab\"}' "
                 "| $LLMXREC generate --quiet --base " GOLDEN "mistral $a --greedy --max-tokens 8; "
                 "done | sort -u | wc -l",
                 0, "2\n");
    test_command("echo '{\"ids\":[3,4,5]}' | $LLMXREC score --base " GOLDEN
                 "mistral --adapter " GOLDEN "mistral/adapter",
                 0, "next_logprob");
    test_command("echo '{\"ids\":[3,4,5]}' | $LLMXREC score --base " GOLDEN
                 "mistral --adapter /nowhere",
                 1, "/nowhere");
}

static void test_adapter__a_pickle_is_named(void **state)
{
    (void)state;
    test_needs_program();
    test_command(
        "mkdir $T/old && cp " GOLDEN "qwen2/adapter/adapter_config.json $T/old && : "
        ">$T/old/adapter_model.bin; echo '{\"prompt\":\"a\"}' | $LLMXREC generate --base " GOLDEN
        "qwen2 --adapter $T/old",
        1, "old/adapter_model.bin is a pickle");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explain__names_the_adapter_in_every_line),
        cmocka_unit_test(test_explain__grounded_changes_what_stands_in_quotes),
        cmocka_unit_test(test_generate__and_score_take_an_adapter),
        cmocka_unit_test(test_adapter__a_pickle_is_named),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
