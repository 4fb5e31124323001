/* The command as people use it: what it says, kill -9 at any moment, bad input, a full disk. */
#include "support/test.h"

#define TUNE                                                                                       \
    "$LLMXREC tune --base tests/golden/llm/qwen2 --precision f32 --chat-template chatml "          \
    "--examples $T/task.jsonl --batch 4 --rank 2 --learning-rate 0.005 --checkpoint-seconds 0 "
#define KILLED (128 + 9)

static int set_up(void **state)
{
    (void)state;
    char text[8000];
    size_t at = 0;
    for (int i = 0; i < 24; i++)
        at += (size_t)snprintf(text + at, sizeof text - at,
                               "{\"instruction\":\"name %d%c\",\"input\":\"\",\"output\":\"it is "
                               "%c%d\",\"user\":\"u%d\"}\n",
                               i, 'a' + i % 7, 'a' + i % 5, i, i / 2);
    test_file("task.jsonl", text);
    return 0;
}

static void test_tune__says_what_came_of_it(void **state)
{
    (void)state;
    test_needs_program();
    test_command(TUNE "--validate-share 0.25 --epochs 3 --out $T/said", 0,
                 "learnt 18 examples in 3 epochs (15 steps");
    test_command("ls $T/said", 0,
                 "adapter_config.json\nadapter_model.safetensors\nconfig.yaml\ncurve.svg\n"
                 "epochs.jsonl\nllmxrec.json\nlog.jsonl\nsamples.jsonl\n");
    test_command("wc -l <$T/said/log.jsonl; wc -l <$T/said/epochs.jsonl; head -1 "
                 "$T/said/epochs.jsonl",
                 0, "15\n4\n{\"epoch\":0,\"loss\":null,\"held_loss\":");
    test_command("wc -l <$T/said/samples.jsonl; head -1 $T/said/samples.jsonl", 0,
                 "12\n{\"epoch\":0,\"line\":");
    test_command(TUNE "--epochs 3 --out $T/said", 2, "holds an adapter; --force replaces it");
    test_command(TUNE "--validate-share 0.25 --epochs 3 --out $T/said --resume", 0,
                 "holds the finished adapter already");
    test_command(TUNE "--validate-share 0.25 --epochs 4 --out $T/said --resume", 1,
                 "was begun with epochs: 3 (now epochs: 4)");
    test_command(TUNE "--validate-share 0.25 --epochs 3 --rank 3 --out $T/said --resume", 1,
                 "(now rank: 3)");
}

static void test_tune__config_is_read_back(void **state)
{
    (void)state;
    test_needs_program();
    test_command(TUNE "--epochs 2 --samples 0 --quiet --out $T/first", 0, "");
    test_command("$LLMXREC tune --config $T/first/config.yaml --quiet --out $T/second", 0, "");
    test_command("cmp $T/first/adapter_model.safetensors $T/second/adapter_model.safetensors && "
                 "cmp $T/first/config.yaml $T/second/config.yaml",
                 0, "");
}

/* The template that all examples name stands beside the adapter, and explain takes it from there. */
static void test_tune__notes_the_template_of_its_examples(void **state)
{
    (void)state;
    test_needs_program();
    test_command("sed 's/}$/,\"template\":\"nowhere.txt\"}/' $T/task.jsonl >$T/of.jsonl; (cat "
                 "$T/of.jsonl; echo '{\"instruction\":\"a\",\"input\":\"\",\"output\":\"b\"}') "
                 ">$T/mixed.jsonl",
                 0, "");
    test_command(TUNE "--examples $T/of.jsonl --epochs 1 --samples 0 --quiet --out $T/noted && cat "
                      "$T/noted/llmxrec.json",
                 0, "{\"template\": \"nowhere.txt\", \"examples\": {\"bytes\": ");
    test_command(TUNE "--examples $T/mixed.jsonl --epochs 1 --samples 0 --quiet --out $T/mixed && "
                      "grep -c template $T/mixed/llmxrec.json",
                 1, "0");
    test_command(
        "echo '{\"user\":\"1\",\"item\":\"2\",\"rank\":1}' >$T/r.jsonl; $LLMXREC explain "
        "$T/r.jsonl --data tests/golden/tiny --base tests/golden/llm/qwen2 --precision f32 "
        "--chat-template chatml --quiet --adapter $T/noted",
        1, "nowhere.txt");
    test_command("echo x >$T/noted/llmxrec.json; $LLMXREC explain $T/r.jsonl --data "
                 "tests/golden/tiny --base tests/golden/llm/qwen2 --adapter $T/noted",
                 1, "noted/llmxrec.json:1: ");
}

