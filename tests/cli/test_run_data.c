/* One truth from log to reason: what is told of a run's recommendations is told from the data that the run learnt from, read
 * as it read them; data that are others, or have changed since, are named. */
#include "support/test.h"

/* Eight people; each rates Zinc and Yarn low, two take Cedar twice. */
#define LOG                                                                                        \
    "printf 'user_id:token\\titem_id:token\\trating:float\\ttimestamp:float\\n' "                  \
    ">$T/films/films.inter; "                                                                      \
    "for u in 1 2 3 4 5 6 7 8; do t=0; for i in zinc:2 birch:5 cedar:4 dune:5 amber:5 ember:$((u " \
    "% 2 + "                                                                                       \
    "4)) cedar:5 yarn:1; do t=$((t + 1)); [ $((u % 3)) = 0 ] && [ $i = birch:5 ] && i=fern:5; "    \
    "printf 'u%d\\t%s\\t%s\\t%d\\n' $u ${i%:*} ${i#*:} $((u * 100 + t)); done; done "              \
    ">>$T/films/films.inter; "

#define ITEMS                                                                                      \
    "(printf 'item_id:token\\ttitle:token_seq\\n'; for i in Amber Birch Cedar Dune Ember Fern "    \
    "Yarn "                                                                                        \
    "Zinc; do printf '%s\\tThe %s Road\\n' $(echo $i | tr A-Z a-z) $i; done) "                     \
    ">$T/films/films.item; "

/* A model that writes nonsense: what counts is what it was told. */
#define TEXTS                                                                                      \
    "--base tests/golden/llm/qwen2 --precision f32 --chat-template chatml --tries 1 --max-tokens " \
    "3 "                                                                                           \
    "--template $T/short.txt --keep-prompts --quiet "
#define EXPLAIN    "$LLMXREC explain $T/recs.jsonl " TEXTS
#define TRAIN      "$LLMXREC train --data $T/films --model itemknn --quiet --force --out $T/run "
#define RECOMMEND  "$LLMXREC recommend $T/run --top 2 --keep-seen --quiet --out $T/recs.jsonl && "
#define IN_PROMPTS "| grep -o '\"prompt\":.*' | grep -Eo "

static int set_up(void **state)
{
    (void)state;
    test_needs_program();
    test_file("short.txt", "@history\n{n}: {title}\n@item\nWhy {title}?\n@evidence\n- {title}\n");
    test_command("rm -rf $T/films $T/run; mkdir $T/films; " LOG ITEMS, 0, "");
    return 0;
}

/* Every data option reaches the prompts by way of the run: no film that it dropped is named. */
static void test_run_data__reasons_name_nothing_that_the_run_dropped(void **state)
{
    (void)state;
    test_command(TRAIN "--min-rating 4 && " RECOMMEND EXPLAIN "--run $T/run " IN_PROMPTS
                       "'Zinc|Yarn|Amber' | sort -u | tr '\\n' ' '",
                 0, "Amber ");
    test_command("(" EXPLAIN "--run $T/run " IN_PROMPTS "'Zinc|Yarn'; true)", 0, "");
    test_command(EXPLAIN "--data $T/films " IN_PROMPTS "'Yarn' | sort -u", 0, "Yarn");
    test_command(TRAIN "--min-item 5 && " RECOMMEND "(" EXPLAIN "--run $T/run " IN_PROMPTS
                       "'Fern' || echo none)",
                 0, "none");
    /* with duplicates dropped nobody has Cedar twice */
    test_command(TRAIN "--duplicates last && " RECOMMEND EXPLAIN
                       "--run $T/run | head -n 1 | grep -o "
                       "'Cedar' | wc -l >$T/once; " EXPLAIN
                       "--data $T/films | head -n 1 | grep -o 'Cedar' | wc -l >$T/twice; "
                       "echo $(($(cat $T/twice) - $(cat $T/once))) more",
                 0, "1 more");
    test_command(
        "tail -n +2 $T/films/films.inter | tr '\\t' ';' >$T/films.csv; $LLMXREC train --data "
        "$T/films.csv --columns user=1,item=2,rating=3,time=4 --separator ';' --min-rating 4 "
        "--model itemknn --quiet --force --out $T/run && " RECOMMEND "(" EXPLAIN
        "--run $T/run " IN_PROMPTS "'zinc|yarn|amber') | sort -u",
        0, "amber");
}

