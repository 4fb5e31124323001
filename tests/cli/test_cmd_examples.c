/* The command examples, as a user sees it. */
#include "support/test.h"

#define DATA " --data tests/golden/gate/movies "
#define REC  "\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[\"heat\"]"
#define GOOD                                                                                       \
    "{" REC ",\"output\":\"You have watched \\\"Heat\\\", so \\\"Casino\\\" may be next.\"}"
#define BAD                                                                                        \
    "{" REC ",\"output\":\"You have watched \\\"Heat\\\", so \\\"Titanic\\\" may be next.\"}"

static void test_cmd_examples__what_make_wrote_can_be_filled_in_and_built(void **state)
{
    (void)state;
    test_needs_program();
    test_command("printf '%s\\n' '{" REC "}' >$T/recs.jsonl; "
                 "$LLMXREC examples make $T/recs.jsonl" DATA "--out $T/todo.jsonl",
                 0, "1 examples to write");
    test_command("$LLMXREC examples check $T/todo.jsonl" DATA, 3, "1 not written yet");
    test_command("sed 's/\"output\":\"\"/\"output\":\"After \\\\\"Heat\\\\\", "
                 "\\\\\"Casino\\\\\" is one for "
                 "you.\"/' $T/todo.jsonl >$T/written.jsonl; "
                 "$LLMXREC examples check $T/written.jsonl" DATA,
                 0, "1 passed, 0 rejected");
    test_command("$LLMXREC examples build $T/written.jsonl" DATA, 0,
                 "\"instruction\":\"Recommended: ");
}

static void test_cmd_examples__check_fails_and_build_falls_short(void **state)
{
    (void)state;
    test_needs_program();
    test_command("printf '%s\\n' '" GOOD "' '" BAD "' >$T/two.jsonl; "
                 "$LLMXREC examples check $T/two.jsonl" DATA,
                 1, "two.jsonl:2: title: ");
    test_command("$LLMXREC examples build $T/two.jsonl" DATA "--out $T/built.jsonl", 3,
                 "1 passed, 1 rejected");
    test_command("wc -l <$T/built.jsonl", 0, "1");
}

static void test_cmd_examples__wrong_words_name_the_right_ones(void **state)
{
    (void)state;
    test_needs_program();
    test_command("$LLMXREC examples chek x.jsonl" DATA, 2, "check");
    test_command("$LLMXREC examples make $T/none.jsonl" DATA, 1, "none.jsonl");
    test_command("$LLMXREC examples check" DATA, 2, "");
    test_command(
        "printf '{\"user\":\"tom\"}\\n' >$T/x.jsonl; $LLMXREC examples check $T/x.jsonl" DATA, 1,
        "x.jsonl:1: ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_examples__what_make_wrote_can_be_filled_in_and_built),
        cmocka_unit_test(test_cmd_examples__check_fails_and_build_falls_short),
        cmocka_unit_test(test_cmd_examples__wrong_words_name_the_right_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