#define CURVE                                                                                      \
    TUNE "--examples $T/of.jsonl --validate-share 0.25 --epochs 1 --samples 0 --quiet --curve "    \
         "0,6,12 --recs $T/r.jsonl --data tests/golden/tiny --out $T/gated && cat "                \
         "$T/gated/gate.jsonl && head -c 4 $T/gated/gate.svg"

/* Each adapter of a curve explains the same recommendations; a second call finds all of it done. */
static void test_tune__curve_of_what_passes_the_gate(void **state)
{
    (void)state;
    test_needs_program();
    test_file("short.txt", "@history\n{title}.\n@item\n{title}?\n@fallback\nTry {title}.\n");
    test_command(
        "echo '{\"user\":\"5\",\"item\":\"2\",\"rank\":1}' >$T/r.jsonl; sed "
        "\"s@}\\$@,\\\"template\\\":\\\"$T/short.txt\\\"}@\" $T/task.jsonl >$T/of.jsonl; " CURVE,
        0,
        "{\"examples\":0,\"explained\":1,\"passed\":0,\"evidence_cited\":0}\n"
        "{\"examples\":6,\"explained\":1,\"passed\":0,\"evidence_cited\":0}\n"
        "{\"examples\":12,\"explained\":1,\"passed\":0,\"evidence_cited\":0}\n<svg");
    test_command("sed -i 's/\"evidence\",*//; s/\"fallback\"/\"pass\"/' "
                 "$T/gated/6/explanations.jsonl; " CURVE,
                 0, "{\"examples\":6,\"explained\":1,\"passed\":1,\"evidence_cited\":1}\n");
    test_command(TUNE "--curve 6 --validate-share 0.25 --recs $T/r.jsonl --out $T/no", 2,
                 "--recs and --run (or --data) go together, and with --curve");
    test_command(TUNE "--recs $T/r.jsonl --data tests/golden/tiny --out $T/no", 2,
                 "--recs and --run (or --data) go together, and with --curve");
}

/* Tunes undisturbed, and again killed and resumed until it is done: the same folder. */
static void check_kills(const char *precision)
{
    char line[1000], *out;
    snprintf(line, sizeof line,
             TUNE "--precision %s --validate-share 0.25 --epochs 4 --dropout 0.1 --quiet --out "
                  "$T/whole-%s",
             precision, precision);
    test_command(line, 0, "");
    int kills = 0;
    for (int ms = 40;; ms += 15 + ms % 7) {
        snprintf(line, sizeof line,
                 "timeout -s KILL %d.%03d " TUNE "--precision %s --validate-share 0.25 --epochs 4 "
                 "--dropout 0.1 --quiet --out $T/killed-%s --resume",
                 ms / 1000, ms % 1000, precision, precision);
        const int status = test_shell(line, &out);
        if (status != KILLED && status != 0)
            fail_msg("%s: %d, %s", line, status, out);
        free(out);
        if (status == 0)
            break;
        assert_true(kills++ < 200);
    }
    assert_true(kills >= 2);
    snprintf(line, sizeof line,
             "for d in whole killed; do sed -i 's/,\"tokens_per_s.*//' $T/$d-%s/log.jsonl; done; "
             "diff -r $T/whole-%s $T/killed-%s",
             precision, precision, precision);
    test_command(line, 0, ""); /* no temporary file is left either */
}