static void test_run_data__what_disagrees_is_named(void **state)
{
    (void)state;
    static const char *const agreeing[] = {"--min-rating 4.0", "--duplicates keep",
                                           "--data $T/films/", "--data $T/moved --min-rating 4"};
    static const char *const others[][2] = {
        {"--min-rating 3", "--min-rating: 4, not 3"},
        {"--duplicates last", "--duplicates: keep, not last"},
        {"--min-user 2", "--min-user: 0, not 2"},
        {"--timestamps float32", "--timestamps: exact, not float32"},
        {"--columns user=1,item=2", "columns: (unset), not user=1,item=2"},
        {"--split-by ratio:0.8,0.1,0.1", "--split-by: (unset), not ratio:0.8,0.1,0.1"},
        {"--skip-bad", "--skip-bad: false, not true"},
        {"--data $T/other", "other.inter holds others ("},
    };
    char command[1024];
    test_command(TRAIN "--min-rating 4 && " RECOMMEND
                       "cp -r $T/films $T/moved && mkdir $T/other && "
                       "grep -v u3 $T/films/films.inter >$T/other/other.inter",
                 0, "");
    for (size_t i = 0; i < sizeof agreeing / sizeof *agreeing; i++) {
        snprintf(command, sizeof command, EXPLAIN "--run $T/run %s --out $T/out", agreeing[i]);
        test_command(command, 0, "");
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(command, sizeof command, "rm -f $T/out; " EXPLAIN "--run $T/run %s --out $T/out",
                 others[i][0]);
        test_command(command, 1, others[i][1]);
        test_command("ls $T/out", 2, "");
    }
    test_command(EXPLAIN "--run $T/run --min-user few", 2,
                 "--min-user takes a whole number, not 'few'");
    test_command(EXPLAIN, 2, "--run RUN is needed");
    test_command(EXPLAIN "--run $T/nowhere", 1, "nowhere is no run directory");
    test_command("$LLMXREC evaluate $T/run --data $T/other", 1, "run was trained on other");
    test_command("rm -r $T/moved $T/other", 0, "");
}

static void test_run_data__all_who_tell_of_recommendations_take_the_run(void **state)
{
    (void)state;
    test_command(TRAIN "--min-rating 4 && " RECOMMEND EXPLAIN
                       "--run $T/run --out $T/texts.jsonl && "
                       "$LLMXREC show $T/texts.jsonl --recs $T/recs.jsonl --run $T/run --top 0 "
                       ">$T/shown && grep -c Amber $T/shown && ! grep -E 'Zinc|Yarn' $T/shown",
                 0, "");
    test_command("$LLMXREC gate $T/texts.jsonl --recs $T/recs.jsonl --run $T/run --quiet | wc -l",
                 0, "16");
    test_command(
        "$LLMXREC examples make $T/recs.jsonl --run $T/run --quiet >$T/todo && grep -c Amber "
        "$T/todo && ! grep -E 'Zinc|Yarn' $T/todo",
        0, "");
    test_command("$LLMXREC show $T/texts.jsonl --recs $T/recs.jsonl --run $T/run --min-rating 2", 1,
                 "--min-rating: 4, not 2");
}

