/* Every command that writes a file or a folder leaves what it did not write: beside its output, in its folder, and where
 * its own files would go. */
#include "support/test.h"

#define TINY    "--data tests/golden/tiny "
#define MODEL   "tests/golden/llm/llama-tied"
#define ADAPTER "--adapter " MODEL "/adapter "
#define TUNE                                                                                       \
    "$LLMXREC tune --base " MODEL " --examples $T/in/examples.jsonl --epochs 1 --samples 0 "       \
    "--chat-template chatml --out $D "
#define TRAIN "$LLMXREC train " TINY "--model bpr --dim 4 --epochs 2 --out $D "

/* What writes a file $D/out, and more beside it where `more` names it. */
static const char *const to_files[] = {
    "data tests/golden/tiny",
    "split tests/golden/tiny",
    "evaluate $T/in/run",
    "evidence-test $T/in/run",
    "compare $T/in/run $T/in/other",
    "recommend $T/in/run --top 2",
    "similar $T/in/run 1",
    "examples make $T/in/recs.jsonl " TINY "--template $T/in/short.txt",
    "examples build $T/in/written.jsonl " TINY "--template $T/in/short.txt",
    "explain $T/in/recs.jsonl " TINY "--template $T/in/short.txt --max-users 1 --max-tokens 4 "
    "--chat-template chatml --base " MODEL,
    "gate $T/in/explained.jsonl --recs $T/in/recs.jsonl --template $T/in/short.txt " TINY,
    "model " MODEL,
    "tokenize --base " MODEL,
    "score --base " MODEL,
    "generate $T/in/prompts.jsonl --max-tokens 2 --base " MODEL,
    "export " ADAPTER "--base " MODEL,
};

/* What writes into the folder $D, and a file of somebody else's that stands where one of its own would go. */
static const struct {
    const char *command, *in_the_way;
} to_folders[] = {
    {TRAIN, "letter.txt"},
    {TRAIN, "model.safetensors"},
    {TRAIN, "log.jsonl"},
    {TRAIN "--resume", "config.yaml"},
    {TRAIN "--force", "config.yaml"},
    {TRAIN "--force", "users.tsv"},
    {TRAIN "--force", "checkpoint"},
    {TRAIN "--search $T/in/space.yaml --budget 0.001s", "trials/notes.txt"},
    {TRAIN "--search $T/in/space.yaml --budget 0.001s --force", "trials/0001/notes.txt"},
    {TRAIN "--search $T/in/space.yaml --budget 0.001s --force", "trials/0001/config.yaml"},
    {TRAIN "--search $T/in/space.yaml --budget 0.001s --force", "trials/0001/model.safetensors"},
    {TRAIN "--search $T/in/space.yaml --budget 0.001s --force", "trials.jsonl"},
    {TRAIN "--search $T/in/space.yaml --budget 0.001s --force", "curve.svg"},
    {TUNE, "letter.txt"},
    {TUNE "--force", "log.jsonl"},
    {TUNE "--force", "config.yaml"},
    {TUNE "--force", "adapter_model.safetensors"},
    {TUNE "--force", "adapter_config.json"},
    {TUNE "--force --curve 2,4 --validate-share 0.3", "curve.jsonl"},
    {TUNE "--force --curve 2,4 --validate-share 0.3", "curve.svg"},
    {TUNE "--force --curve 2,4 --validate-share 0.3", "4/adapter_model.safetensors"},
    {TUNE "--force --curve 2,4 --validate-share 0.3 --recs $T/in/recs.jsonl " TINY
          "--template $T/in/short.txt",
     "4/explanations.jsonl"},
    {TUNE "--force --curve 2,4 --validate-share 0.3 --recs $T/in/recs.jsonl " TINY, "gate.jsonl"},
    {"$LLMXREC merge --base " MODEL " " ADAPTER "--out $D ", "letter.txt"},
    {"$LLMXREC merge --base " MODEL " " ADAPTER "--out $D ", "config.json"},
    {"$LLMXREC merge --base " MODEL " " ADAPTER "--out $D ", "model.safetensors"},
    {"$LLMXREC embeddings $T/in/run --out $D ", "letter.txt"},
    {"$LLMXREC embeddings $T/in/run --out $D ", "users.tsv"},
    {"$LLMXREC embeddings $T/in/run --out $D ", "item_embedding.npy"},
    {"$LLMXREC embeddings $T/in/run --array item_embedding --out $D/e.npy ", "e.items.tsv"},
};

