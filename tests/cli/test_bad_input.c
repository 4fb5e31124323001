/* Bad input to whole commands: a clear message that names file and line, the right exit status, nothing lost.
 * What each parser refuses is in tests/format, tests/data, tests/token and tests/llm. */
#include "support/test.h"

#define TINY   "tests/golden/tiny"
#define HEADER "'user_id:token\\titem_id:token\\trating:float\\ttimestamp:float\\n"
#define MODEL  "--base tests/golden/llm/qwen2 --precision f32 --chat-template chatml --quiet "
#define EXPLAIN                                                                                    \
    "$LLMXREC explain --data " TINY " " MODEL                                                      \
    "--template $T/short.txt --max-history 2 --evidence 1 --max-tokens 8 "

struct bad {
    const char *command;
    int status;
    const char *says;
};

static void check(const struct bad *bad, size_t n)
{
    for (size_t i = 0; i < n; i++)
        test_command(bad[i].command, bad[i].status, bad[i].says);
}

#define CHECK(CASES) check(CASES, sizeof CASES / sizeof *CASES)

/* The short prompt leaves room in the tiny model's context of 256 tokens. */
static int set_up(void **state)
{
    (void)state;
    test_file("short.txt", "@history\n{n}: {title}\n@item\nWhy {title}?\n@evidence\n- {title}\n"
                           "@fallback\nYou took {evidence}, so you may like {title}.\n");
    return test_shell("test -x $LLMXREC || exit 0; $LLMXREC train --data " TINY
                      " --out $T/run --epochs 3 --dim 8 --quiet && "
                      "$LLMXREC recommend $T/run --top 2 --quiet --out $T/recs.jsonl",
                      NULL);
}

static void test_data__that_cannot_be_read(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"$LLMXREC data $T/nowhere", 1, "nowhere"},
        {"$LLMXREC train --data $T/nowhere --out $T/new", 1, "nowhere"},
        {": >$T/a.inter; $LLMXREC data $T/a.inter", 1, "a.inter: the file is empty"},
        {"printf " HEADER "u\\ti\\t3\\t1\\nu\\tj\\t3' >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "a.inter:3: 'timestamp' is missing"},
        {"gzip -c " TINY "/tiny.inter | head -c 500 >$T/a.inter.gz; $LLMXREC data $T/a.inter.gz", 1,
         "a.inter.gz"},
        {"$LLMXREC data $LLMXREC", 1, "binary file"},
        {"head -c 3000000 /dev/zero | tr '\\0' x >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "a.inter:1: "},
        {"(printf " HEADER "u\\t'; head -c 99000000 /dev/zero | tr '\\0' x) >$T/a.inter; "
         "$LLMXREC data $T/a.inter",
         1, "a.inter:2: "},
        {"printf " HEADER "u\\tAm\\351lie\\t3\\t1\\n' >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "a.inter:2: 'item_id' is not UTF-8 text: \"Am\\xe9lie\""},
        {"printf 'user_id:token\\tfilm:token\\nu\\ti\\n' >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "there is no column 'item_id' among user_id, film"},
        {"printf 'user_id:token\\titem_id:word\\nu\\ti\\n' >$T/a.inter; $LLMXREC data $T/a.inter",
         1, "a.inter:1: "},
        {"printf " HEADER "u\\ti\\t3\\t1\\t5\\n' >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "a.inter:2: the line has 5 columns, the first line has 4"},
        {"printf " HEADER "u\\ti\\t3\\tsoon\\n' >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "a.inter:2: 'timestamp' is not a time: \"soon\""},
        {"printf " HEADER "u\\ti\\tNaN\\t1\\n' >$T/a.inter; $LLMXREC data $T/a.inter", 1,
         "a.inter:2: 'rating' is not a finite number: \"NaN\""},
        {"printf " HEADER "u\\ti\\tNaN\\t1\\nu\\tj\\t2\\t1\\n' >$T/a.inter; "
         "$LLMXREC data --skip-bad $T/a.inter",
         0, "interactions             1"},
    };
    CHECK(cases);
}

static void test_data__users_with_few_interactions_are_kept_and_counted(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"(cat " TINY
         "/tiny.inter; printf 'once\\t1\\t5\\t1\\ntwice\\t1\\t5\\t1\\ntwice\\t2\\t5\\t2\\n')"
         " >$T/few.inter; $LLMXREC data $T/few.inter",
         0, "1  users with one interaction: learnt from, neither validated nor tested"},
        {"$LLMXREC split $T/few.inter | tail -n 2", 0, "once\t\t\ntwice\t\t2\n"},
        {"$LLMXREC train --data $T/few.inter --out $T/few --epochs 2 --dim 8 --quiet", 0, ""},
        {"$LLMXREC recommend $T/few --users once,twice --top 1 --quiet | grep -c '\"user\"'", 0,
         "2"},
    };
    CHECK(cases);
}

