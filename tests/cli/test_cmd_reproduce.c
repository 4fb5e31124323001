/* The command reproduce: steps are done once, whatever was interrupted or changed, and errors have their line. */
#include "support/data.h"
#include "support/test.h"

#define REPRODUCE "$LLMXREC reproduce $T/small.yaml --out $T/out --resamples 100 "

/* 40 people and two recommenders; reasons without a language model, so that `base` may be any file. */
static int set_up(void **state)
{
    (void)state;
    char command[1600];
    test_needs_program();
    snprintf(command, sizeof command,
             "for i in $(seq 0 29); do printf 'i%%s\\tZanzibar %%s\\n' $i $i; done | "
             "sed '1i item_id:token\\tmovie_title:token_seq' >$T/made.item; ls %s >/dev/null; "
             "printf 'base: %%s\\ndata:\\n  made:\\n    path: %%s\\n  gone:\\n    path: %%s\\n"
             "recommenders:\\n  itemknn: {}\\n  bpr: {epochs: 2, dim: 8}\\nsystems:\\n"
             "  evidence: {plain: true}\\nusers: 30\\n' $T/made.item $T/made.inter $T/gone "
             ">$T/small.yaml",
             test_interactions("made.inter", 40, 30, 12, 5));
    test_command(command, 0, "");
    return 0;
}

static void test_cmd_reproduce__lists_steps_without_doing_any(void **state)
{
    (void)state;
    test_command(REPRODUCE "--dry-run", 0, "[1/18] train made itemknn\n");
    test_command(REPRODUCE "--dry-run", 0, "left out: gone (");
    test_command("ls $T/out", 2, "No such file");
}

static void test_cmd_reproduce__does_each_step_once(void **state)
{
    (void)state;
    test_command(REPRODUCE, 0, "[18/18] text-metrics made bpr evidence: ");
    test_command("cp $T/out/results.json $T/first.json; " REPRODUCE, 0,
                 "[1/18] train made itemknn: is there");
    test_command(REPRODUCE "2>&1 | grep -c 'is there'", 0, "18");
    test_command("cmp $T/first.json $T/out/results.json", 0, "");
    test_command(REPRODUCE, 0, "made        itemknn     evidence");
    test_command(REPRODUCE "--json", 0, "\"view\": \"reproduce\"");
    test_command("wc -l <$(ls $T/out/steps/explain-made-bpr-evidence-*/explanations.jsonl)", 0,
                 "30");
}

/* What a killed step left is not taken for its product, and what does not depend on a change stays. */
static void test_cmd_reproduce__does_again_what_is_missing_or_changed(void **state)
{
    (void)state;
    test_command("rm $T/out/steps/explain-made-bpr-*/done; echo half "
                 ">$(ls $T/out/steps/explain-made-bpr-*/explanations.jsonl); " REPRODUCE
                 "2>&1 | grep -c 'is there'",
                 0, "17");
    test_command("cmp $T/first.json $T/out/results.json", 0, "");
    test_command("sed -i 's/users: 30/users: 20/' $T/small.yaml; " REPRODUCE
                 "2>&1 | grep 'is there'",
                 0, "[4/18] recommend made bpr: is there");
    test_command(REPRODUCE "2>&1 | grep -c 'is there'; ls -d $T/out/steps/choose-* | wc -l", 0,
                 "18\n4");
    test_command("sed -i 's/dim: 8/dim: 4/' $T/small.yaml; " REPRODUCE "2>&1 | grep -c 'is there'",
                 0, "9");
}

static void test_cmd_reproduce__fits_users_to_a_budget(void **state)
{
    (void)state;
    test_command(REPRODUCE "--budget 1h", 0, "measured: made evidence takes ");
    test_command("cat $T/out/plan-*.json", 0, "\"budget_s\": 3600.0,\n \"users\": 20,");
    test_command("cat $T/out/plan-*.json", 0, "\"told_seconds_per_user\": 0.0,");
    test_command(REPRODUCE "--budget 1h --quiet | grep -c measured", 1, "0");
    test_command(REPRODUCE "--budget 0.01s", 0, "Cut to fit the budget: 4 of 20 users.");
}