static void test_run_data__a_log_that_has_grown_is_taken_up(void **state)
{
    (void)state;
    char *out;
    test_command(TRAIN
                 "--min-rating 4 && " RECOMMEND
                 "printf 'u1\\tfern\\t5\\t999\\nu1\\tzinc\\t1\\t1000\\n' >>$T/films/films.inter",
                 0, "");
    static const char *const commands[] = {"$LLMXREC recommend $T/run", "$LLMXREC evaluate $T/run",
                                           EXPLAIN "--run $T/run"};
    for (int i = 0; i < 3; i++) {
        test_command(commands[i], 1, "films.inter has grown since, from ");
        test_command(commands[i], 1, "(49 interactions of 8 users");
    }
    assert_int_equal(test_shell("$LLMXREC recommend $T/run", &out), 1);
    char *advice = strstr(out, "(`llmxrec "), command[512];
    assert_non_null(advice);
    snprintf(command, sizeof command, "$LLMXREC %.*s --quiet", (int)strcspn(advice + 10, "`"),
             advice + 10);
    free(out);
    test_command(command, 0, "");
    test_command("cat $T/run/config.yaml", 0, "min_rating: 4\n");
    test_command("cat $T/run/config.yaml", 0, "model: \"itemknn\"\n");
    test_command(RECOMMEND EXPLAIN "--run $T/run | grep -c prompt", 0, "16");
    test_command("sed -i '2s/u1/u2/' $T/films/films.inter; $LLMXREC train --data $T/films --resume "
                 "--out $T/run --quiet; grep -v fern $T/films/films.inter >$T/few && mv $T/few "
                 "$T/films/films.inter; $LLMXREC recommend $T/run",
                 1, "films.inter holds others (");
}

static void test_run_data__read_otherwise_is_said(void **state)
{
    (void)state;
    test_command(TRAIN "&& cp -r $T/run $T/thin && echo 'min_rating: 4' >>"
                       "$T/thin/config.yaml && $LLMXREC recommend $T/thin",
                 1, "films.inter is what it was, but is read otherwise");
    test_command("rm $T/run/data.json; $LLMXREC recommend $T/run --quiet | wc -l", 0, "");
    test_command("echo '{}' >$T/run/data.json; $LLMXREC recommend $T/run", 1,
                 "data.json was not written by llmxrec train");
    test_command("echo '{' >$T/run/data.json; $LLMXREC recommend $T/run", 1,
                 "data.json:2: not valid");
}

static void test_run_data__changed_titles_are_told_and_taken(void **state)
{
    (void)state;
    test_command(TRAIN "&& " RECOMMEND "sed -i s/Amber/Azure/ $T/films/films.item && " EXPLAIN
                       "--run $T/run 2>&1 >$T/out | grep -c 'films.item has changed since'",
                 0, "1\n");
    test_command("grep -c Azure $T/out", 0, "");
    test_command("$LLMXREC train --data $T/films --resume --out $T/run", 0, "finished run already");
}

/* As of the training the prompt knows nothing of what was held out; else all that the person took. */
static void test_run_data__held_out_is_not_told_as_of_the_training(void **state)
{
    (void)state;
    test_command(TRAIN "&& " RECOMMEND EXPLAIN "--run $T/run " IN_PROMPTS "'Yarn' | sort -u", 0,
                 "Yarn");
    test_command(
        "$LLMXREC recommend $T/run --as-of train --top 2 --keep-seen --quiet | grep -v "
        "'\"item\":\"yarn\",\"rank\"' >$T/then.jsonl; $LLMXREC explain $T/then.jsonl " TEXTS
        "--run $T/run --out $T/then; grep -c Zinc $T/then && ! grep Yarn $T/then",
        0, "");
    test_command(
        "sed -i 's/\"train\"/\"noon\"/' $T/then.jsonl; $LLMXREC explain $T/then.jsonl " TEXTS
        "--run $T/run",
        1, "then.jsonl:1: \"as_of\" is \"train\" or is not there");
}

static void test_run_data__evidence_is_what_the_person_had(void **state)
{
    (void)state;
    test_command(
        TRAIN "&& echo '{\"user\":\"u1\",\"item\":\"ember\",\"evidence\":[{\"item\":\"fern\"}]}' "
              ">$T/recs.jsonl; " EXPLAIN "--run $T/run",
        3, "item 'fern' of the evidence is none that this user had");
    test_command("echo '{\"user\":\"u1\",\"item\":\"ember\",\"evidence\":[{\"item\":\"fern\"}],"
                 "\"history\":[\"fern\",\"dune\"]}' >$T/recs.jsonl; " EXPLAIN
                 "--run $T/run | grep -c "
                 "Fern",
                 0, "1");
}