static void test_run__that_does_not_fit(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"$LLMXREC recommend $T/nowhere", 1, "nowhere is no run directory"},
        {"grep -v 884580400 " TINY "/tiny.inter >$T/other.inter; "
         "$LLMXREC recommend $T/run --data $T/other.inter",
         1, "run was trained on other interactions"},
        {"$LLMXREC evaluate $T/run --data $T/other.inter", 1, "was trained on other interactions"},
        {"cp -r $T/run $T/v9; sed -i 's/\"format\":\"1\"/\"format\":\"9\"/' "
         "$T/v9/model.safetensors; "
         "$LLMXREC recommend $T/v9",
         1, "v9/model.safetensors has format 9; this llmxrec reads format 1"},
        {"echo 'warp: 9' >>$T/v9/config.yaml; $LLMXREC evaluate $T/v9", 1,
         "v9/config.yaml:20: the model bpr has no setting 'warp'"},
        {"cp -r $T/run $T/cut; head -c 1000 $T/run/model.safetensors >$T/cut/model.safetensors; "
         "$LLMXREC recommend $T/cut",
         1, "cut/model.safetensors"},
        {"echo 'dim: [8' >$T/cut/config.yaml; $LLMXREC evaluate $T/cut", 1, "cut/config.yaml:"},
        {"echo 'model: &m [*m]' >$T/cut/config.yaml; $LLMXREC evaluate $T/cut", 1,
         "cut/config.yaml:1: lists and maps are nested too deep"},
    };
    CHECK(cases);
}

static void test_options__that_cannot_be(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"$LLMXREC", 2, "Usage: llmxrec COMMAND"},
        {"$LLMXREC trian", 2, "did you mean 'train'?"},
        {"$LLMXREC train --dta x", 2, "did you mean 'data'?"},
        {"echo /study/x >$T/links; $LLMXREC study new --db $T/s.sqlite --explanations a --recs b "
         "--out $T/links",
         2, "may hold the links of another study"},
        {"$LLMXREC serve --run $T/run --port 0 --rate -1", 2, "--rate -1"},
        {"$LLMXREC recommend $T/run --threads 100000", 2, "100000 threads"},
        {"printf 'epochs: 2\\nepoch: 3\\n' >$T/o.yaml; $LLMXREC train --config $T/o.yaml", 2,
         "o.yaml:2: train has no option 'epoch'; did you mean 'epochs'?"},
        {"printf 'at: &a [*a]\\n' >$T/o.yaml; $LLMXREC evaluate $T/run --config $T/o.yaml", 2,
         "o.yaml:1: lists and maps are nested too deep"},
        {"$LLMXREC train --config $T/none.yaml", 2, "cannot open"},
        {"$LLMXREC train --config $LLMXREC", 2, "llmxrec:1: "},
    };
    CHECK(cases);
}

