/* The command gate, as a user sees it, and --gate everywhere. */
#include "support/test.h"

#define DATA " --data tests/golden/gate/movies "
#define REC  "\"user\":\"tom\",\"item\":\"casino\",\"evidence\":[\"heat\"]"
#define LINE(TEXT)                                                                                 \
    "printf '%s\\n' '{" REC "}' >$T/recs.jsonl; "                                                  \
    "printf '%s\\n' '{\"user\":\"tom\",\"item\":\"casino\",\"explanation\":\"" TEXT                \
    "\"}' >$T/texts.jsonl; "
#define GATE     "$LLMXREC gate $T/texts.jsonl --recs $T/recs.jsonl" DATA
#define PLAIN    "You watched \\\"Heat\\\", so you may like \\\"Casino\\\"."
#define GRIPPING "You watched \\\"Heat\\\", so \\\"Casino\\\" is a gripping pick."

static void test_cmd_gate__strict_lets_only_licensed_words_through(void **state)
{
    (void)state;
    test_needs_program();
    test_command(LINE(GRIPPING) GATE, 0, "1 explanations, 1 passed");
    test_command(LINE(GRIPPING) GATE "--gate standard", 0, "1 explanations, 1 passed");
    test_command(LINE(GRIPPING) GATE "--gate strict", 0,
                 "[{\"check\":\"word\",\"span\":\"gripping\"}]");
    test_command(LINE(PLAIN) GATE "--gate strict", 0, "1 explanations, 1 passed");
    test_command(LINE(PLAIN) GATE "--gate strikt", 2, "did you mean 'strict'?");
}

static void test_cmd_gate__examples_are_held_to_it_too(void **state)
{
    (void)state;
    test_needs_program();
    test_command("printf '%s\\n' '{" REC ",\"output\":\"" GRIPPING "\"}' >$T/x.jsonl; "
                 "$LLMXREC examples check $T/x.jsonl" DATA,
                 0, "1 passed, 0 rejected");
    test_command("$LLMXREC examples check $T/x.jsonl" DATA "--gate strict", 1,
                 "x.jsonl:1: word: gripping");
}

static void test_cmd_gate__judges_what_follows_the_thinking(void **state)
{
    (void)state;
    test_needs_program();
    test_command(LINE("<think>\\nTitanic?\\n</think>\\n" PLAIN) GATE, 0,
                 "\"explanation\":\"" PLAIN "\",\"gate\":{\"verdict\":\"pass\"");
    test_command(LINE("<think>" PLAIN) GATE, 0, "\"explanation\":\"\",\"gate\":{\"verdict\":\"re");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_gate__strict_lets_only_licensed_words_through),
        cmocka_unit_test(test_cmd_gate__examples_are_held_to_it_too),
        cmocka_unit_test(test_cmd_gate__judges_what_follows_the_thinking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
