/* The adapter that comes with the program lies beside it; a copy of the program somewhere else says that it misses it. */
#include "support/data.h"
#include "support/test.h"

#define EXPLAIN                                                                                    \
    " explain $T/recs.jsonl --data $T/made.inter --base $T/SmolLM2-135M-Instruct-none.gguf "

static int set_up(void **state)
{
    (void)state;
    test_titled_run(1);
    test_command("mkdir -p $T/else && cp $LLMXREC $T/else/llmxrec", 0, "");
    return 0;
}

static void test_shipped_adapter__is_missed_aloud(void **state)
{
    (void)state;
    test_command("$T/else/llmxrec" EXPLAIN, 1, "looked for adapters/reasons in ../data");
    test_command("$T/else/llmxrec" EXPLAIN, 1, "/else; name it with --adapter");
}

static void test_shipped_adapter__is_not_missed(void **state)
{
    (void)state;
    test_command("$T/else/llmxrec" EXPLAIN "--adapter none 2>&1 | grep 'looked for'", 1, "");
    test_command("mkdir -p $T/data/adapters/reasons", 0, "");
    test_command("$T/else/llmxrec" EXPLAIN "2>&1 | grep 'looked for'", 1, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped_adapter__is_missed_aloud),
        cmocka_unit_test(test_shipped_adapter__is_not_missed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
