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
    test_command(RERANK "$T/none.jsonl --out $T/o", 1, "cannot open");
    test_command(RERANK "$T/pairs.jsonl --out $T/o", 1, "pairs.jsonl:1: no \"user\"");
    test_command("mkdir $T/bare && cp $T/made.inter $T/bare/bare.inter && $LLMXREC train --data "
                 "$T/bare --model pop --out $T/bare/run --quiet && $LLMXREC rerank --run "
                 "$T/bare/run " BASE,
                 1, "the items have no titles");
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

static void test_before_model__explain(void **state)
{
    (void)state;
#define EXPLAIN "$LLMXREC explain $T/recs.jsonl " RUN BASE
    test_command(EXPLAIN, 1, "no-model.gguf");
    test_command(EXPLAIN "--tries 0", 2, "tries 0: choose");
    test_command(EXPLAIN "--max-tokens 0", 2, "max-tokens 0: choose");
    test_command(EXPLAIN "--words 5", 2, "words 5: choose");
    test_command(EXPLAIN "--evidence 0", 2, "evidence 0: choose");
    test_command(EXPLAIN "--max-history -1", 2, "max-history -1: choose");
    test_command(EXPLAIN "--temperature -1", 2, "temperature -1: choose");
    test_command(EXPLAIN "--top-p 2", 2, "top-p 2: choose");
    test_command(EXPLAIN "--domain stars", 2, "no domain 'stars'");
    test_command(EXPLAIN "--template $T/none.txt", 1, "none.txt");
    test_command(EXPLAIN "--blind job", 1, "'job'");
    test_command(EXPLAIN "--max-users -1", 2, "max-users -1: choose");
    test_command("$LLMXREC bias $T/recs.jsonl " RUN BASE
                 "--keep $T/keep --attribute gender --top-p 2",
                 2, "top-p 2: choose");
}

static void test_before_model__generate(void **state)
{
    (void)state;
#define GENERATE "$LLMXREC generate $T/pairs.jsonl " BASE
    test_command(GENERATE, 1, "no-model.gguf");
    test_command(GENERATE "--max-tokens 0", 2, "max-tokens 0: choose");
    test_command(GENERATE "--top-k -1", 2, "top-k -1: choose");
    test_command(GENERATE "--sequences -1", 2, "-1 texts at a time: choose");
}

static void test_before_model__tune(void **state)
{
    (void)state;
#define TUNE "$LLMXREC tune --examples $T/examples.jsonl --out $T/tuned " BASE
    test_command(TUNE, 1, "no-model.gguf");
    test_command(TUNE "--rank 5000", 2, "rank 5000: choose");
    test_command(TUNE "--target q,w", 2, "target 'w'");
    test_command(TUNE "--curve 5", 2, "--validate-share");
    test_command(TUNE "--curve 5,3 --validate-share .2", 2, "'5,3' is not a list");
    test_command(TUNE "--curve 0, --validate-share .2", 2, "is not a list");
    test_command(TUNE "--curve 5 --validate-share .2 --epochs 0", 2, "epochs 0: choose");
    test_command(TUNE "--min-user 5", 2, "--min-user goes with --recs");
    test_command("mkdir $T/tuned && touch $T/tuned/adapter_model.safetensors; " TUNE, 2, "--force");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_model__judge),
        cmocka_unit_test(test_before_model__rerank_and_words),
        cmocka_unit_test(test_before_model__attributes),
        cmocka_unit_test(test_before_model__bias),
        cmocka_unit_test(test_before_model__explain),
        cmocka_unit_test(test_before_model__generate),
        cmocka_unit_test(test_before_model__tune),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
