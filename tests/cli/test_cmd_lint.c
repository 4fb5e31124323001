/* The command lint, as a user sees it: clean files, and each fault planted by itself. */
#include "support/data.h"
#include "support/test.h"

#define LINT  "$LLMXREC lint $T/run "
#define RECS  "--recs $T/recs.jsonl "
#define TEXTS RECS "--explanations $T/texts.jsonl "

/* 40 people, 30 items called "Zanzibar N"; a text names its item and the first of its evidence. */
static int set_up(void **state)
{
    (void)state;
    char command[2000];
    test_needs_program();
    snprintf(command, sizeof command,
             "for i in $(seq 0 29); do printf 'i%%s\\tZanzibar %%s\\n' $i $i; done | "
             "sed '1i item_id:token\\tmovie_title:token_seq' >$T/made.item; "
             "$LLMXREC train --data %s --model itemknn --out $T/run --quiet && "
             "$LLMXREC recommend $T/run --top 1 --out $T/recs.jsonl --quiet && "
             "sed 's/\"item\":\"i\\([0-9]*\\)\",\"rank.*evidence\":.{\"item\":\"i\\([^\"]*\\)\".*/"
             "\"item\":\"i\\1\",\"explanation\":\"As you chose Zanzibar \\2, try Zanzibar "
             "\\1.\"}/' $T/recs.jsonl >$T/texts.jsonl",
             test_interactions("made.inter", 40, 30, 12, 5));
    test_command(command, 0, "");
    return 0;
}

static void test_cmd_lint__finds_nothing_in_what_is_sound(void **state)
{
    (void)state;
    test_command(LINT TEXTS, 0, "Nothing found.");
    test_command(LINT TEXTS, 0, "other_prompt       0 of 40 explanations");
    test_command(LINT, 0, "not looked at: foreign taken twice");
    test_command(LINT TEXTS "--json", 0, "{\n  \"view\": \"lint\",\n  \"found\": 0,");
    test_command(LINT "--json", 0, "\"taken\": null");
}

static void test_cmd_lint__finds_titles_and_runs_that_are_not_what_they_seem(void **state)
{
    (void)state;
    test_command("mkdir $T/twins && cp $T/made.inter $T/twins/twins.inter && sed "
                 "'s/Zanzibar 7$/ZANZIBAR 8/' $T/made.item >$T/twins/twins.item && $LLMXREC train "
                 "--data $T/twins --model pop --out $T/twins/run --quiet && $LLMXREC lint "
                 "$T/twins/run",
                 3, "1 of 29 items are one title under several ids\n    \"ZANZIBAR 8\" is i7, i8");
    test_command("mkdir $T/other && head -300 $T/made.inter >$T/other/other.inter && $LLMXREC "
                 "train --data $T/other --model pop --out $T/other/run --quiet && " LINT
                 "$T/other/run",
                 3, "other/run learnt from other interactions (299 of ");
    test_command("echo >>$T/other/other.inter 'u0\ti1\t9'; $LLMXREC lint $T/other/run", 3,
                 "other.inter has grown since");
}

static void test_cmd_lint__finds_faults_of_recommendations(void **state)
{
    (void)state;
    test_command("(cat $T/recs.jsonl; sed -n 's/\"item\":\"[^\"]*\",\"rank.*evidence\":.{\\("
                 "\"item\":\"[^\"]*\"\\).*/\\1}/p' $T/recs.jsonl | head -1) >$T/faulty.jsonl; " LINT
                 "--recs $T/faulty.jsonl --out $T/rows.jsonl",
                 3, "taken              1 of 41 recommendations");
    test_command("cat $T/rows.jsonl", 0, "{\"check\":\"taken\",\"user\":\"u0\",\"item\":\"i");
    test_command("cat $T/rows.jsonl", 0, "\"line\":41,\"message\":\"");
    test_command("cat $T/rows.jsonl", 0, "faulty.jsonl:41: user u0 has taken");
    test_command("(cat $T/recs.jsonl; head -1 $T/recs.jsonl) >$T/faulty.jsonl; " LINT
                 "--recs $T/faulty.jsonl",
                 3, "twice              1 of 41 recommendations twice to one person\n    ");
    test_command("(cat $T/recs.jsonl; echo '{\"user\":\"u0\",\"item\":\"none\"}') "
                 ">$T/faulty.jsonl; " LINT "--recs $T/faulty.jsonl --out $T/rows.jsonl",
                 3, "foreign            1 of 41 recommendations");
    test_command("cat $T/rows.jsonl", 0, "\"line\":41,\"message\":\"");
    test_command("for i in $(seq 0 39); do echo \"{\\\"user\\\":\\\"u$i\\\",\\\"item\\\":\\\"i29"
                 "\\\"}\"; done >$T/crowd.jsonl; " LINT "--recs $T/crowd.jsonl",
                 3, "\"Zanzibar 29\" (item i29) is recommended to 40 of 40 users");
}

