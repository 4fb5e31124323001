/* The command attributes, as a user sees it: from a run to guesses at what was hidden. */
#include "support/data.h"
#include "support/test.h"

static int set_up(void **state)
{
    (void)state;
    char command[1500];
    test_needs_program();
    snprintf(
        command, sizeof command,
        "for i in $(seq 0 29); do printf 'i%%s\\tZanzibar %%s\\t%%s\\n' $i $i $((1985 + i %% 2 * "
        "10)); done | sed '1i item_id:token\\ttitle:token_seq\\tyear:token' >$T/made.item; "
        "for u in $(seq 0 39); do printf 'u%%s\\t%%s\\n' $u $((u %% 3)); done | "
        "sed '1i user_id:token\\tcolour:token' >$T/made.user; "
        "$LLMXREC train --data %s --model bpr --epochs 2 --out $T/run --quiet && "
        "$LLMXREC recommend $T/run --top 1 --out $T/recs.jsonl --quiet && "
        "sed 's/\"rank.*/\"explanation\":\"You may like it.\"}/' $T/recs.jsonl >$T/texts.jsonl",
        test_interactions("made.inter", 40, 30, 12, 5));
    test_command(command, 0, "");
    return 0;
}

static void test_cmd_attributes__guesses_what_was_hidden(void **state)
{
    (void)state;
    test_command("$LLMXREC attributes --run $T/run --out $T/rows.jsonl", 0,
                 "colour of users: one of 3, 20 asked");
    test_command("wc -l <$T/rows.jsonl", 0,
                 "48"); /* of 20 users, twice of half of the 28 items that are learnt from */
    test_command("$LLMXREC attributes --run $T/run --attribute year --json", 0,
                 "\"view\": \"attributes\"");
    test_command("$LLMXREC attributes --run $T/run --attribute year,colour --asked 5", 0, "probe");
    test_command("$LLMXREC attributes --data $T/made.inter --attribute popularity", 0,
                 "popularity of items: one in order of 3");
}

static void test_cmd_attributes__reads_explanations(void **state)
{
    (void)state;
    test_command("$LLMXREC attributes --run $T/run --explanations $T/texts.jsonl --recs "
                 "$T/recs.jsonl",
                 0, "text_naive_bayes");
    test_command(
        "(cat $T/texts.jsonl; echo '{\"user\":\"x\",\"item\":\"y\",\"explanation\":\"\"}') "
        ">$T/more.jsonl; $LLMXREC attributes --run $T/run --explanations $T/more.jsonl "
        "--recs $T/recs.jsonl",
        3, "more.jsonl:41: there is no recommendation of item 'y' for user 'x'");
}

static void test_cmd_attributes__says_what_does_not_go_together(void **state)
{
    (void)state;
    test_command("$LLMXREC attributes --run $T/run --attribute age", 2, "no column 'age'");
    test_command("$LLMXREC attributes --run $T/run --recs $T/recs.jsonl", 2,
                 "--recs goes with --explanations");
    test_command("$LLMXREC attributes --run $T/run --explanations $T/texts.jsonl", 2, "--recs");
    test_command("$LLMXREC attributes --run $T/run --tuned-on $T/texts.jsonl", 2, "--base");
    test_command("$LLMXREC attributes --run $T/run --asked 0", 2, "choose 1 or more");
    test_command("$LLMXREC attributes --run $T/run --max-history 5", 2, "--max-history goes with");
    test_command("$LLMXREC attributes --run $T/run --precision f32", 2, "--precision goes with");
    test_command("$LLMXREC attributes --run $T/run --explanations $T/texts.jsonl --recs "
                 "$T/recs.jsonl --asked 5",
                 2, "--asked does not go with --explanations");
    test_command("head -1 $T/texts.jsonl >$T/one.jsonl; $LLMXREC attributes --run $T/run "
                 "--explanations $T/one.jsonl --recs $T/recs.jsonl --attribute colour",
                 1, "'colour' of users cannot be guessed: there are too few texts");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_attributes__guesses_what_was_hidden),
        cmocka_unit_test(test_cmd_attributes__reads_explanations),
        cmocka_unit_test(test_cmd_attributes__says_what_does_not_go_together),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