static void test_tune__killed_and_resumed(void **state)
{
    (void)state;
    test_needs_program();
    check_kills("f32");
    check_kills("auto");
}

static void test_tune__interrupted_says_how_to_go_on(void **state)
{
    (void)state;
    test_needs_program();
    test_command(TUNE "--epochs 5000 --samples 0 --quiet --out "
                      "$T/stopped & pid=$!; while ! test -s $T/stopped/log.jsonl; do :; done; "
                      "kill -INT $pid; wait $pid",
                 130, "the same command with --resume goes on from there");
    test_command("ls $T/stopped", 0, "checkpoint\n");
}

static void test_tune__bad_input_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        int status;
        const char *says;
    } cases[] = {
        {TUNE "--out $T/bad --schedule cosin", 2, "did you mean 'cosine'?"},
        {TUNE "--out $T/bad --memory lots", 2, "--memory takes a size like 900M or 2G, not 'lots'"},
        {TUNE "--out $T/bad --memory 1K", 1, ""},
        {TUNE "--out $T/bad --target x", 2, "target 'x': not one of"},
        {TUNE "--out $T/bad --epochs 0", 2, "epochs 0: choose"},
        {TUNE "--out $T/bad --init tests/golden/llm/qwen3/adapter --rank 4", 1, "lora_"},
        {TUNE "--out $T/bad --validate $T/task.jsonl", 1, "task.jsonl:1: this prompt is also in "},
        {TUNE "--out $T/bad --examples $T/nowhere.jsonl", 1, "nowhere.jsonl"},
        {"echo '{\"instruction\":\"a\"}' >$T/e.jsonl; " TUNE "--out $T/bad --examples $T/e.jsonl",
         1, "e.jsonl:1: the field \"input\" is missing"},
        {"(head -2 $T/task.jsonl; head -1 $T/task.jsonl) >$T/e.jsonl; " TUNE
         "--out $T/bad --examples $T/e.jsonl",
         1, "e.jsonl:3: the same example as in line 1"},
        {TUNE "--out $T/bad --learning-rate 1e30", 1, "lower --learning-rate (now 1e+30)"},
    };
    test_needs_program();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        test_command(cases[i].command, cases[i].status, cases[i].says);
}

static void test_tune__full_disk_resumes_to_the_same_bytes(void **state)
{
    (void)state;
    test_needs_program();
    if (test_shell("mkdir $T/disk && mount -t tmpfs -o size=16k tmpfs $T/disk", NULL) != 0)
        skip();
    test_command(TUNE "--epochs 2 --quiet --out $T/roomy", 0, "");
    int stops = 0;
    for (int kb = 16, status = 1; status != 0; kb += 16) {
        char line[1000], *out;
        snprintf(line, sizeof line,
                 "mount -o remount,size=%dk $T/disk; " TUNE
                 "--epochs 2 --quiet --out $T/disk/run --resume",
                 kb);
        status = test_shell(line, &out);
        if (status != 0) {
            assert_int_equal(status, 1);
            assert_contains(out, "No space left on device");
            assert_true(stops++ < 40);
        }
        free(out);
    }
    assert_true(stops >= 2);
    test_command(
        "for d in roomy disk/run; do sed -i 's/,\"tokens_per_s.*//' $T/$d/log.jsonl; done; "
        "diff -r $T/roomy $T/disk/run; status=$?; umount $T/disk; exit $status",
        0, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tune__says_what_came_of_it),
        cmocka_unit_test(test_tune__config_is_read_back),
        cmocka_unit_test(test_tune__notes_the_template_of_its_examples),
        cmocka_unit_test(test_tune__curve_of_what_passes_the_gate),
        cmocka_unit_test(test_tune__killed_and_resumed),
        cmocka_unit_test(test_tune__interrupted_says_how_to_go_on),
        cmocka_unit_test(test_tune__bad_input_is_named),
        cmocka_unit_test(test_tune__full_disk_resumes_to_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
