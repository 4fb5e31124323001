/* What a log is read as: header or not, JSON Lines, dates, units, quotes; and what is told of it. */
#include "support/test.h"

#include "data/dataset.h"
#include "llmxrec/data.h"

#include <zlib.h>

static char told[4096];

static void tell(void *context, const char *message)
{
    (void)context;
    const size_t used = strlen(told);
    snprintf(told + used, sizeof told - used, "%s\n", message);
}

static struct llmx_data *open_data(const char *path, struct llmx_data_options options)
{
    struct llmx_data *data = NULL;
    struct llmx_error err;
    told[0] = '\0';
    options.notice = tell;
    if (llmx_data_open(&data, path, &options, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

/* "user: items in time order" a line. */
static const char *dump(const struct llmx_data *data)
{
    static char out[4096];
    size_t used = 0;
    out[0] = '\0';
    for (llmx_id u = 0; u < llmx_data_users(data); u++) {
        int n;
        const llmx_id *items = llmx_data_history(data, u, LLMX_ALL, &n);
        used +=
            (size_t)snprintf(out + used, sizeof out - used, "%s:", llmx_data_user_token(data, u));
        for (int i = 0; i < n; i++)
            used += (size_t)snprintf(out + used, sizeof out - used, " %s",
                                     llmx_data_item_token(data, items[i]));
        used += (size_t)snprintf(out + used, sizeof out - used, "\n");
    }
    return out;
}

static void assert_read(const char *text, struct llmx_data_options options, const char *expected)
{
    struct llmx_data *data = open_data(test_file("log.txt", text), options);
    assert_string_equal(dump(data), expected);
    llmx_data_destroy(data);
}

static void assert_refused(const char *text, struct llmx_data_options options, const char *part)
{
    struct llmx_data *data = NULL;
    struct llmx_error err;
    told[0] = '\0';
    options.notice = tell;
    assert_int_equal(llmx_data_open(&data, test_file("log.txt", text), &options, &err), -1);
    assert_contains(err.message, part);
    assert_true(err.code == LLMX_BAD_INPUT || err.code == LLMX_BAD_OPTION);
}

/* What is taken for a header, and whether that is told as a guess. */
static void assert_header(const char *first, const char *columns, bool is_header, bool is_guess)
{
    char text[256];
    snprintf(text, sizeof text, "%s\nA1,B1,5,1656105611,x\n", first);
    struct llmx_data *data =
        open_data(test_file("log.txt", text), (struct llmx_data_options){.columns = columns});
    if (llmx_data_interactions(data) != (is_header ? 1 : 2) || (*told != '\0') != is_guess)
        fail_msg("%s: %zu interactions, told \"%s\"", first, llmx_data_interactions(data), told);
    if (is_guess)
        assert_contains(told, is_header ? "taken for the names of the columns" : "taken for data");
    llmx_data_destroy(data);
}

static void test_header__is_guessed_by_its_signs(void **state)
{
    (void)state;
    static const char pair[] = "user=1,item=2", rated[] = "user=1,item=2,rating=3",
                      timed[] = "user=1,item=2,time=4";
    assert_header("reviewerID,asin,a,b,c", pair, true, true);
    assert_header("customer_id,article_id,2019,b,c", pair, true, true);
    assert_header("user,item,r,t,x", rated, true, true);
    assert_header("ann,lamp,stars,t,x", rated, true, true);
    assert_header("ann,lamp,a,t_dat,x", timed, true, true);
    assert_header("ann,lamp,a,b,c", pair, false, true);
    assert_header("david,lamp,a,b,c", pair, false, true);
    assert_header("ann,lamp,5,1656105611,x", pair, false, true);
    assert_header("user_1,lamp,5,1656105612,x", rated, false, false);
    assert_header("ann,lamp,5,1656105612,x", rated, false, false);
    assert_header("ann,lamp,a,2022-06-24T21:20:11Z,x", timed, false, false);
    assert_header("1,2,a,b,c", pair, false, false);
    assert_header("user_id,lamp,5,1656105612,x", rated, false, true);
    assert_header("user,item,r,t,x", "user=user,item=item", true, false);
    assert_header("a:token,b:token,r:float,t:float,x:token", pair, true, false);
}

static void test_header__is_what_is_asked_for(void **state)
{
    (void)state;
    static const char text[] = "customer_id,article_id,2019\nc1,a1,1\n";
    struct llmx_data_options o = {.columns = "user=1,item=2", .header = LLMX_YES};
    assert_read(text, o, "c1: a1\n");
    assert_string_equal(told, "");
    o.header = LLMX_NO;
    assert_read(text, o, "customer_id: article_id\nc1: a1\n");
    assert_string_equal(told, "");
    o.columns = "user=customer_id,item=2";
    assert_refused(text, o, "--header no");
    o = (struct llmx_data_options){.header = LLMX_YES};
    assert_refused(text, o, "--header is for delimited files");
}

/* What stands for a number that is none is no word: a bad first line is not swallowed. */
static void test_header__is_no_bad_first_line(void **state)
{
    (void)state;
    const struct llmx_data_options rated = {.columns = "user=1,item=2,rating=3"};
    assert_refused("ann;lamp;1,5\nann;desk;5\n", rated,
                   "log.txt:1: 'column 3' has a decimal comma");
    assert_contains(told, "the first line is taken for data");
    assert_refused("ann;lamp;n/a\nann;desk;5\n", rated, "log.txt:1: ");
    assert_refused("ann;lamp;-\nann;desk;5\n", rated, "log.txt:1: ");
    assert_refused("ann;lamp;5 stars\nann;desk;5\n", rated, "log.txt:1: ");
    assert_refused("ann;lamp;1656105611,5\nann;desk;5\n",
                   (struct llmx_data_options){.columns = "user=1,item=2,time=3"}, "decimal comma");
}

static void test_json_lines__are_read_by_key(void **state)
{
    (void)state;
    struct llmx_data_options o = {.columns = "user=u.id,item=i,rating=r,time=t"};
    static const char text[] =
        "{\"t\":\"2018-07-08 01:00:00\",\"u\":{\"id\":\"a\\u0062\"},\"i\":3,\"r\":5}\n"
        "\n{\"u\":{\"id\":\"ab\"},\"i\":\"y\",\"t\":1530918551,\"x\":\"u\\\": {\"}\n";
    assert_read(text, o, "ab: y 3\n");
    char path[256];
    snprintf(path, sizeof path, "%s", test_path("log.json.gz"));
    gzFile gz = gzopen(path, "w");
    gzputs(gz, text);
    gzclose(gz);
    struct llmx_data *data = open_data(path, o);
    assert_string_equal(dump(data), "ab: y 3\n");
    llmx_data_destroy(data);
    o.has_min_rating = 1;
    assert_refused(text, o, "log.txt:3: 'r' is missing");
    o = (struct llmx_data_options){.columns = "user=u,item=i"};
    assert_refused(text, o, "log.txt:1: 'u' is an object or an array");
    assert_refused("{\"user\":1,\"i\":2}\n", o, "there is no key 'u' (there are user, i)");
    assert_refused("{\"u\":1,\"i\":2}\n{\"u\":1,\"i\":\"a\\nb\"}\n", o,
                   "log.txt:2: 'i' holds the end of a line");
    assert_refused("{\"u\":1,\"i\":2}\n{\"u\":1\n", o, "log.txt:2: not valid JSON at byte ");
    assert_refused("[{\"u\":1,\"i\":2}]\n", o, "jq -c");
    assert_refused(text, (struct llmx_data_options){0}, "this is JSON Lines");
    o.header = LLMX_YES;
    assert_refused("{\"u\":1,\"i\":2}\n", o, "is JSON Lines");
    o = (struct llmx_data_options){.columns = "user=u,item=i", .skip_bad = 1};
    assert_read("{\"u\":1,\"i\":2}\n{\"u\":1,\n{\"u\":1,\"i\":[3]}\n{\"u\":1,\"i\":4}\n", o,
                "1: 2 4\n");
}

static void test_times__of_two_units_are_told_with_their_lines(void **state)
{
    (void)state;
    const struct llmx_data_options o = {.columns = "user=u,item=i,time=t"};
    assert_read("u,i,t\n1,a,1656105611\n1,b,1656109211137\n1,c,1656105628\n", o, "1: a c b\n");
    assert_contains(told, "log.txt: its times are not of one kind");
    assert_contains(told, "2 count seconds since 1970, the first in ");
    assert_contains(told, "log.txt:2\n");
    assert_contains(told, "1 count milliseconds since 1970, the first in ");
    assert_contains(told, "log.txt:3\n");
    assert_read("u,i,t\n1,a,1656105611000\n1,b,1656109211137\n", o, "1: a b\n");
    assert_string_equal(told, "");
    assert_read("u,i,t\n1,a,1656105611\n1,b,2022-06-24\n", o, "1: b a\n");
    assert_string_equal(told, "");
    assert_read("u,i,t\n1,a,2018\n1,b,2022-06-24\n", o, "1: a b\n");
    assert_contains(told, "1 are numbers");
    assert_refused("u,i,t\n1,a,24.06.2022 10:00\n", o, "dates are read as ISO 8601 has them");
    assert_refused("u,i,t\n1,a,5\n1,b,24.06.2022 10:00\n1,c,2022-02-30\n", o, "dates are read as");
}

/* The line is the file's even where a large file is read in shares. */
static void test_times__of_two_units_are_found_in_large_files(void **state)
{
    (void)state;
    enum { LINES = 600000, ODD = 450000 };
    const char *path = test_path("large.csv");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("u,i,t\n", f);
    for (int i = 0; i < LINES; i++)
        fprintf(f, "%d,%d,%d%s\n", i % 1000, i % 7, 1600000000 + i, i == ODD ? "000" : "");
    fclose(f);
    struct llmx_data *data = open_data(
        path, (struct llmx_data_options){.columns = "user=u,item=i,time=t", .threads = 4});
    assert_int_equal(llmx_data_interactions(data), LINES);
    assert_contains(told, "large.csv:450002");
    llmx_data_destroy(data);
}

/* Reviews over several lines, in a file that is large enough for shares: as in one go. */
static void test_quotes__over_lines_in_large_files(void **state)
{
    (void)state;
    enum { RECORDS = 120000 };
    const char *path = test_path("reviews.csv");
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("u,i,text\n", f);
    for (int i = 0; i < RECORDS; i++)
        fprintf(f,
                i % 3 ? "%d,%d,\"ok, \"\"fine\"\" and a bit more of this and that to be long\"\n"
                      : "%d,%d,\"nice\nbought,twice\nand, as ever, \"\"bye\"\"\n\"\n",
                i % 100, i % 1000);
    fclose(f);
    struct llmx_data_options o = {.columns = "user=u,item=i", .threads = 4};
    for (o.skip_bad = 0; o.skip_bad < 2; o.skip_bad++) {
        struct llmx_data *data = open_data(path, o);
        assert_int_equal(llmx_data_interactions(data), RECORDS);
        assert_int_equal(llmx_data_users(data), 100);
        assert_int_equal(data->report.bad_lines, 0);
        llmx_data_destroy(data);
    }
}

static void test_quotes__are_a_choice(void **state)
{
    (void)state;
    struct llmx_data_options o = {.columns = "user=1,item=2,rating=3", .header = LLMX_NO};
    static const char tabs[] = "u1\t\"a\tb\"\t5\n", quoted[] = "u1\t\"a b\"\t5\n";
    assert_read(quoted, o, "u1: \"a b\"\n");
    o.quotes = LLMX_YES;
    assert_read(quoted, o, "u1: a b\n");
    assert_read(tabs, o, "u1: a\tb\n");
    o.quotes = LLMX_NO;
    assert_read("u1,\"Great\" Cats,4\nu1,\"Great\" Dogs,4\n", o,
                "u1: \"Great\" Cats \"Great\" Dogs\n");
    o.quotes = LLMX_GUESS;
    static const char *const separators[] = {",", ";", "|", "::", " "};
    for (int i = 0; i < 5; i++) {
        char text[128];
        const char *s = separators[i];
        snprintf(text, sizeof text, "u1%s\"Great\"%s5\nu1%s\"Great\"Cats%s5\n", s, s, s, s);
        assert_refused(text, o, "log.txt:2: text follows the closing quote");
        o.skip_bad = 1;
        assert_read(text, o, "u1: Great\n");
        o.skip_bad = 0;
    }
    /* Whatever is asked for: what a stray quote may have swallowed is not passed over. */
    o.skip_bad = 1;
    assert_refused("u1,a,5\nu1,\"b,5\nu2,c,5\n", o, "log.txt:2: a quote (\") opens column 2");
    assert_refused("u1,a,5\nu1,\"b\" said \"c,5\nu2,c,5\n", o, "log.txt:2: text follows");
}

static void test_min_rating__of_zero_is_meant(void **state)
{
    (void)state;
    static const char text[] = "u,i,r\n1,a,-1\n1,b,0\n1,c,\n1,d,5\n";
    struct llmx_data_options o = {.columns = "user=u,item=i,rating=r"};
    assert_read(text, o, "1: a b c d\n");
    o.has_min_rating = 1;
    assert_refused(text, o, "log.txt:4: 'r' is missing");
    o.skip_bad = 1;
    assert_read(text, o, "1: b d\n");
    o.columns = "user=u,item=i";
    assert_refused(text, o, "has no rating column");
}

static void test_columns__that_nobody_asks_for_may_be_anything(void **state)
{
    (void)state;
    struct llmx_data_options o = {.columns = "user=u,item=i"};
    assert_read(",u,i,note,note,\n0,1,a,x,y,\n", o, "1: a\n");
    o.columns = "user=u,item=note";
    assert_refused(",u,i,note,note\n0,1,a,x,y\n", o, "columns 4 and 5 are both called 'note'");
    o.columns = "user=2,item=5";
    assert_read(",u,i,note,note\n0,1,a,x,y\n", o, "u: note\n1: y\n");
    o.columns = NULL;
    assert_read("user_id:token\titem_id:token\tx:float\tx:float\nu\ta\t1\t2\n", o, "u: a\n");
    assert_refused("user_id:token\titem_id:token\titem_id:token\nu\ta\tb\n", o,
                   "both called 'item_id'");
}

static void test_description__says_what_was_read_as_what(void **state)
{
    (void)state;
    static const struct {
        const char *text, *columns, *said[3];
    } cases[] = {
        {"u;i;t\n1;a;2022-06-24\n",
         "user=u,item=i,time=t",
         {"user=u, item=i, time=t (separated by ';')", "yes: columns are given by name",
          "2022-06-24 00:00:00 UTC (dates)"}},
        {"1\ta\t1656105611137\n",
         "user=1,item=2,time=3",
         {"user=1, item=2, time=3 (separated by tab)", "no: the first line holds numbers",
          "2022-06-24 21:20:11 UTC (milliseconds since 1970)"}},
        {"{\"u\":1,\"i\":2,\"t\":7}\n",
         "user=u,item=i,time=t",
         {"user=u, item=i, time=t (JSON Lines)", "7 to 7 (numbers)", ""}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llmx_data *data = open_data(test_file("log.txt", cases[i].text),
                                           (struct llmx_data_options){.columns = cases[i].columns});
        FILE *f = fopen(test_path("said"), "w");
        assert_non_null(f);
        assert_int_equal(llmx_data_describe(data, f, 0, NULL), 0);
        fclose(f);
        char *said = test_read(test_path("said"));
        for (int k = 0; k < 3; k++)
            assert_contains(said, cases[i].said[k]);
        free(said);
        llmx_data_destroy(data);
    }
}

static void test_left_out__says_how_many_and_why(void **state)
{
    (void)state;
    struct llmx_data_options o = {.columns = "user=u,item=i,rating=r",
                                  .skip_bad = 1,
                                  .min_rating = 2,
                                  .min_user = 2,
                                  .duplicates = LLMX_DUPLICATES_FIRST};
    struct llmx_data *data =
        open_data(test_file("log.txt", "u,i,r\n1,a,5\n1,a,4\n1,b,3\n1,c,1\n2,a,5\n1,d,x\n"), o);
    FILE *f = fopen(test_path("said"), "w");
    assert_non_null(f);
    llmx_data_left_out(data, f);
    fclose(f);
    char *said = test_read(test_path("said"));
    assert_contains(said, "left out 1 of 6 lines, which could not be read; the first:\n");
    assert_contains(said, "log.txt:7: 'r' is not a finite number: \"x\"\n");
    assert_contains(said, "left out 1 of 5 interactions, rated lower than --min-rating\n");
    assert_contains(said, "left out 1 of 5 interactions, that repeat a user and an item");
    assert_contains(said, "left out 1 of 5 interactions, of users or items that have too few");
    free(said);
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header__is_guessed_by_its_signs),
        cmocka_unit_test(test_header__is_what_is_asked_for),
        cmocka_unit_test(test_header__is_no_bad_first_line),
        cmocka_unit_test(test_json_lines__are_read_by_key),
        cmocka_unit_test(test_times__of_two_units_are_told_with_their_lines),
        cmocka_unit_test(test_times__of_two_units_are_found_in_large_files),
        cmocka_unit_test(test_quotes__over_lines_in_large_files),
        cmocka_unit_test(test_quotes__are_a_choice),
        cmocka_unit_test(test_min_rating__of_zero_is_meant),
        cmocka_unit_test(test_columns__that_nobody_asks_for_may_be_anything),
        cmocka_unit_test(test_description__says_what_was_read_as_what),
        cmocka_unit_test(test_left_out__says_how_many_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