static void test_recommendations__for_whom_and_what_is_not_there(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"$LLMXREC recommend $T/run --users 1,nobody --top 1 --quiet", 3,
         "user 'nobody' is not in the data"},
        {"printf 'me\\tnothing\\nme\\t1\\n' >$T/h; $LLMXREC recommend $T/run --history $T/h "
         "--quiet",
         3, "item 'nothing'"},
        {"printf 'me\\n' | $LLMXREC recommend $T/run --history - --quiet", 1, "standard input:1: "},
        {"(echo '{\"user\":\"nobody\",\"item\":\"1\",\"rank\":1}'; head -n 1 $T/recs.jsonl) "
         ">$T/r.jsonl; " EXPLAIN "$T/r.jsonl",
         3, "r.jsonl:1: user 'nobody' is not in the data"},
        {"echo '{\"user\":\"1\",\"item\":\"nothing\",\"rank\":1}' >$T/r.jsonl; " EXPLAIN
         "$T/r.jsonl",
         3, "r.jsonl:1: item 'nothing' is not in the data"},
        {"cp -r " TINY " $T/part; mv $T/part/tiny.inter $T/part/part.inter; rm $T/part/tiny.user; "
         "grep -v '^30\t' $T/part/tiny.item >$T/part/part.item; rm $T/part/tiny.item; "
         "echo '{\"user\":\"1\",\"item\":\"30\",\"rank\":1}' >$T/r.jsonl; $LLMXREC explain "
         "$T/r.jsonl --data $T/part " MODEL "--template $T/short.txt",
         3, "item '30' has no title in .item"},
        {"echo '{\"user\":\"1\",\"item\":\"2\"' >$T/r.jsonl; " EXPLAIN "$T/r.jsonl", 1,
         "r.jsonl:1: not valid JSON"},
        {"echo '{\"item\":\"2\"}' >$T/r.jsonl; " EXPLAIN "$T/r.jsonl", 1, "r.jsonl:1: no \"user\""},
        {"echo '{\"user\":\"1\",\"item\":\"2\",\"evidence\":3}' >$T/r.jsonl; " EXPLAIN "$T/r.jsonl",
         1, "r.jsonl:1: \"evidence\" is not a list"},
        {"echo '{\"user\":\"1\",\"item\":\"2\",\"evidence\":[3]}' >$T/r.jsonl; " EXPLAIN
         "$T/r.jsonl",
         1, "r.jsonl:1: "},
        {"printf 'm\\351\\t1\\n' | $LLMXREC recommend $T/run --history - --quiet", 1,
         "standard input:1: not UTF-8 text"},
        {EXPLAIN "$T/none.jsonl", 1, "cannot open"},
    };
    CHECK(cases);
}

static void test_models__that_are_broken(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"head -c 9000 tests/golden/llm/llama-tied.q8_0.gguf >$T/cut.gguf; "
         "$LLMXREC model $T/cut.gguf",
         1, "cut.gguf"},
        {"head -c 80000 tests/golden/llm/llama-tied.q8_0.gguf >$T/cut.gguf; "
         "echo '{\"prompt\":\"a\"}' | $LLMXREC generate --base $T/cut.gguf",
         1, "cut.gguf"},
        {"printf "
         "'GGUF\\003\\0\\0\\0\\377\\377\\377\\377\\377\\377\\377\\177\\1\\0\\0\\0\\0\\0\\0\\0' "
         ">$T/vast.gguf; $LLMXREC model $T/vast.gguf",
         1, "vast.gguf"},
        {"cp -r tests/golden/llm/qwen2 $T/half; chmod u+w $T/half $T/half/*; "
         "head -c 100000 tests/golden/llm/qwen2/model.safetensors >$T/half/model.safetensors; "
         "echo '{\"ids\":[1,2]}' | $LLMXREC score --base $T/half",
         1, "half/model.safetensors"},
        {"cp tests/golden/llm/llama2-spm/tokenizer.json $T/half/tokenizer.json; "
         "cp tests/golden/llm/qwen2/model.safetensors $T/half/; "
         "echo '{\"ids\":[1,2]}' | $LLMXREC score --base $T/half",
         1, "the tokenizer knows 640 tokens and the model"},
        {"echo '{' >$T/half/tokenizer.json; echo '{\"text\":\"a\"}' | "
         "$LLMXREC tokenize --base $T/half",
         1, "half/tokenizer.json"},
        {"$LLMXREC model " TINY, 1, TINY},
    };
    CHECK(cases);
}

