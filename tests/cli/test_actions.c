/* Commands of several actions: what belongs to another action is refused, by name, before anything is read or written. */
#include "support/test.h"

struct refused {
    const char *words, *says;
};

static void check(const char *command, const struct refused *refused, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char line[512];
        snprintf(line, sizeof line, "$LLMXREC %s %s", command, refused[i].words);
        test_command(line, 2, refused[i].says);
    }
}

#define CHECK(COMMAND, CASES) check(COMMAND, CASES, sizeof CASES / sizeof *CASES)

static void test_actions__judge(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"train p --judge d", "--judge goes with compare, audit and sanity, not with train"},
        {"train p --json", "--json goes with compare, audit and sanity, not with train"},
        {"train p --figures $T/f", "--figures goes with compare, not with train"},
        {"train p --max-tokens 9", "--max-tokens goes with"},
        {"train p --in-flight 9", "--in-flight goes with"},
        {"train p --recs r", "--recs goes with sanity and train --synthetic"},
        {"train p --min-user 5", "--min-user goes with sanity and train --synthetic"},
        {"compare p --hold .2", "--hold goes with train, not with compare"},
        {"compare p --limit 5", "--limit goes with train and sanity, not with compare"},
        {"compare p --synthetic", "--synthetic goes with train, not with compare"},
        {"audit p --epochs 3", "--epochs goes with train, not with audit"},
        {"audit p --rank 4", "--rank goes with train, not with audit"},
        {"audit p --limit 5", "--limit goes with train and sanity, not with audit"},
        {"audit p --run r", "--run goes with train and sanity, not with audit"},
        {"audit p --figures $T/f", "--figures goes with compare, not with audit"},
        {"sanity p --force", "--force goes with train, not with sanity"},
    };
    CHECK("judge", cases);
    test_command("$LLMXREC judge audit $T/p --hold 0", 1, "cannot open"); /* as it is without */
}

static void test_actions__who_judges(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"--judge d", "--judge goes with --base"},
        {"--template single", "--template goes with --base"},
        {"--prompt-tokens 5", "--prompt-tokens goes with --base"},
        {"--resume", "--resume goes with --base"},
        {"--precision f32", "--precision goes with --base"},
        {"--retries 1", "--retries goes with --base"},
        {"--base m --resume", "--resume is for train and for a server's answers"},
        {"--base m --max-tokens 9", "--max-tokens is for a server"},
        {"--base m --judge d --prompt-tokens 5", "--prompt-tokens is as the judge was tuned"},
        {"--base http://127.0.0.1:9/v1 --prompt-tokens 5", "a server is shown the whole prompt"},
    };
    CHECK("judge audit p", cases);
    test_command("$LLMXREC judge sanity p --out $T/o --json", 2, "--json goes with --base");
}

static void test_actions__examples(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"make f --tries 3", "--tries goes with draft, not with make"},
        {"make f --variants 3", "--variants goes with build, not with make"},
        {"draft f --max-users 3", "--max-users goes with make, not with draft"},
        {"check f --out $T/o", "--out goes with make, draft and build, not with check"},
        {"check f --base m", "--base goes with draft, not with check"},
        {"build f --resume", "--resume goes with draft, not with build"},
        {"build f --remote-model m", "--remote-model goes with draft, not with build"},
    };
    CHECK("examples", cases);
}

static void test_actions__study(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"new --study s", "--study goes with results and forget, not with new"},
        {"new --rater r1", "--rater goes with forget, not with new"},
        {"results --rater r1", "--rater goes with forget, not with results"},
        {"results --explanations e", "--explanations goes with new, not with results"},
        {"results --min-user 5", "--min-user goes with new, not with results"},
        {"forget --out $T/o", "--out goes with new and results, not with forget"},
    };
    CHECK("study --db $T/s.sqlite", cases);
}

/* Of no use without what they are for. */
static void test_actions__a_model(void **state)
{
    (void)state;
    test_command("$LLMXREC text-metrics f --adapter a", 2, "--adapter goes with --base");
    test_command("$LLMXREC text-metrics f --precision f32", 2, "--precision goes with --base");
    test_command("$LLMXREC generate f --base m --in-flight 3", 2,
                 "--in-flight is for a model on a server");
    test_command("$LLMXREC generate f --base m --retries 3", 2,
                 "--retries is for a model on a server");
    test_command("$LLMXREC generate f --base m --system s", 2, "--system goes with --chat");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_actions__judge),    cmocka_unit_test(test_actions__who_judges),
        cmocka_unit_test(test_actions__examples), cmocka_unit_test(test_actions__study),
        cmocka_unit_test(test_actions__a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