static int set_up(void **state)
{
    (void)state;
    test_needs_program();
    test_command("mkdir $T/in", 0, "");
    test_file("in/space.yaml", "dim: [4, 8]\n");
    test_file("in/prompts.jsonl", "{\"prompt\":\"one\",\"text\":\"one two\"}\n");
    test_file("in/short.txt", "@history\n{n}: {title}\n@item\nWhy {title}?\n@evidence\n- {title}\n"
                              "@fallback\nYou took {evidence}, so you may like {title}.\n");
    test_command("for i in 1 2 3 4 5 6 7 8; do echo '{\"instruction\":\"say\",\"input\":\"'$i'\","
                 "\"output\":\"two '$i'\"}'; done >$T/in/examples.jsonl; "
                 "for m in run other; do $LLMXREC train " TINY
                 "--model bpr --dim 4 --epochs 2 --out $T/in/$m --quiet || exit 1; done; "
                 "$LLMXREC recommend $T/in/run --top 1 --out $T/in/recs.jsonl --quiet && "
                 "sed 's/}$/,\"output\":\"So.\"}/' $T/in/recs.jsonl >$T/in/written.jsonl && "
                 "sed 's/}$/,\"explanation\":\"So.\"}/' $T/in/recs.jsonl >$T/in/explained.jsonl",
                 0, "");
    return 0;
}

/* Runs a command twice over the files of $D, none of which (but its output, `out`) may change. */
static void keeps(const char *command, const char *out, const char *status)
{
    char line[4096];
    snprintf(line, sizeof line,
             "D=$T/theirs; (cd $D && find . -type f ! -path ./%s -exec sha1sum {} +) >$T/before; "
             "for again in 1 2; do %s --quiet </dev/null >$T/said 2>&1; s=$?; "
             "case $s in %s) ;; *) cat $T/said; exit 9; esac; done; "
             "(cd $D && sha1sum --quiet -c $T/before) && rm -r $D && echo kept $s",
             out, command, status);
    test_command(line, 0, "kept");
}

static void test_files__beside_an_output_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof to_files / sizeof *to_files; i++) {
        char command[1024];
        test_command("mkdir -p $T/theirs/out.d && cd $T/theirs && for f in letter.txt out.tmp "
                     "out.abcdef.tmp out.partial.bak out.answers out.d/photo out; do echo mine "
                     ">$f; done",
                     0, "");
        snprintf(command, sizeof command, "$LLMXREC %s --out $D/out", to_files[i]);
        keeps(command, "out", "0|3");
    }
}

static void test_files__in_a_folder_stay(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof to_folders / sizeof *to_folders; i++) {
        char line[1024];
        snprintf(line, sizeof line,
                 "f=$T/theirs/%s; mkdir -p $(dirname $f) $T/theirs/photos && echo mine >$f && "
                 "echo mine >$T/theirs/photos/holiday",
                 to_folders[i].in_the_way);
        test_command(line, 0, "");
        keeps(to_folders[i].command, "none",
              strcmp(to_folders[i].in_the_way, "letter.txt") == 0 ? "0|2" : "0|1|2");
    }
}

/* A lone partial output of something else is named, not written over, and not cut. */
static void test_files__that_look_unfinished_stay(void **state)
{
    (void)state;
    static const char *const resuming[] = {"recommend $T/in/run", "generate $T/in/prompts.jsonl "
                                                                  "--base " MODEL};
    for (size_t i = 0; i < 2; i++)
        for (int resume = 0; resume < 2; resume++) {
            char command[1024];
            test_command("mkdir -p $T/theirs && printf 'a poem\\nof two' >$T/theirs/out.partial", 0,
                         "");
            snprintf(command, sizeof command, "$LLMXREC %s --out $D/out %s", resuming[i],
                     resume ? "--resume" : "");
            keeps(command, "out", "1|2");
        }
}

/* What the same command wrote before it may replace, and what is left of it goes. */
static void test_folders__of_our_own_are_replaced(void **state)
{
    (void)state;
    test_command("D=$T/again; " TRAIN "--search $T/in/space.yaml --budget 0.001s --quiet && "
                 "echo mine >$D/trials/0002/mine && mkdir $D/trials/9999 && "
                 "cp $D/trials/0001/* $D/trials/9999/ && " TRAIN
                 "--search $T/in/space.yaml --budget 0.001s --quiet --force && cat "
                 "$D/trials/0002/mine && ls $D/trials && ls $D/trials/9999",
                 2, "mine");
    test_command("ls $T/again", 0, "metrics.json");
    test_command("D=$T/tuned; " TUNE "--quiet && " TUNE "--quiet --force && ls $D", 0,
                 "adapter_model.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files__beside_an_output_stay),
        cmocka_unit_test(test_files__in_a_folder_stay),
        cmocka_unit_test(test_files__that_look_unfinished_stay),
        cmocka_unit_test(test_folders__of_our_own_are_replaced),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
