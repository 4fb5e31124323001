/* How a log was read is remembered by a run, and train says what it guessed and what it left out. */
#include "support/test.h"

#include "llmxrec/recommend.h"

static void write_pairs(void)
{
    test_file("pairs.csv", "reviewerID,asin,stars\nA1,B1,5\nA1,B2,-1\nA2,B1,0\nA2,B3,4\nA2,B2,3\n");
}

static void test_train__remembers_how_it_read(void **state)
{
    (void)state;
    write_pairs();
    test_command("$LLMXREC train --data $T/pairs.csv --columns user=1,item=2,rating=3 --header no "
                 "--skip-bad "
                 "--min-rating 0 --quotes no --model pop --out $T/run",
                 0, "left out 1 of 6 lines, which could not be read");
    test_command("cat $T/run/config.yaml", 0, "header: no\nquotes: no\nmin_rating: 0\n");
    test_command("$LLMXREC recommend $T/run --users A1 --out - | wc -l", 0,
                 "1\n"); /* B3: what is rated low is had all the same */
    test_command("$LLMXREC train --config $T/run/config.yaml --model pop --out $T/again 2>&1", 0,
                 "left out 1 of 5 interactions, rated lower than --min-rating");
    test_command("cmp $T/run/config.yaml $T/again/config.yaml && echo same", 0, "same");
}

/* Before there was --header a minimum of 0 was none. */
static void test_train__of_an_older_version_had_no_minimum(void **state)
{
    (void)state;
    test_needs_program();
    test_file("old.csv", "u,i\n1,a\n1,b\n2,a\n2,c\n");
    test_command(
        "$LLMXREC train --data $T/old.csv --columns user=u,item=i --model pop --out $T/old", 0, "");
    test_command("cd $T/old && grep -vE '^(header|quotes)' config.yaml >c && echo 'min_rating: 0' "
                 ">>c && mv c "
                 "config.yaml",
                 0, "");
    test_command("$LLMXREC recommend $T/old --users 1", 0, "\"c\"");
    struct llmx_run_source source;
    struct llmx_error err;
    assert_int_equal(llmx_run_source(&source, test_path("old"), &err), 0);
    assert_int_equal(source.options.has_min_rating, 0);
    llmx_run_source_release(&source);
}

static void test_train__says_what_it_guessed(void **state)
{
    (void)state;
    write_pairs();
    test_command(
        "$LLMXREC train --data $T/pairs.csv --columns user=1,item=2 --model pop --out $T/guessed",
        0, "pairs.csv: the first line is taken for the names of the columns, on a guess");
    test_command(
        "$LLMXREC split $T/pairs.csv --columns user=1,item=2,rating=3 --header yes --min-rating x",
        2, "takes a number, not 'x'");
    test_command("$LLMXREC split $T/pairs.csv --columns user=1,item=2 --header maybe", 2,
                 "llmxrec: --header: there is no 'maybe'");
    test_file("mixed.csv", "u,i,t\n1,a,1656105611\n1,b,1656109211137\n2,a,1656105628\n");
    test_command("$LLMXREC train --data $T/mixed.csv --columns user=u,item=i,time=t --model pop "
                 "--out $T/mixed",
                 0, "1 count milliseconds since 1970, the first in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train__remembers_how_it_read),
        cmocka_unit_test(test_train__of_an_older_version_had_no_minimum),
        cmocka_unit_test(test_train__says_what_it_guessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
