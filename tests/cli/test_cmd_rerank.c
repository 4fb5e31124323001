/* The command rerank as a user sees it, with a language model that knows nothing. */
#include "support/data.h"
#include "support/test.h"

#define RUN  "--run $T/run --base tests/golden/llm/llama-tied --history 2"
#define FULL "$LLMXREC rerank $T/recs.jsonl " RUN " --quiet"

static int set_up(void **state)
{
    (void)state;
    test_titled_run(15);
    return 0;
}

static void test_cmd_rerank__measures_a_run(void **state)
{
    (void)state;
    test_command("$LLMXREC rerank " RUN, 0, "itemknn: its best 20 ranked anew");
    test_command("$LLMXREC rerank " RUN " --json --quiet", 0, "\"view\": \"rerank\"");
    test_command("$LLMXREC rerank " RUN " --users 7 --out $T/rows.jsonl", 0,
                 "Note: fewer than 20 users");
    test_command("wc -l <$T/rows.jsonl", 0, "7");
    test_command("$LLMXREC rerank " RUN " --out $T/rows.jsonl >$T/table; for k in 4:recommender "
                 "6:blend 8:alone; do grep -c \"${k#*:} .*$(awk -F'[:,}]' '{ s += $'${k%:*}' } END "
                 "{ printf \"%.4f\", s / NR }' $T/rows.jsonl) \\[\" $T/table; done",
                 0, "1\n1\n1\n"); /* their means are those of the table */
}

static void test_cmd_rerank__says_the_same_with_any_number_of_threads(void **state)
{
    (void)state;
    test_command("$LLMXREC rerank " RUN " --precision f32 --threads 1 --quiet >$T/one && "
                 "$LLMXREC rerank " RUN " --precision f32 --threads 3 --quiet >$T/three && "
                 "cmp $T/one $T/three",
                 0, "");
}

static void test_cmd_rerank__ranks_a_file_anew(void **state)
{
    (void)state;
    test_command(FULL " --out $T/new.jsonl", 0, "recommender");
    test_command("sort $T/recs.jsonl | cut -d, -f1,2 | sort | md5sum >$T/before; "
                 "cut -d, -f1,2 $T/new.jsonl | sort | md5sum | cmp - $T/before",
                 0, "");
    test_command("head -1 $T/new.jsonl", 0, "\"recommender_score\":");
    test_command("(cat $T/recs.jsonl; echo '{\"user\":\"x\",\"item\":\"y\",\"score\":1}') "
                 ">$T/more.jsonl; $LLMXREC rerank $T/more.jsonl " RUN " --out $T/new.jsonl",
                 3, "more.jsonl:");
}

static void test_cmd_rerank__says_what_is_wrong(void **state)
{
    (void)state;
    test_command(FULL, 2, "RECS need --out");
    test_command("$LLMXREC rerank --run $T/run", 2, "--base");
    test_command("$LLMXREC rerank " RUN " --candidates 5", 2, "choose 10 to 1000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cmd_rerank__measures_a_run),
        cmocka_unit_test(test_cmd_rerank__says_the_same_with_any_number_of_threads),
        cmocka_unit_test(test_cmd_rerank__ranks_a_file_anew),
        cmocka_unit_test(test_cmd_rerank__says_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