static void test_cmd_lint__finds_texts_in_the_wrong_place(void **state)
{
    (void)state;
    test_command(
        "sed 's/.*explanation/explanation/' $T/texts.jsonl | (sed 1d; sed q "
        "$T/texts.jsonl | sed 's/.*explanation/explanation/') >$T/ends; sed "
        "'s/explanation.*//' $T/texts.jsonl | paste -d '' - $T/ends >$T/shifted.jsonl; " LINT RECS
        "--explanations $T/shifted.jsonl",
        3, "speaks of \"Zanzibar ");
    test_command("(sed 's/\"explanation\":.*/\"explanation\":\"It is new.\"}/;2q' $T/texts.jsonl) "
                 ">$T/same.jsonl; " LINT RECS "--explanations $T/same.jsonl",
                 3, "duplicate          1 of 2 explanations with the text of another");
    test_command("(cat $T/texts.jsonl; echo '{\"user\":\"u0\",\"item\":\"none\",\"explanation\":"
                 "\"\"}') >$T/more.jsonl; " LINT RECS "--explanations $T/more.jsonl",
                 3, "unmatched          1 of 41 explanations");
}

static void test_cmd_lint__finds_what_was_learnt_from(void **state)
{
    (void)state;
    test_command("grep -n . $T/recs.jsonl | sed -n '3s/^[0-9]*://p' | sed 's/}$/,\"output\":"
                 "\"a\"}/' >$T/learnt.jsonl; " LINT TEXTS "--examples $T/learnt.jsonl",
                 3, "an example of this item for this user was learnt from (");
    test_command("sed 's/\"item\":\"i[0-9]*\",\"rank\"/\"item\":\"i0\",\"rank\"/' $T/learnt.jsonl "
                 ">$T/user.jsonl; " LINT TEXTS "--examples $T/user.jsonl",
                 3, "same_user          1 of 40 explanations");
    test_command(
        "sed 's/\"item\":\"i/\"item\":\"j/g' $T/learnt.jsonl >$T/foreign.jsonl; " LINT TEXTS
        "--examples $T/foreign.jsonl",
        0, "none of the 1 examples is of these data");
    test_command(
        "sed 's/}$/,\"prompt\":\"Why?\"}/' $T/texts.jsonl | head -1 >$T/asked.jsonl; echo "
        "'{\"instruction\":\"Why?\",\"input\":\"\",\"output\":\"a\"}' >$T/alpaca.jsonl; " LINT RECS
        "--explanations $T/asked.jsonl --examples $T/alpaca.jsonl",
        3, "its prompt was learnt from (");
    test_command("mkdir $T/adapter && echo \"examples: \\\"$T/learnt.jsonl\\\"\" "
                 ">$T/adapter/config.yaml && " LINT TEXTS "--adapter $T/adapter",
                 0, "does not say what examples it learnt from: give them with --examples");
}

/* The folder says which file it was, and by its hash whether the file is still that one. */
static void test_cmd_lint__reads_the_examples_of_an_adapter(void **state)
{
    (void)state;
    test_command(
        "sed -n "
        "'3s/.*\"user\":\"\\([^\"]*\\)\",\"item\":\"i\\([0-9]*\\)\".*/"
        "{\"instruction\":\"Recommended: "
        "\\\\\"Zanzibar "
        "\\2\\\\\"\",\"input\":\"\",\"output\":\"a\",\"user\":\"\\1\",\"item\":\"i\\2\"}/p' "
        "$T/recs.jsonl >$T/built.jsonl; $LLMXREC tune --base tests/golden/llm/qwen2 "
        "--precision f32 --chat-template chatml --examples $T/built.jsonl --epochs 1 "
        "--samples 0 --quiet --out $T/tuned && " LINT TEXTS "--adapter $T/tuned",
        3, "same_prompt        1 of 40 explanations");
    test_command(
        "echo >>$T/built.jsonl; sed -i 's/Recommended/Commended/' $T/built.jsonl; " LINT TEXTS
        "--adapter $T/tuned",
        0, "learnt from examples that are no more where they were");
}

static void test_cmd_lint__finds_what_is_held_out(void **state)
{
    (void)state;
    test_command("$LLMXREC recommend $T/run --as-of train --top 1 --out $T/then.jsonl --quiet; "
                 "held=$(grep '^u0' $T/made.inter | sort -n -k3 | tail -1 | cut -f2); "
                 "echo \"{\\\"user\\\":\\\"u0\\\",\\\"item\\\":\\\"$held\\\",\\\"instruction\\\":"
                 "\\\"\\\\\\\"Zanzibar ${held#i}\\\\\\\"\\\",\\\"output\\\":\\\"a\\\"}\" "
                 ">$T/held.jsonl; " LINT "--recs $T/then.jsonl --examples $T/held.jsonl",
                 3, "held_out           1 of 1 prompts that hold what is held out");
    test_command(LINT RECS "--examples $T/held.jsonl", 0, "held_out");
}

static void test_cmd_lint__says_what_is_missing(void **state)
{
    (void)state;
    test_command("$LLMXREC lint", 2, "lint needs RUN");
    test_command(LINT "--explanations $T/texts.jsonl", 2, "--recs");
    test_command("$LLMXREC lint $T/nowhere", 1, "nowhere");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_lint__finds_nothing_in_what_is_sound),
        cmocka_unit_test(test_cmd_lint__finds_titles_and_runs_that_are_not_what_they_seem),
        cmocka_unit_test(test_cmd_lint__finds_faults_of_recommendations),
        cmocka_unit_test(test_cmd_lint__finds_texts_in_the_wrong_place),
        cmocka_unit_test(test_cmd_lint__finds_what_was_learnt_from),
        cmocka_unit_test(test_cmd_lint__reads_the_examples_of_an_adapter),
        cmocka_unit_test(test_cmd_lint__finds_what_is_held_out),
        cmocka_unit_test(test_cmd_lint__says_what_is_missing),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
