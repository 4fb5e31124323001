/* Serving, as a user sees it: strangers, the final run, what is taken again, the order of equal scores. */
#include "support/data.h"
#include "support/test.h"

#define GOLDEN "tests/golden/llm/llama-tied.f32.gguf"
#define TINY   "tests/golden/tiny"

static void prints(const char *command, int status, const char *expected)
{
    char *out;
    test_needs_program();
    const int got = test_shell(command, &out);
    assert_string_equal(out, expected);
    assert_int_equal(got, status);
    free(out);
}

/* lamp is taken by all four, desk by three, then mug and rug by two each, clock and sofa by one. */
static void write_log(void)
{
    test_file("log.csv",
              "user,item,time\nann,lamp,1\nann,desk,2\nann,rug,3\nann,mug,4\nbob,desk,1\n"
              "bob,lamp,2\nbob,rug,3\ncat,mug,1\ncat,lamp,2\ncat,desk,3\ncat,sofa,4\n"
              "dan,lamp,1\ndan,clock,2\n");
    test_command("$LLMXREC train --data $T/log.csv --columns user=user,item=item,time=time --model "
                 "ease --out $T/shop --force --quiet",
                 0, "");
}

#define SHOP "$LLMXREC recommend $T/shop --quiet --evidence 0 --format csv "

static void test_cold__gives_what_is_popular(void **state)
{
    (void)state;
    write_log();
    test_file("lamp", "lamp\n");
    test_file("outside", "new\tlamp\nnew\tno-such\nodd\tno-such\n");
    prints(SHOP "--users new --cold popular --top 4 2>/dev/null", 0,
           "user,item,rank,score,model,evidence\nnew,lamp,1,1,pop,\nnew,desk,2,0.75,pop,\n"
           "new,mug,3,0.5,pop,\nnew,rug,4,0.5,pop,\n");
    prints(SHOP
           "--users new,dan --cold popular --top 1 --deny $T/lamp 2>/dev/null | cut -d, -f1,2,5",
           0, "user,item,model\nnew,desk,pop\ndan,desk,ease\n");
    prints(SHOP "--users new --top 1 2>/dev/null", 3, "user,item,rank,score,model,evidence\n");
    prints(SHOP "--history $T/outside --cold popular --top 1 2>/dev/null | cut -d, -f1,2,5", 0,
           "user,item,model\nnew,desk,ease\nodd,lamp,pop\n");
    test_command(SHOP "--users new --cold popular --top 1", 0,
                 "people without history, given the most popular items: 1");
    test_command(SHOP "--cold warm", 2, "there is no 'warm'");
    /* as of the training, lamp and desk are what three and two learnt from */
    prints(SHOP "--users new --cold popular --as-of train --top 1 2>/dev/null | cut -d, -f2,4", 0,
           "item,score\nlamp,1\n");
}

/* An output that was cut short goes on among people with and without a history. */
static void test_cold__goes_on_after_an_interruption(void **state)
{
    (void)state;
    write_log();
#define LINES "$LLMXREC recommend $T/shop --users ann,new,bob --cold popular --top 2 --quiet "
    test_command(LINES "--out $T/whole 2>/dev/null && head -n 3 $T/whole >$T/cut.partial && " LINES
                       "--resume --out $T/cut 2>/dev/null && cmp $T/whole $T/cut && wc -l <$T/cut",
                 0, "6\n");
}

static void test_history__is_written_for_explain(void **state)
{
    (void)state;
    test_file("people", "me\t1\nme\t2\nyou\tnothing\n");
    test_file("short.txt", "@history\n{title}\n@item\nWhy {title}?\n");
    test_command("$LLMXREC train --data " TINY " --model ease --out $T/tiny --quiet && "
                 "$LLMXREC recommend $T/tiny --history $T/people --cold popular --top 1 --quiet "
                 "--out $T/recs.jsonl",
                 3, "given the most popular items: 1");
    prints("sed 's/.*,\"history\"/\"history\"/' $T/recs.jsonl", 0,
           "\"history\":[\"1\",\"2\"]}\n\"history\":[]}\n");
    test_command(
        "$LLMXREC explain $T/recs.jsonl --data " TINY " --base " GOLDEN
        " --template $T/short.txt --max-tokens 2 --tries 1 --quiet",
        0,
        "\"user\":\"me\",\"item\":\"22\",\"rank\":1,\"explanation\":\"\\\"Clockwork Fox\\\" "
        "is here because you watched \\\"The Harbour Clock\\\" and \\\"Seven Lanterns\\\".");
}

/* Nobody has taken a zebra, but the shop knows it. */
static void test_filter__takes_items_that_are_only_described(void **state)
{
    (void)state;
    test_file("zoo.inter", "user_id:token\titem_id:token\ttimestamp:float\n"
                           "u\ta\t1\nu\tb\t2\nv\ta\t1\nv\tc\t2\n");
    test_file("zoo.item", "item_id:token\tname:token_seq\na\tAnt\nb\tBee\nc\tCat\nzebra\tZebra\n");
    test_file("allowed", "b\nc\nzebra\n");
    test_file("odd", "b\nc\nunicorn\n");
    test_command("$LLMXREC train --data $T/zoo --model pop --out $T/zoo-run --quiet", 0, "");
#define ZOO "$LLMXREC recommend $T/zoo-run --users u --format csv --quiet --allow "
    prints(ZOO "$T/allowed | cut -d, -f2", 0, "item\nc\n");
    test_command(ZOO "$T/allowed", 0, "u,c,1,");
    test_command(ZOO "$T/odd", 3, "item 'unicorn' is not in the data");
}

