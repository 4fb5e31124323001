/* What is wrong with the options is told before a model is loaded, and before anything is judged or written with it. */
#include "support/data.h"
#include "support/test.h"

#define BASE "--base $T/no-model.gguf "
#define RUN  "--run $T/run "

static int set_up(void **state)
{
    (void)state;
    test_titled_run(1);
    test_file("pairs.jsonl", "{\"prompt\":\"p\",\"a\":\"x\",\"b\":\"y\",\"label\":\"a\"}\n");
    return 0;
}

static void test_before_model__judge(void **state)
{
    (void)state;
#define TRAIN "$LLMXREC judge train $T/pairs.jsonl --out $T/judge " BASE
#define AUDIT "$LLMXREC judge audit $T/pairs.jsonl " BASE
    test_command(TRAIN, 1, "no-model.gguf");
    test_command(TRAIN "--hold 2", 2, "hold 2: choose");
    test_command(TRAIN "--hold .2", 2, "keeps out nothing");
    test_command(TRAIN "--epochs 0", 2, "epochs 0: choose");
    test_command(TRAIN "--prompt-tokens -5", 2, "prompt-tokens -5: choose");
    test_command(TRAIN "--template $T/run/config.yaml", 1, "must stand there");
    test_command("ls $T/judge", 2, "");
    test_command(AUDIT, 1, "no-model.gguf");
    test_command(AUDIT "--resamples 5", 2, "5 resamples: choose");
    test_command(AUDIT "--prompt-tokens -5", 2, "prompt-tokens -5: choose");
    test_command(AUDIT "--judge $T/run", 1, "is no judge");
    test_command(AUDIT "--judge $T/run --template judge", 2, "leave out the template");
}

static void test_before_model__rerank_and_words(void **state)
{
    (void)state;
#define RERANK "$LLMXREC rerank " RUN BASE
    test_command(RERANK, 1, "no-model.gguf");
    test_command(RERANK "--candidates 1", 2, "1 candidates: choose");
    test_command(RERANK "--history 0", 2, "a history of 0: choose");
    test_command(RERANK "--users -1", 2, "-1 users: choose");
    test_command(RERANK "--resamples 5", 2, "5 resamples: choose");
    test_command("$LLMXREC text-metrics $T/recs.jsonl --resamples 5 " BASE, 2,
                 "5 resamples: choose");
}

static void test_before_model__attributes(void **state)
{
    (void)state;
#define ATTRIBUTES "$LLMXREC attributes " RUN BASE
    test_command(ATTRIBUTES, 1, "no-model.gguf");
    test_command(ATTRIBUTES "--attribute colour", 2, "no column 'colour'");
    test_command(ATTRIBUTES "--asked 0", 2, "0 to ask about: choose");
    test_command(ATTRIBUTES "--max-history 0", 2, "a history of 0: choose");
    test_command(ATTRIBUTES "--resamples 5", 2, "5 resamples: choose");
    test_command(ATTRIBUTES "--domain stars", 2, "no domain 'stars'");
    test_command(ATTRIBUTES "--tuned-on $T/pairs.jsonl", 1, "has no line whose");
}

static void test_before_model__bias(void **state)
{
    (void)state;
#define BIAS "$LLMXREC bias $T/recs.jsonl " RUN BASE "--keep $T/keep "
    test_command(BIAS "--attribute gender", 1, "no-model.gguf");
    test_command(BIAS "--attribute gender --pairs M:X", 2, "nobody in the data has 'X'");
    test_command(BIAS "--attribute age", 2, "'age' holds numbers");
    test_command(BIAS "--attribute job", 1, "called 'job'");
    test_command(BIAS "--attribute gender --resamples 5", 2, "5 resamples: choose");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_model__judge),
        cmocka_unit_test(test_before_model__rerank_and_words),
        cmocka_unit_test(test_before_model__attributes),
        cmocka_unit_test(test_before_model__bias),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
