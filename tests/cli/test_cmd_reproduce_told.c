/* The step bias-told of the command reproduce: who has it, that it is measured, shown and counted in the budget. */
#include "support/data.h"
#include "support/test.h"

#define REPRODUCE "$LLMXREC reproduce $T/told.yaml --out $T/out --resamples 100 "

/* Four systems: the tiny model as it is, tuned on examples of no layout and of one that does not tell who a person is, nobody. */
static int set_up(void **state)
{
    (void)state;
    test_titled_run(1);
    test_command(
        "for i in $(seq 12); do echo \"{\\\"instruction\\\":\\\"q$i\\\",\\\"input\\\":\\\"\\\","
        "\\\"output\\\":\\\"because $i\\\"}\"; done >$T/paper.jsonl; "
        "sed 's/{/{\"template\":\"reasons\",/' $T/paper.jsonl >$T/ours.jsonl; "
        "cp -r tests/golden/llm/qwen2 $T; "
        "sed -i '/max_position/s/256/2048/' $T/qwen2/config.json; printf 'base: %s"
        "\nchat_template: chatml\ndata: {made: {path: %s}}\nrecommenders: {itemknn: {}}\n"
        "systems:\n  untuned: {}\n  paper: {examples: %s}\n  ours: {examples: %s}\n  evidence: "
        "{plain: true}\nusers: 60\nepochs: 1\n' $T/qwen2 $T/made.inter $T/paper.jsonl "
        "$T/ours.jsonl >$T/told.yaml",
        0, "");
    return 0;
}

static void test_cmd_reproduce__tells_as_the_other_where_prompts_tell(void **state)
{
    (void)state;
    test_command(REPRODUCE "--dry-run 2>&1 | grep -o 'bias-told.*'", 0,
                 "bias-told made itemknn untuned\nbias-told made itemknn paper\n");
    test_command(REPRODUCE "--dry-run 2>&1 | grep -c bias-told", 0, "2\n");
    test_command("sed -i.with 's/gender:token/taste:token/' $T/made.user; " REPRODUCE
                 "--dry-run 2>&1 | grep -c bias-told; mv $T/made.user.with $T/made.user",
                 0, "0\n");
    test_command("sed -i.with 's/M$/F/' $T/made.user; " REPRODUCE
                 "--dry-run 2>&1 | grep -c bias-told; mv $T/made.user.with $T/made.user",
                 0, "0\n");
}

static void test_cmd_reproduce__measures_both_tellings(void **state)
{
    (void)state;
    test_command(REPRODUCE "--budget 0.01s", 0, "Cut to fit the budget: 4 of 60 users.");
    test_command("grep -c '\"told_seconds_per_user\": 0.0,' $T/out/plan-*.json", 1, "0\n");
    test_command("ls $T/out/steps/bias-told-made-itemknn-untuned-*/texts", 0,
                 "1-M.jsonl\n2-F.jsonl\npairs.jsonl\n");
    test_command("cat $T/out/results/bias-told-made-itemknn-untuned.json", 0,
                 "\"drafts\": true,\n  \"texts\": 4,");
    test_command("cat $T/out/report.html", 0, "<span class=\"name\"><bdi>untuned</bdi></span>");
}

/* A step that was killed goes on with the texts that are there, by a plan that knew nothing of it. */
static void test_cmd_reproduce__goes_on_with_tellings(void **state)
{
    (void)state;
    test_command("cp $T/out/results.json $T/first.json; cd $T/out; sed -i /told_seconds/d "
                 "plan-*.json; rm steps/bias-told-made-itemknn-paper-*/done "
                 "steps/bias-told-made-itemknn-paper-*/texts/2-F.jsonl",
                 0, "");
    test_command(REPRODUCE "--budget 0.01s 2>&1 | grep -v 'is there' | grep '^\\['", 0,
                 "bias-told made itemknn paper: ");
    test_command("sed /told_seconds/d $T/first.json | cmp - $T/out/results.json", 0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_reproduce__tells_as_the_other_where_prompts_tell),
        cmocka_unit_test(test_cmd_reproduce__measures_both_tellings),
        cmocka_unit_test(test_cmd_reproduce__goes_on_with_tellings),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