static void test_final__learns_from_everything_for_as_long(void **state)
{
    (void)state;
    test_interactions("all.inter", 40, 30, 10, 3);
    test_command("$LLMXREC train --data $T/all.inter --epochs 12 --min-epochs 0 --dim 8 --seed 7 "
                 "--out $T/run --quiet && cp -R $T/run $T/before && "
                 "$LLMXREC train --final $T/run --out $T/final",
                 0, "learnt from all 400 interactions");
    test_command("diff -r $T/run $T/before && grep -h 'epochs: \\|split_by\\|seed\\|dim' "
                 "$T/final/config.yaml | tr '\\n' ' '",
                 0, "split_by: \"none\" seed: 7 dim: 8 epochs: ");
    prints("test $(sed -n 's/^epochs: //p' $T/final/config.yaml) = "
           "$(sed -n 's/.*\"best_epoch\":\\([0-9]*\\),\"seed.*/\\1/p' $T/run/metrics.json) && "
           "$LLMXREC train --data $T/all.inter --config $T/final/config.yaml --split none --out "
           "$T/again --quiet && cmp $T/final/model.safetensors $T/again/model.safetensors",
           0, "");
    test_command("$LLMXREC evaluate $T/final", 1, "this run learnt from everything");
    test_command("$LLMXREC recommend $T/final --top 3 --quiet --format csv | wc -l", 0, "121\n");
    test_command("$LLMXREC train --final $T/run --out $T/run", 2, "is the evaluated run itself");
    test_command("$LLMXREC train --final $T/run --out $T/run --resume", 2, "evaluated run itself");
    test_command("$LLMXREC train --final $T/run --out $T/final", 2, "holds a finished run");
    test_command("$LLMXREC train --final $T/final --out $T/more", 2, "it is final");
    test_command("$LLMXREC train --final $T/run --dim 9 --out $T/more", 2, "--dim cannot be given");
    test_command("$LLMXREC train --out $T/more", 2, "--data");
    test_command("$LLMXREC train --data $T/all.inter --split half --out $T/more", 2,
                 "there is no 'half'");
    test_command("$LLMXREC train --final $T/run --out $T/run --force --quiet && grep split_by "
                 "$T/run/config.yaml",
                 0, "\"none\"");
}

/* u disliked b and c: they are not learnt from, and no news either. */
static void test_recommend__gives_nothing_that_was_rated_low(void **state)
{
    (void)state;
    test_file("rated.inter", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                             "t\tz\t1\t1\nu\tb\t1\t1\nu\ta\t5\t2\nu\tc\t2\t3\nu\tz\t1\t4\n"
                             "v\ta\t5\t1\nv\tb\t5\t2\nv\td\t5\t3\nw\tb\t4\t1\nw\tc\t4\t2\n"
                             "w\td\t4\t3\nx\tc\t5\t1\nx\ta\t1\t2\nx\te\t5\t3\n");
    test_command("$LLMXREC train --data $T/rated.inter --min-rating 4 --model pop --out $T/rated "
                 "--quiet",
                 0, "");
#define RATED "$LLMXREC recommend $T/rated --users u,x --format csv --quiet "
    prints(RATED "| cut -d, -f1,2 | tr '\n' ' '", 0, "user,item u,d u,e x,b x,d ");
    prints(RATED "--as-of train | cut -d, -f1,2 | sort | tr '\n' ' '", 0,
           "u,b u,c u,d u,e user,item x,a x,b x,d x,e ");
    prints(RATED "--keep-seen | wc -l", 0, "11\n");
}

/* Files for training and test become one: what they hold together, in the order of time. */
static void test_final__joins_what_came_split(void **state)
{
    (void)state;
    test_file("made.train.inter", "user_id:token\titem_id:token\ttimestamp:float\n"
                                  "u\ta\t1\nu\tb\t2\nv\tb\t1\nv\tc\t2\n");
    test_file("made.valid.inter", "user_id:token\titem_id:token\ttimestamp:float\nu\tc\t3\n");
    test_file("made.test.inter",
              "user_id:token\titem_id:token\ttimestamp:float\nu\td\t4\nv\ta\t9\n");
    test_command("$LLMXREC train --data $T/made --model itemknn --out $T/made-run --quiet && "
                 "$LLMXREC train --final $T/made-run --out $T/made-final",
                 0, "learnt from all 7 interactions");
    test_command("$LLMXREC data $T/made --split-by none", 0,
                 "7 train, 0 validation, 0 test (by none)");
}

