/* The command judge, as a user sees it: from explanations to pairs, a judge of one's own, and what is said of it. */
#include "support/data.h"
#include "support/http_server.h"
#include "support/test.h"

#define RUN   "--recs $T/recs.jsonl --run $T/run "
#define MODEL "--base tests/golden/llm/qwen2 --chat-template chatml --precision f32 --quiet "
#define PAIRS "$T/pairs.jsonl "

/* Twenty prompts with a pair each; the better one is "good", and alternately a and b. */
static const char make_pairs[] =
    "for i in $(seq 20); do printf '{\"prompt\":\"film %d\",\"a\":\"%s %d\",\"b\":\"%s %d\","
    "\"label\":\"%s\",\"system_a\":\"x\",\"system_b\":\"y\"}\\n' $i "
    "$(if [ $((i % 2)) = 0 ]; then echo good $i weak $i a; else echo weak $i good $i b; fi); done "
    ">" PAIRS;

static int set_up(void **state)
{
    (void)state;
    test_titled_run(1);
    test_command(
        "sed 's/\"item\":\"i\\([^\"]*\\)\",\"rank.*evidence\":.{\"item\":\"i\\([^\"]*\\)\".*/"
        "\"item\":\"i\\1\",\"explanation\":\"You chose \\\\\"Zanzibar \\2\\\\\", so "
        "\\\\\"Zanzibar \\1\\\\\" is for you.\"}/' $T/recs.jsonl >$T/ours.jsonl && "
        "sed 's/You chose/We know that you chose/' $T/ours.jsonl >$T/theirs.jsonl",
        0, "");
    test_file("layout.txt", "{first} / {second}\n");
    test_file("single.txt", "{text}\n");
    test_command(make_pairs, 0, "");
    return 0;
}

static void test_cmd_judge__tunes_a_judge_and_audits_it(void **state)
{
    (void)state;
    test_command("$LLMXREC judge train " PAIRS MODEL "--out $T/judge --template $T/layout.txt "
                 "--hold .2 --epochs 30 --learning-rate .01 && wc -l <$T/judge/held.jsonl",
                 0, "4");
    test_command("$LLMXREC judge audit $T/judge/held.jsonl " MODEL
                 "--judge $T/judge --out $T/judged.jsonl --json",
                 0, "\"view\": \"judge audit\"");
    test_command("grep -c verdict $T/judged.jsonl", 0, "4");
    test_command("$LLMXREC judge audit $T/judged.jsonl", 0, "4 labelled pairs");
    test_command("$LLMXREC judge compare $T/judged.jsonl --json", 0, "\"view\": \"judge compare\"");
    test_command("$LLMXREC judge train " PAIRS MODEL "--out $T/judge --quiet", 2, "--force");
}

static void test_cmd_judge__compares_files(void **state)
{
    (void)state;
    test_command("$LLMXREC judge compare $T/ours.jsonl $T/theirs.jsonl " MODEL
                 "--out $T/compared.jsonl --figures $T/figures.jsonl",
                 0, "theirs");
    test_command("grep -c win_score $T/figures.jsonl", 0, "80");
    test_command("grep -c '\"system_a\":\"ours\",\"system_b\":\"theirs\"' $T/compared.jsonl", 0,
                 "40");
    test_command("head -30 $T/theirs.jsonl >$T/few.jsonl; "
                 "$LLMXREC judge compare $T/ours.jsonl $T/few.jsonl " MODEL,
                 1, "few.jsonl");
}

static void test_cmd_judge__spoils_explanations(void **state)
{
    (void)state;
    test_command("$LLMXREC judge sanity $T/ours.jsonl " RUN "--out $T/spoilt.jsonl", 3,
                 "5 explanations do not pass the gate");
    test_command("grep -c '\"good\"' $T/spoilt.jsonl", 0, "210");
    test_command("$LLMXREC judge sanity $T/ours.jsonl " RUN MODEL
                 "--limit 3 --template $T/single.txt",
                 3, "right in both orders");
    test_command("$LLMXREC judge train $T/ours.jsonl --synthetic " RUN MODEL
                 "--out $T/synthetic --limit 6 --epochs 1 --template $T/single.txt",
                 3, "");
    test_command("grep -c Zanzibar $T/synthetic/examples.jsonl", 0, "");
    test_command("$LLMXREC judge sanity $T/ours.jsonl " MODEL, 2, "--recs");
    test_command("$LLMXREC judge sanity $T/ours.jsonl " RUN, 2, "nothing to do");
}

