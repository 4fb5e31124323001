/* The commands faithfulness and grounding, as a user sees them: from a run to the figures of its explanations. */
#include "support/data.h"
#include "support/test.h"

#define RUN "--recs $T/recs.jsonl --run $T/run"

static int set_up(void **state)
{
    (void)state;
    char command[1200];
    test_needs_program();
    snprintf(command, sizeof command,
             "for i in $(seq 0 29); do printf 'i%%s\\tZanzibar %%s\\n' $i $i; done | "
             "sed '1i item_id:token\\tmovie_title:token_seq' >$T/made.item; "
             "$LLMXREC train --data %s --model itemknn --out $T/run --quiet && "
             "$LLMXREC recommend $T/run --top 1 --out $T/recs.jsonl --quiet && "
             "sed 's/\"rank.*evidence\":.{\"item\":\"\\([^\"]*\\)\".*/\"explanation\":\"You chose "
             "\\1.\",\"cites\":[\"\\1\"]}/' $T/recs.jsonl >$T/texts.jsonl",
             test_interactions("made.inter", 40, 30, 12, 5));
    test_command(command, 0, "");
    return 0;
}

static void test_cmd_faithfulness__measures_what_texts_cite(void **state)
{
    (void)state;
    test_command("$LLMXREC faithfulness $T/texts.jsonl " RUN " --out $T/rows.jsonl", 0,
                 "itemknn: 40 texts for 40 users");
    test_command("$LLMXREC faithfulness $T/texts.jsonl " RUN " --json", 0,
                 "\"recall_at_1\": {\n    \"mean\": 1.0,");
    test_command("wc -l <$T/rows.jsonl", 0, "40");
    test_command("head -1 $T/rows.jsonl", 0, "\"precision\":1.0,\"recall_at_1\":1.0");
}

static void test_cmd_faithfulness__finds_citations_in_the_text(void **state)
{
    (void)state;
    test_command("sed 's/,\"cites.*/}/; s/chose i/chose Zanzibar /' $T/texts.jsonl "
                 ">$T/read.jsonl; $LLMXREC faithfulness $T/read.jsonl " RUN " --json",
                 0, "\"recall_at_1\": {\n    \"mean\": 1.0,");
}

static void test_cmd_faithfulness__says_what_does_not_match(void **state)
{
    (void)state;
    test_command(
        "(cat $T/texts.jsonl; echo '{\"user\":\"x\",\"item\":\"y\",\"explanation\":\"\"}') "
        ">$T/more.jsonl; $LLMXREC faithfulness $T/more.jsonl " RUN,
        3, "more.jsonl:41: there is no recommendation of item 'y' for user 'x'");
    test_command("head -5 $T/texts.jsonl >$T/few.jsonl; $LLMXREC faithfulness $T/few.jsonl " RUN, 0,
                 "Note: fewer than 20 users");
    test_command("$LLMXREC faithfulness $T/texts.jsonl --recs $T/recs.jsonl", 2, "--run");
    test_command("$LLMXREC faithfulness $T/texts.jsonl " RUN " --draws 0", 2, "choose 1 to 100");
    test_command("$LLMXREC faithfulness $T/texts.jsonl " RUN " --resamples 7", 2, "7");
}

static void test_cmd_grounding__of_texts_and_of_a_run(void **state)
{
    (void)state;
    test_command("$LLMXREC grounding $T/texts.jsonl " RUN " --out $T/rows.jsonl", 0,
                 "40 texts for 40 users, 40 statements, 1.00 a text");
    test_command("head -1 $T/rows.jsonl", 0, "\"supported\":");
    test_command("$LLMXREC grounding $T/texts.jsonl " RUN " --json", 0, "\"standard\": {");
    test_command("$LLMXREC grounding $T/more.jsonl " RUN, 3, "more.jsonl:41: there is no");
    test_command("$LLMXREC grounding $T/texts.jsonl --recs $T/recs.jsonl", 2,
                 "--run RUN is needed");
    test_command("echo '{\"user\":\"u0\",\"item\":\"i1\"}' >$T/bad.jsonl; "
                 "$LLMXREC grounding $T/bad.jsonl " RUN,
                 1, "bad.jsonl:1: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_faithfulness__measures_what_texts_cite),
        cmocka_unit_test(test_cmd_faithfulness__finds_citations_in_the_text),
        cmocka_unit_test(test_cmd_faithfulness__says_what_does_not_match),
        cmocka_unit_test(test_cmd_grounding__of_texts_and_of_a_run),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