/* u plays a again and again: of the four test interactions, two are with what was played before. */
static void test_repeats__are_counted_and_ranked_when_asked(void **state)
{
    (void)state;
    test_file("plays.csv",
              "user,song,time\nu,a,1\nu,b,2\nu,a,3\nu,b,4\nu,a,5\nv,c,1\nv,a,2\nv,b,3\n"
              "v,c,4\nw,a,1\nw,b,2\nw,c,3\nw,d,4\nx,d,1\nx,b,2\nx,a,3\nx,c,4\n");
#define PLAYS "--data $T/plays.csv --columns user=user,item=song,time=time --model itemknn "
    test_command("$LLMXREC train " PLAYS "--out $T/plays", 0,
                 "1 of 4 validation and 2 of 4 test interactions");
    test_command("$LLMXREC evaluate $T/plays --at 1,4", 0, "2 of 4 held-out items");
    test_command("$LLMXREC evaluate $T/plays --at 4 --json", 0,
                 "\"held_out\":4,\"taken_before\":2,\"at\":{\"4\":{\"recall\":0.5,");
    test_command("$LLMXREC evaluate $T/plays --at 4 --json --repeat", 0,
                 "\"repeat\":true,\"at\":{\"4\":{\"recall\":1,");
    test_command("$LLMXREC data $T/plays.csv --columns user=user,item=song,time=time", 0,
                 "2  test interactions with what the user had taken before");
    test_command("$LLMXREC train " PLAYS "--duplicates first --out $T/once && $LLMXREC evaluate "
                 "$T/once --json",
                 0, "\"gauc\":");
    prints("$LLMXREC recommend $T/plays --users w --repeat --top 9 --format csv --quiet | wc -l", 0,
           "5\n");
    prints("$LLMXREC recommend $T/plays --users w --top 9 --format csv --quiet | wc -l", 0, "1\n");
    test_command("$LLMXREC compare $T/plays $T/plays --metric recall@4 --repeat", 0,
                 "1.0000    1.0000");
}

/* Every item of two halves is taken equally often: only the ids tell them apart, not the order of lines. */
static void test_ties__do_not_hang_on_the_order_of_lines(void **state)
{
    (void)state;
    test_needs_program();
    test_interactions("order.inter", 60, 40, 8, 5);
    test_command(
        "(head -n 1 $T/order.inter; sed 1d $T/order.inter | sort -t '\t' -k 2,2r -k 1,1r) "
        ">$T/turned.inter; for f in order turned; do for m in pop itemknn; do $LLMXREC train "
        "--data $T/$f.inter --model $m --out $T/$f-$m --quiet && $LLMXREC evaluate $T/$f-$m "
        "--json --at 1,3,10,39 | tr ',{' '\\n\\n' | sed 's/\\(\\.[0-9]\\{6\\}\\)[0-9]*/\\1/' "
        ">$T/$f-$m.metrics && $LLMXREC recommend $T/$f-$m --top 9 --evidence 0 --format csv "
        "--quiet | sort | sed 's/\\(\\.[0-9]\\{4\\}\\)[0-9]*/\\1/' >$T/$f-$m.csv; done; done",
        0, "");
    prints("for m in pop itemknn; do grep -v tail_ $T/order-$m.metrics >$T/a; grep -v tail_ "
           "$T/turned-$m.metrics | diff $T/a -; diff $T/order-$m.csv $T/turned-$m.csv; done",
           0, "");
}

static void test_data__lists_titles_under_several_ids(void **state)
{
    (void)state;
    test_file("twins.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\nu\tc\nv\td\nv\te\n");
    test_file("twins.item",
              "item_id:token\tmovie_title:token_seq\trelease_year:token\n"
              "a\tÉté  Hill\t1991\nb\tDune\t1984\nc\tÉTÉ HILL\t1991\n"
              "d\te\u0301te\u0301 hill \t1991\ne\tDune\t2021\n"); /* accents by themselves */
    test_command("$LLMXREC data $T/twins", 0,
                 "\nOne title and year under several ids\n  Été  Hill: a, c, d\n");
    test_command("$LLMXREC data $T/twins", 0, "2  titles that several items have\n");
    test_command("$LLMXREC data $T/twins --json | tr -d ' \n'", 0,
                 "\"same_title\":[{\"title\":\"ÉtéHill\",\"items\":[\"a\",\"c\",\"d\"]}]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cold__gives_what_is_popular),
        cmocka_unit_test(test_cold__goes_on_after_an_interruption),
        cmocka_unit_test(test_history__is_written_for_explain),
        cmocka_unit_test(test_filter__takes_items_that_are_only_described),
        cmocka_unit_test(test_final__learns_from_everything_for_as_long),
        cmocka_unit_test(test_recommend__gives_nothing_that_was_rated_low),
        cmocka_unit_test(test_final__joins_what_came_split),
        cmocka_unit_test(test_repeats__are_counted_and_ranked_when_asked),
        cmocka_unit_test(test_data__lists_titles_under_several_ids),
        cmocka_unit_test(test_ties__do_not_hang_on_the_order_of_lines),
    };
    return cmocka_run_group_tests_name("cmd_serving", tests, NULL, NULL);
}
