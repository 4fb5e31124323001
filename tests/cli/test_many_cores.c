/* Machines with more cores than the library takes: default runs work there, to the same bytes, and --threads holds. */
#include "base/threads.h"
#include "support/test.h"

#define TINY  "tests/golden/tiny"
#define MODEL "tests/golden/llm/llama-tied"

static void test_threads__are_decided_in_one_place(void **state)
{
    (void)state;
    struct llmx_error err;
    setenv("LLMX_CORES", "512", 1);
    assert_int_equal(threads_meant(0, &err), THREADS_MAX);
    assert_int_equal(threads_meant(7, &err), 7);
    setenv("LLMX_CORES", "3", 1);
    assert_int_equal(threads_meant(0, &err), 3);
    unsetenv("LLMX_CORES");
    assert_in_range(threads_meant(0, &err), 1, THREADS_MAX);
    assert_int_equal(threads_meant(THREADS_MAX + 1, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "257 threads: choose 1 to 256");
    assert_int_equal(threads_meant(-1, NULL), -1);
}

static void same(const char *command)
{
    char line[1024];
    test_needs_program();
    snprintf(line, sizeof line,
             "for LLMX_CORES in 2 512; do export LLMX_CORES; O=$T/$LLMX_CORES; mkdir -p $O; %s || "
             "exit 1; done; diff -r $T/2 $T/512 && echo same; rm -r $T/2 $T/512",
             command);
    test_command(line, 0, "same\n");
}

static void test_many_cores__train_and_recommend_alike(void **state)
{
    (void)state;
    same("for m in ease 'bpr --epochs 2' 'sasrec --epochs 1'; do "
         "$LLMXREC train --data " TINY " --model $m --out $O/run --force --quiet && "
         "$LLMXREC recommend $O/run --out $O/recs.jsonl --quiet && "
         "$LLMXREC evaluate $O/run --json --out $O/metrics.json --quiet; done");
}

static void test_many_cores__write_and_score_alike(void **state)
{
    (void)state;
    same("echo '{\"text\":\"one two\",\"prompt\":\"one two\"}' >$T/in.jsonl; "
         "$LLMXREC score --base " MODEL " $T/in.jsonl --out $O/scores.jsonl --quiet && "
         "$LLMXREC generate --base " MODEL
         " $T/in.jsonl --max-tokens 8 --out $O/texts.jsonl --quiet");
}

/* Not to the same bytes: what a thread adds up is added in another order (docs/tuning.md). */
static void test_many_cores__tune(void **state)
{
    (void)state;
    test_needs_program();
    test_command("echo '{\"instruction\":\"say\",\"input\":\"one\",\"output\":\"two\"}' "
                 ">$T/examples.jsonl; LLMX_CORES=512 $LLMXREC tune --base " MODEL
                 " --examples $T/examples.jsonl --epochs 1 --samples 0 --chat-template chatml "
                 "--out $T/adapter --quiet && ls $T/adapter",
                 0, "adapter_model.safetensors");
}

static void test_many_cores__too_many_threads_are_refused_everywhere(void **state)
{
    (void)state;
    test_needs_program();
    test_command("$LLMXREC split " TINY " --threads 257 --out $T/split.tsv", 2, "257 threads");
    test_command("$LLMXREC train --data " TINY " --model pop --threads 257 --out $T/pop", 2,
                 "257 threads");
    test_command("echo '{\"text\":\"a\"}' | $LLMXREC score --base " MODEL " --threads 257", 2,
                 "257 threads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads__are_decided_in_one_place),
        cmocka_unit_test(test_many_cores__train_and_recommend_alike),
        cmocka_unit_test(test_many_cores__write_and_score_alike),
        cmocka_unit_test(test_many_cores__tune),
        cmocka_unit_test(test_many_cores__too_many_threads_are_refused_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
