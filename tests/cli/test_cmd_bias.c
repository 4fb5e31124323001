/* The command bias and the option --blind, as a user meets them: from a run to texts told as one and as the other. */
#include "support/data.h"
#include "support/test.h"

#define MODEL "--base tests/golden/llm/qwen2 --chat-template chatml --tries 1 --max-tokens 4"
#define FLIP                                                                                       \
    "$LLMXREC bias $T/recs.jsonl --run $T/run " MODEL " --template $T/layout.txt --max-users 3 "   \
    "--resamples 100 --quiet "

static int set_up(void **state)
{
    (void)state;
    test_titled_run(1);
    test_file("layout.txt",
              "@shared\nOne of {age}, {gender}.\n@history\n{title}\n@item\n{title}?\n");
    return 0;
}

static void test_cmd_bias__tells_people_as_one_and_as_the_other(void **state)
{
    (void)state;
    test_command(FLIP "--attribute gender --keep $T/keep --drafts", 0,
                 "gender: 3 recommendations for 3 users, each told as one and as the other; what "
                 "the model wrote first");
    test_command(FLIP "--attribute sex --keep $T/keep --drafts --resume --json", 0,
                 "\"view\": \"bias\"");
    test_command("grep -c 'One of [0-9.]*, F' $T/keep/2-F.jsonl", 0, "3");
    test_command("grep -c told_as $T/keep/1-M.jsonl", 0, "3");
    test_command(FLIP "--attribute gender --keep $T/keep --profile hide --resume", 1,
                 "written with other options");
    test_command(FLIP "--attribute gender --keep $T/blind --blind gender --out $T/rows.jsonl", 0,
                 "the prompts do not tell this attribute");
    test_command("grep -c '\"changed\":false' $T/rows.jsonl", 0, "3");
}

static void test_cmd_bias__compares_groups(void **state)
{
    (void)state;
    test_command("$LLMXREC explain $T/recs.jsonl --run $T/run " MODEL " --quiet --template "
                 "$T/layout.txt --out $T/texts.jsonl; $LLMXREC bias --explanations $T/texts.jsonl "
                 "--recs $T/recs.jsonl --run $T/run --resamples 100",
                 0, "40 texts for 40 users; what is sent");
    test_command("$LLMXREC bias --explanations $T/texts.jsonl --recs $T/recs.jsonl --run $T/run "
                 "--resamples 100 --by age --json",
                 0, "\"value\": \"under 18\",\n      \"users\": 3,");
    test_command(
        "for by in age gender; do $LLMXREC bias --explanations $T/texts.jsonl --recs "
        "$T/recs.jsonl --run $T/run --resamples 100 --by $by | grep -c 'Note: no test'; done",
        1, "1\n0\n");
    test_command("(cat $T/texts.jsonl; echo '{\"user\":\"x\",\"item\":\"y\",\"explanation\":\"\"}')"
                 " >$T/more.jsonl; $LLMXREC bias --explanations $T/more.jsonl --recs $T/recs.jsonl "
                 "--run $T/run --resamples 100",
                 3, "there is no recommendation of item 'y' for user 'x'");
}

static void test_cmd_bias__says_what_is_missing(void **state)
{
    (void)state;
    test_command("$LLMXREC bias --run $T/run", 2, "give one of the two");
    test_command("$LLMXREC bias $T/recs.jsonl --explanations $T/recs.jsonl", 2,
                 "give one of the two");
    test_command("$LLMXREC bias --explanations $T/recs.jsonl --recs $T/recs.jsonl --attribute age",
                 2, "--explanations take --by");
    test_command("$LLMXREC bias $T/recs.jsonl --run $T/run " MODEL, 2, "--attribute is missing");
    test_command("$LLMXREC bias $T/recs.jsonl --run $T/run " MODEL " --attribute age", 2,
                 "--keep is missing");
    test_command("$LLMXREC bias --explanations $T/recs.jsonl --run $T/run", 2, "--recs is missing");
    test_command(FLIP "--attribute age --keep $T/age", 2, "'age' holds numbers");
    test_command(FLIP "--attribute age --keep $T/age --by age", 2, "--by goes with --explanations");
    test_command("$LLMXREC bias --explanations $T/recs.jsonl --recs $T/recs.jsonl --keep $T/age", 2,
                 "--keep goes with RECS");
    test_command("$LLMXREC bias --explanations $T/recs.jsonl --recs $T/recs.jsonl --max-users 3", 2,
                 "--max-users goes with RECS");
    test_command("$LLMXREC bias --explanations $T/recs.jsonl --recs $T/recs.jsonl --tries 3", 2,
                 "--tries goes with RECS");
    test_command(FLIP "--attribute job --keep $T/job", 1, "called 'job'; they have age, gender");
}

static void test_explain__blinds_what_it_is_told_to(void **state)
{
    (void)state;
    test_command("$LLMXREC explain $T/recs.jsonl --run $T/run " MODEL " --quiet --max-users 3 "
                 "--template $T/layout.txt --keep-prompts --blind age --blind gender --out - | "
                 "grep -c '\"blind\":\\[\"age\",\"gender\"\\],\"prompt\":\"Zanzibar'",
                 0, "3");
    test_command("$LLMXREC explain $T/recs.jsonl --run $T/run " MODEL " --quiet --max-users 1 "
                 "--template $T/layout.txt --profile hide --blind gender",
                 0, "tells the model nothing of 'gender'");
    test_command("$LLMXREC explain $T/recs.jsonl --run $T/run " MODEL " --blind height", 1,
                 "called 'height'; they have age, gender");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_bias__tells_people_as_one_and_as_the_other),
        cmocka_unit_test(test_cmd_bias__compares_groups),
        cmocka_unit_test(test_cmd_bias__says_what_is_missing),
        cmocka_unit_test(test_explain__blinds_what_it_is_told_to),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
