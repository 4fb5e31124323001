/* test_cmd_reasons.c - facts on their way through the commands: in prompts, in the lines of explanations, before people. */
#include "support/test.h"

#define DATA " --data tests/golden/tiny "
#define BASE " --base tests/golden/llm/llama-tied.f32.gguf "
#define EXPLAIN                                                                                    \
    "$LLMXREC explain $T/recs.jsonl" DATA BASE                                                     \
    "--max-tokens 2 --tries 1 --quiet --keep-prompts --template $T/short.txt "

static void make_recs(void)
{
    /* the tiny model has no room for more */
    test_file("short.txt",
              "@history\nEarlier you {took}: {title}\n@item\n{title}\n@evidence\nYou {took}: "
              "{title}\n@fact\n{fact}\n");
    test_file(
        "recs.jsonl",
        "{\"user\":\"me\",\"item\":\"22\",\"rank\":1,\"history\":[\"3\",\"1\",\"2\"],\"evidence\":"
        "[{\"item\":\"1\",\"contribution\":0.5},{\"item\":\"2\",\"contribution\":0.4}]}\n");
}

static void test_cmd_reasons__lines_hold_the_facts_that_were_told(void **state)
{
    (void)state;
    test_needs_program();
    make_recs();
    test_command(
        EXPLAIN "--out $T/out.jsonl && cat $T/out.jsonl", 0,
        "\"facts\":[{\"kind\":\"not_shared\",\"items\":[\"1\",\"2\"],\"column\":\"class\",\"text\":"
        "\"\\\"The Harbour Clock\\\" and \\\"Seven Lanterns\\\" have no genre in common");
    test_command("cat $T/out.jsonl", 0, "You watched: The Harbour Clock");
    test_command(
        "$LLMXREC show $T/out.jsonl --recs $T/recs.jsonl" DATA, 0,
        "  true         \"The Harbour Clock\" and \"Seven Lanterns\" have no genre in common");
    test_command("$LLMXREC show $T/out.jsonl --recs $T/recs.jsonl" DATA, 0,
                 "               Many people watched this one: ");
}

static void test_cmd_reasons__speak_in_the_domain_that_is_asked_for(void **state)
{
    (void)state;
    test_needs_program();
    make_recs();
    test_command(EXPLAIN "--domain books --max-history 1", 0, "You read: The Harbour Clock");
    test_command(EXPLAIN "--domain books --max-history 1", 0, "Earlier you read: Seven Lanterns");
    test_command(EXPLAIN "--domain boats", 2, "there is no domain 'boats'; choose one of: films");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_reasons__lines_hold_the_facts_that_were_told),
        cmocka_unit_test(test_cmd_reasons__speak_in_the_domain_that_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
