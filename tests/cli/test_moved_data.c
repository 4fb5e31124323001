/* A run outlives the places of its files: what lay together is found together, what cannot be heeded is refused. */
#include "support/test.h"

#define COLUMNS   "--columns user=user,item=item,rating=rating,time=time "
#define TRAIN     "$LLMXREC train --data $T/here/log.csv " COLUMNS "--model pop --quiet "
#define RECOMMEND "$LLMXREC recommend $T/run --users u --top 1 --quiet "

static int set_up(void **state)
{
    (void)state;
    test_needs_program();
    test_command("rm -rf $T/here $T/there $T/run $T/final; mkdir -p $T/here/tables", 0, "");
    test_file("here/log.csv", "user,item,rating,time\nu,a,5,1\nu,b,4,2\nu,c,3,3\nv,a,5,1\nv,d,4,2\n"
                              "v,b,4,3\n");
    test_file("here/tables/films.csv", "id,title\na,Hill\nb,Boat\nc,Road\nd,Sea\n");
    test_command(TRAIN "--item-file $T/here/tables/films.csv --out $T/run", 0, "");
    return 0;
}

static void test_run__finds_tables_beside_data_that_moved(void **state)
{
    (void)state;
    test_command("mv $T/here $T/there; " RECOMMEND, 1, "--data says where they are now");
    test_command(RECOMMEND "--data $T/there/log.csv", 0, "\"item\":\"d\"");
    test_command("$LLMXREC train --final $T/run --data $T/there/log.csv --out $T/final --quiet && "
                 "grep -c there $T/final/config.yaml",
                 0, "2\n");
    test_command("rm -r $T/there/tables; " RECOMMEND "--data $T/there/log.csv", 1,
                 "run/config.yaml names a file that is neither there nor beside the data");
}

static void test_run__a_table_that_stayed_is_taken(void **state)
{
    (void)state;
    test_command("mkdir $T/there; mv $T/here/log.csv $T/there; " RECOMMEND
                 "--data $T/there/log.csv",
                 0, "\"item\":\"d\"");
}

static void test_recommend__tells_of_changed_titles(void **state)
{
    (void)state;
    test_command(RECOMMEND "2>&1 | grep -c changed", 1, "0");
    test_command("echo 'e,Sea' >>$T/here/tables/films.csv; " RECOMMEND, 0,
                 "films.csv has changed since");
}

static void test_final__refuses_what_it_takes_from_the_run(void **state)
{
    (void)state;
    static const char *const options[] = {"--model pop",      "--seed 1",        "--metric hit@5",
                                          "--min-rating 3",   "--split-by none", "--skip-bad",
                                          "--item-file $T/x", "--dim 9",         "--split none"};
    char command[256];
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        snprintf(command, sizeof command, "$LLMXREC train --final $T/run --out $T/final %s",
                 options[i]);
        test_command(command, 2, "cannot be given with --final");
    }
}

static void test_recommend__wants_somebody(void **state)
{
    (void)state;
    test_command("$LLMXREC recommend $T/run --users ''", 2, "--users names nobody");
    test_command("$LLMXREC recommend $T/run --users ,", 2, "--users names nobody");
    test_command("printf '' >$T/none; $LLMXREC recommend $T/run --users @$T/none --quiet", 0, "");
}

static void test_resume__names_the_other_model_first(void **state)
{
    (void)state;
    test_command("$LLMXREC train --resume --out $T/run --model ease", 1, "model: pop, not ease");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_run__finds_tables_beside_data_that_moved, set_up),
        cmocka_unit_test_setup(test_run__a_table_that_stayed_is_taken, set_up),
        cmocka_unit_test_setup(test_recommend__tells_of_changed_titles, set_up),
        cmocka_unit_test_setup(test_final__refuses_what_it_takes_from_the_run, set_up),
        cmocka_unit_test_setup(test_recommend__wants_somebody, set_up),
        cmocka_unit_test_setup(test_resume__names_the_other_model_first, set_up),
    };
    return cmocka_run_group_tests_name("moved data", tests, NULL, NULL);
}