static void test_prompts__longer_than_the_context(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {"(echo '{\"prompt\":\"a\"}'; printf '{\"prompt\":\"'; head -c 3000 /dev/zero | "
         "tr '\\0' '~'; echo '\"}') >$T/long.jsonl; $LLMXREC generate $T/long.jsonl " MODEL,
         1, "long.jsonl:2: "},
        {"sed 's/prompt/text/' $T/long.jsonl >$T/l.jsonl; "
         "$LLMXREC score $T/l.jsonl --base tests/golden/llm/qwen2 --precision f32",
         1, "l.jsonl:2: "},
        {"$LLMXREC explain $T/recs.jsonl --data " TINY " " MODEL, 1,
         "tokens, the model's context 256: use a smaller --max-history"},
        {"$LLMXREC explain $T/recs.jsonl --history 5", 2, "did you mean 'max-history'?"},
    };
    CHECK(cases);
}

/* Runs a command and sends it a signal as soon as `test IS` holds of what it writes while it works. */
#define SIGNAL_WHEN(IS, SIGNAL, COMMAND)                                                           \
    "sh -c '(while kill -0 $$ && ! test " IS "; do sleep .02; done; "                              \
    "kill -" SIGNAL " $$) & exec " COMMAND "'"

/* The first signal ends long work where it can be resumed; what was finished is kept. */
static void test_interrupted__exit_status_130(void **state)
{
    (void)state;
    static const struct bad cases[] = {
        {SIGNAL_WHEN("-s $T/long/checkpoint", "INT",
                     "$LLMXREC train --data " TINY
                     " --out $T/long --epochs 1000000 --patience 0 --quiet "
                     "--checkpoint-seconds 0.01"),
         130, "--resume goes on from there"},
        {"yes \"{\\\"prompt\\\":\\\"a\\\"}\" | head -n 200000 >$T/many.jsonl; " SIGNAL_WHEN(
             "-e $T/texts.jsonl.*", "TERM",
             "$LLMXREC generate $T/many.jsonl " MODEL "--max-tokens 200 --out $T/texts.jsonl"),
         130, ""},
        {"$LLMXREC recommend $T/run --top 25 --quiet --out $T/lots.jsonl", 0, ""},
        {SIGNAL_WHEN("-s $T/x.jsonl.partial", "INT",
                     EXPLAIN "$T/lots.jsonl --max-tokens 64 --threads 1 --out $T/x.jsonl"),
         130, "interrupted"},
        {EXPLAIN "$T/lots.jsonl --out $T/x.jsonl", 2, "go on with --resume, or remove it"},
        {"head -n 1 $T/lots.jsonl >$T/one.jsonl; " EXPLAIN "$T/one.jsonl --quiet --out $T/y.jsonl "
         "&& head -n 1 $T/y.jsonl >$T/x.jsonl.partial; " EXPLAIN
         "$T/lots.jsonl --out $T/x.jsonl --resume --seed 7",
         1, "x.jsonl.partial:1: written with another model, adapter or seed"},
        {"tail -n 1 $T/recs.jsonl >$T/one.jsonl; " EXPLAIN "$T/one.jsonl --out $T/x.jsonl --resume",
         1, "x.jsonl.partial:"},
    };
    CHECK(cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data__that_cannot_be_read),
        cmocka_unit_test(test_data__users_with_few_interactions_are_kept_and_counted),
        cmocka_unit_test(test_run__that_does_not_fit),
        cmocka_unit_test(test_options__that_cannot_be),
        cmocka_unit_test(test_recommendations__for_whom_and_what_is_not_there),
        cmocka_unit_test(test_models__that_are_broken),
        cmocka_unit_test(test_prompts__longer_than_the_context),
        cmocka_unit_test(test_interrupted__exit_status_130),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
