/* kill -9 at any moment of train and explain, after which --resume ends in the bytes of an undisturbed run. */
#include "support/data.h"
#include "support/test.h"

#define TRAIN "$LLMXREC train --data $T/kill.inter --patience 0 --quiet --checkpoint-seconds 0.002 "
#define EXPLAIN                                                                                    \
    "$LLMXREC explain $T/recs.jsonl --data tests/golden/tiny --base tests/golden/llm/qwen2 "       \
    "--precision f32 --chat-template chatml --quiet --max-tokens 24 --template $T/short.txt "      \
    "--max-history 2 --evidence 1 "
#define KILLED (128 + 9)

/* Runs the command again and again, each time a little longer, until it ends by itself; returns the kills. */
static int kill_until_done(const char *command, int first_ms, int more_ms)
{
    for (int kills = 0; kills < 200; kills++) {
        char line[1024], *out;
        const int ms = first_ms + kills * more_ms + kills * 7919 % 13;
        snprintf(line, sizeof line, "timeout -s KILL %d.%03d %s", ms / 1000, ms % 1000, command);
        const int status = test_shell(line, &out);
        if (status != KILLED) {
            if (status != 0)
                fail_msg("%s: %d, %s", line, status, out);
            free(out);
            return kills;
        }
        free(out);
    }
    fail_msg("%s never ended", command);
    return 0;
}

/* Models of each kind, small enough for some hundred epochs a second. */
static void test_train__killed_and_resumed(void **state)
{
    (void)state;
    static const char *const models[] = {
        "bpr --dim 16 --epochs 100", "lightgcn --dim 16 --epochs 40", "ials --dim 16 --epochs 40",
        "sasrec --dim 8 --inner 8 --layers 1 --max-length 12 --epochs 24",
        "gru4rec --dim 8 --inner 8 --max-length 12 --epochs 24"};
    test_needs_program();
    test_interactions("kill.inter", 150, 60, 20, 4);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        char command[400];
        snprintf(command, sizeof command, TRAIN "--out $T/whole --force --model %s", models[m]);
        test_command(command, 0, "");
        snprintf(command, sizeof command,
                 TRAIN "--out $T/killed --resume --model %s; s=$?; "
                       "test ! -e $T/killed/checkpoint || echo >>$T/to-go-on-from; exit $s",
                 models[m]);
        if (kill_until_done(command, 5, 5) < 2)
            fail_msg("%s was not killed twice", models[m]);
        test_command("diff -r $T/whole $T/killed", 0, ""); /* nor is a temporary file left */
        test_command("test -s $T/to-go-on-from && rm -r $T/killed $T/to-go-on-from", 0, "");
    }
}

static void test_explain__killed_and_resumed(void **state)
{
    (void)state;
    test_needs_program();
    test_file("short.txt", "@history\n{n}: {title}\n@item\nWhy {title}?\n@evidence\n- {title}\n"
                           "@fallback\nYou took {evidence}, so you may like {title}.\n");
    test_command(
        "$LLMXREC train --data tests/golden/tiny --out $T/run --epochs 3 --dim 8 --quiet && "
        "$LLMXREC recommend $T/run --top 3 --quiet --out $T/recs.jsonl && " EXPLAIN
        "--out $T/whole.jsonl",
        0, "");
    const int kills = kill_until_done(EXPLAIN "--out $T/killed.jsonl --resume", 10, 10);
    assert_true(kills >= 2);
    test_command("cmp $T/whole.jsonl $T/killed.jsonl", 0, "");
    test_command("ls $T/killed.jsonl*", 0, "killed.jsonl\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train__killed_and_resumed),
        cmocka_unit_test(test_explain__killed_and_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