static void test_cmd_reproduce__says_what_is_wrong_and_where(void **state)
{
    (void)state;
    test_command("sed 's/users: 20/user: 20/' $T/small.yaml >$T/wrong.yaml; $LLMXREC reproduce "
                 "$T/wrong.yaml --out $T/wrong",
                 2, "wrong.yaml:12: user is nothing that may be said here");
    test_command("sed 's/plain: true/plain: maybe/' $T/small.yaml >$T/wrong.yaml; $LLMXREC "
                 "reproduce $T/wrong.yaml --out $T/wrong",
                 2, "wrong.yaml:11: plain is true or false");
    test_command("sed 's/dim: 4/dims: 4/' $T/small.yaml >$T/wrong.yaml; $LLMXREC reproduce "
                 "$T/wrong.yaml --out $T/wrong",
                 2, "wrong.yaml:9: ");
    test_command("sed 's/plain: true/plain: true, adapter: a/' $T/small.yaml >$T/wrong.yaml; "
                 "$LLMXREC reproduce $T/wrong.yaml --out $T/wrong",
                 2, "wrong.yaml:11: evidence is one of: tuned on examples");
    test_command("{ cat $T/small.yaml; echo 'data: {more: {path: a}}'; } >$T/wrong.yaml; $LLMXREC "
                 "reproduce $T/wrong.yaml --out $T/wrong",
                 2, "'data' is there twice, first in line");
    test_command("sed 's/made.inter/gone.inter/' $T/small.yaml >$T/wrong.yaml; $LLMXREC reproduce "
                 "$T/wrong.yaml --out $T/wrong",
                 1, "none of its data sets is there");
    test_command("echo 'users: 3' >$T/wrong.yaml; $LLMXREC reproduce $T/wrong.yaml --out $T/wrong",
                 2, "an experiment has base, data, recommenders and systems");
    test_command(REPRODUCE "--budget soon", 2, "--budget takes 90s, 20m or 2h, not 'soon'");
}

/* Tuned, judged, explained and reranked by a tiny model that writes nonsense: that every step works, not what comes of it. */
static void test_cmd_reproduce__tunes_explains_and_judges(void **state)
{
    (void)state;
    test_command(
        "for i in $(seq 12); do echo \"{\\\"instruction\\\":\\\"q$i\\\",\\\"input\\\":\\\"\\\","
        "\\\"output\\\":\\\"because $i\\\"}\"; done >$T/examples.jsonl; for i in $(seq 20); do "
        "echo "
        "\"{\\\"prompt\\\":\\\"p$i\\\",\\\"a\\\":\\\"good $i\\\",\\\"b\\\":\\\"bad "
        "$i\\\",\\\"label\\\":\\\"a\\\"}\"; done >$T/pairs.jsonl; cp -r tests/golden/llm/qwen2 $T; "
        "sed -i '/max_position/s/256/1024/' $T/qwen2/config.json; printf 'base: %s"
        "\nchat_template: chatml\njudge: %s\ndata:\n  made: {path: "
        "%s}\nrecommenders: {itemknn: {}}\nsystems:\n  untuned: {}\n  tuned: {examples: %s}\n  "
        "evidence: {plain: true}\nusers: 5\nepochs: 1\n' $T/qwen2 $T/pairs.jsonl $T/made.inter "
        "$T/examples.jsonl >$T/whole.yaml; $LLMXREC reproduce $T/whole.yaml --out $T/whole "
        "--resamples 100 --budget 1s",
        0, "made        itemknn     tuned");
    test_command("ls $T/whole/results", 0,
                 "explain-made-itemknn-evidence.jsonl\nexplain-made-itemknn-tuned.jsonl");
    test_command("ls $T/whole/results", 0,
                 "judge-audit.json\njudge-compare-made-itemknn.json\nlint-");
    test_command("ls $T/whole/results $T/whole/report.html", 0, "rerank-made-itemknn.json");
    test_command("cat $T/whole/results/attributes-made-itemknn.json", 0, "\"candidates\"");
    test_command("cat $T/whole/report.html", 0, "Attributes foretold");
    test_command("cat $T/whole/results/explain-made-itemknn-untuned.jsonl | grep -c rejected", 1,
                 "0");
    /* of fewer pairs the judge is another, and the rest is there */
    test_command("{ cat $T/whole.yaml; echo 'pairs: 6'; } >$T/few.yaml; $LLMXREC reproduce "
                 "$T/few.yaml --out $T/whole --resamples 100 2>&1 >/dev/null | grep ']'",
                 0, "judge-train:");
    test_command("cat $T/whole/plan-*.json", 0, "\"pairs\": 6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_reproduce__lists_steps_without_doing_any),
        cmocka_unit_test(test_cmd_reproduce__does_each_step_once),
        cmocka_unit_test(test_cmd_reproduce__does_again_what_is_missing_or_changed),
        cmocka_unit_test(test_cmd_reproduce__fits_users_to_a_budget),
        cmocka_unit_test(test_cmd_reproduce__tunes_explains_and_judges),
        cmocka_unit_test(test_cmd_reproduce__says_what_is_wrong_and_where),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