static void test_cmd_judge__says_what_is_wrong(void **state)
{
    (void)state;
    test_command("sed 's/,\"label\":\"[ab]\"//' " PAIRS ">$T/bare.jsonl; "
                 "$LLMXREC judge train $T/bare.jsonl " MODEL "--out $T/none",
                 1, "no pair to learn from: of 20, 20 have no label");
    test_command("$LLMXREC judge audit $T/bare.jsonl " MODEL "--template $T/layout.txt", 1,
                 "label");
    test_command("$LLMXREC judge audit " PAIRS, 1, "say who judges them (--base MODEL)");
    test_command("for l in a b; do printf '{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\","
                 "\"label\":\"%s\"}\n' $l; done >$T/level.jsonl; $LLMXREC judge train "
                 "$T/level.jsonl " MODEL "--out $T/level --template $T/single.txt",
                 1, "every text is as often the worse one as the better");
    test_command("test -z \"$(ls -A $T/level)\"", 0, "");
    test_command("grep '\"label\":\"b\"' " PAIRS ">$T/one.jsonl; $LLMXREC judge train $T/one.jsonl "
                 "--base tests/golden/llm/qwen2 --chat-template chatml --template $T/layout.txt "
                 "--out $T/one --epochs 1",
                 0, "all labels are \"b\"");
    test_command("$LLMXREC judge audit " PAIRS "--judge $T/judge", 2, "--base");
    test_command("$LLMXREC judge train " PAIRS, 2, "--base MODEL --out DIR");
    test_command("$LLMXREC judge audit " PAIRS PAIRS, 2, "audit takes one file, not 2");
    test_command("$LLMXREC judge weigh " PAIRS, 2, "there is no 'weigh'");
    test_command("$LLMXREC judge audit " PAIRS MODEL "--template $T/run/config.yaml", 1,
                 "must stand there once");
}

/* ---- a server ---- */

static void answer(void *context, int number, const char *request, char *response,
                   unsigned long size)
{
    (void)context, (void)number;
    const char *first = strstr(request, "Explanation 1:\\n");
    snprintf(response, size,
             "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
             "{\"data\":[{\"id\":\"wise\"}],\"choices\":[{\"message\":{\"content\":\"%s\"}}]}",
             strstr(request, "film 7")   ? "neither"
             : first && first[16] == 'g' ? "1"
                                         : "2");
}

static void test_cmd_judge__asks_a_server(void **state)
{
    (void)state;
    struct http_server *server = http_server_start(answer, NULL);
    char command[512];
    snprintf(command, sizeof command,
             "$LLMXREC judge audit " PAIRS "--base %s/v1 --out $T/told.jsonl",
             http_server_url(server));
    test_command(command, 3, "2 of 40 answers are neither 1, 2 nor tie: not judged");
    test_command("grep -c '\"p_a_first\"' $T/told.jsonl", 0, "19");
    snprintf(command, sizeof command, "$LLMXREC judge audit " PAIRS "--base %s/v1 --judge $T/judge",
             http_server_url(server));
    test_command(command, 2, "--judge is for a model here");
    snprintf(command, sizeof command,
             "$LLMXREC judge audit " PAIRS "--base %s/v1 --template single",
             http_server_url(server));
    test_command(command, 2, "{text} is for a model here");
    http_server_stop(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_judge__tunes_a_judge_and_audits_it),
        cmocka_unit_test(test_cmd_judge__compares_files),
        cmocka_unit_test(test_cmd_judge__spoils_explanations),
        cmocka_unit_test(test_cmd_judge__says_what_is_wrong),
        cmocka_unit_test(test_cmd_judge__asks_a_server),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