static void test_explain__says_once_that_there_are_no_titles(void **state)
{
    (void)state;
    test_command("rm $T/films/films.item; " TRAIN "&& " RECOMMEND EXPLAIN
                 "--run $T/run 2>&1 >/dev/null | grep -c 'no titles'",
                 0, "1\n");
    test_command("$LLMXREC examples make $T/recs.jsonl --run $T/run --quiet 2>&1 >/dev/null", 0,
                 "the items have no titles");
    test_command(ITEMS EXPLAIN "--run $T/run 2>&1 >/dev/null | grep -ci title; true", 0, "0\n");
}

/* ---- going on ---- */

static void test_train__goes_on_as_asked_or_names_what_differs(void **state)
{
    (void)state;
    static const char *const others[][2] = {
        {"--model lightgcn", "model: bpr, not lightgcn"},
        {"--epochs 7", "epochs: 3, not 7"},
        {"--dim 4", "dim: 8, not 4"},
        {"--seed 7", "seed: 42, not 7"},
        {"--metric recall@5", "metric: ndcg@10, not recall@5"},
        {"--model bpr --l2 0.5 --dim 8", "l2: "},
    };
    char command[512];
    test_command(
        "$LLMXREC train --data $T/films --model bpr --epochs 3 --dim 8 --patience 0 --quiet "
        "--out $T/run",
        0, "");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(command, sizeof command, "$LLMXREC train --data $T/films --out $T/run --resume %s",
                 others[i][0]);
        test_command(command, 1, others[i][1]);
    }
    test_command("$LLMXREC train --data $T/films --out $T/run --resume", 0, "finished run already");
    test_command("$LLMXREC train --data $T/films --out $T/run --resume --seed 42 --model bpr", 0,
                 "finished run already");
    /* other data: taken up as asked, but not by another model */
    test_command("$LLMXREC train --data $T/films --out $T/run --resume --min-rating 4 --model pop",
                 1, "holds the model 'bpr', not 'pop'");
    test_command(
        "$LLMXREC train --data $T/films --out $T/run --resume --min-rating 4 --epochs 5 "
        "--quiet && grep -c epoch $T/run/log.jsonl && grep -E 'dim|min_rat' $T/run/config.yaml",
        0, "5\nmin_rating: 4\ndim: 8\n");
}

static void test_run_data__an_unfinished_run_tells_nothing(void **state)
{
    (void)state;
    test_command(TRAIN "&& " RECOMMEND "rm $T/run/metrics.json; " EXPLAIN "--run $T/run", 1,
                 "is not finished");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_run_data__reasons_name_nothing_that_the_run_dropped, set_up),
        cmocka_unit_test_setup(test_run_data__what_disagrees_is_named, set_up),
        cmocka_unit_test_setup(test_run_data__all_who_tell_of_recommendations_take_the_run, set_up),
        cmocka_unit_test_setup(test_run_data__a_log_that_has_grown_is_taken_up, set_up),
        cmocka_unit_test_setup(test_run_data__read_otherwise_is_said, set_up),
        cmocka_unit_test_setup(test_run_data__changed_titles_are_told_and_taken, set_up),
        cmocka_unit_test_setup(test_run_data__held_out_is_not_told_as_of_the_training, set_up),
        cmocka_unit_test_setup(test_run_data__evidence_is_what_the_person_had, set_up),
        cmocka_unit_test_setup(test_explain__says_once_that_there_are_no_titles, set_up),
        cmocka_unit_test_setup(test_train__goes_on_as_asked_or_names_what_differs, set_up),
        cmocka_unit_test_setup(test_run_data__an_unfinished_run_tells_nothing, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
