/* From files to histories: every way in, the filters, and what is said of bad input. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "llmxrec/data.h"

#include <sys/stat.h>
#include <zlib.h>

#define HEADER "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"

static struct llmx_data *open_data(const char *path, const struct llmx_data_options *options)
{
    struct llmx_data *data = NULL;
    struct llmx_error err;
    if (llmx_data_open(&data, path, options, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

/* "user: train | valid | test" a line, tokens in order. */
static const char *dump(const struct llmx_data *data)
{
    static char out[4096];
    size_t used = 0;
    out[0] = '\0';
    for (llmx_id u = 0; u < llmx_data_users(data); u++) {
        used +=
            (size_t)snprintf(out + used, sizeof out - used, "%s:", llmx_data_user_token(data, u));
        for (int part = LLMX_TRAIN; part <= LLMX_TEST; part++) {
            int n;
            const llmx_id *items = llmx_data_history(data, u, (enum llmx_part)part, &n);
            for (int i = 0; i < n; i++)
                used += (size_t)snprintf(out + used, sizeof out - used, " %s",
                                         llmx_data_item_token(data, items[i]));
            used += (size_t)snprintf(out + used, sizeof out - used, "%s",
                                     part < LLMX_TEST ? " |" : "\n");
        }
    }
    return out;
}

static void assert_histories(const char *path, const struct llmx_data_options *options,
                             const char *expected)
{
    struct llmx_data *data = open_data(path, options);
    assert_string_equal(dump(data), expected);
    llmx_data_destroy(data);
}

static void assert_fails(const char *path, const struct llmx_data_options *options,
                         enum llmx_code code, const char *part)
{
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    assert_int_equal(llmx_data_open(&data, path, options, &err), -1);
    assert_null(data);
    assert_contains(err.message, part);
    assert_int_equal(err.code, code);
}

static const char small[] =
    HEADER "u1\ta\t5\t30\nu2\tb\t1\t7\nu1\tc\t4\t10\nu1\td\t4\t30\nu3\ta\t2\t5\n"
           "u1\tb\t3\t20\nu3\td\t5\t5\n";

static void test_dataset__orders_by_time_then_line(void **state)
{
    (void)state;
    struct llmx_data *data = open_data(test_file("small.inter", small), NULL);
    assert_string_equal(dump(data), "u1: c b | a | d\nu2: b | |\nu3: a | | d\n");
    assert_int_equal(llmx_data_users(data), 3);
    assert_int_equal(llmx_data_items(data), 4);
    assert_int_equal(llmx_data_interactions(data), 7);
    assert_int_equal(llmx_data_item(data, "c"), 2);
    assert_int_equal(llmx_data_user(data, "u4"), -1);
    int n;
    assert_int_equal(llmx_data_history(data, 0, LLMX_TRAIN_VALID, &n)[0], 2);
    assert_int_equal(n, 3);
    llmx_data_history(data, 0, LLMX_ALL, &n);
    assert_int_equal(n, 4);
    llmx_data_destroy(data);
}

/* The days of a user's whole history: " 11016 -1". */
static const char *days_of(const char *name, const char *text,
                           const struct llmx_data_options *options)
{
    static char out[128];
    struct llmx_data *data = open_data(test_file(name, text), options);
    int n;
    llmx_data_history(data, 0, LLMX_ALL, &n);
    out[0] = '\0';
    for (int i = 0; i < n; i++)
        snprintf(out + strlen(out), sizeof out - strlen(out), " %d",
                 llmx_data_day(data, 0, LLMX_ALL, i));
    if (n > 1)
        assert_int_equal(llmx_data_day(data, 0, LLMX_TEST, 0),
                         llmx_data_day(data, 0, LLMX_ALL, n - 1));
    llmx_data_destroy(data);
    return out;
}

static void test_dataset__knows_days(void **state)
{
    (void)state;
    const struct llmx_data_options rounded = {.timestamps = LLMX_TIME_NORMALISED_FLOAT32},
                                   dates = {.columns = "user=u,item=i,time=t"};
    static const char seconds[] = HEADER "u\ta\t5\t951868800\nu\tb\t1\t951868799\nu\tc\t4\t1e9\n";
    assert_string_equal(days_of("s.inter", seconds, NULL), " 11016 11017 11574");
    assert_string_equal(days_of("s.inter", seconds, &rounded), " 11016 11017 11574");
    assert_string_equal(days_of("m.inter", HEADER "u\ta\t5\t951868800000\nu\tb\t1\t7e12\n", NULL),
                        " 11017 -1");
    assert_string_equal(days_of("d.csv", "u,i,t\nx,a,1970-01-02\nx,b,2000-03-01\n", &dates),
                        " 1 11017");
    assert_string_equal(
        days_of("o.inter", HEADER "u\ta\t5\t3\nu\tb\t1\t951868800\nu\tc\t1\t4\n", NULL),
        " -1 -1 -1");
    assert_string_equal(days_of("n.inter", "user_id:token\titem_id:token\nu\ta\nu\tb\n", NULL),
                        " -1 -1");
}

static void test_dataset__sorts_long_histories_stably(void **state)
{
    (void)state;
    enum { N = 5000 };
    char *text = malloc(N * 32 + 48), *p = text;
    assert_non_null(text);
    p += snprintf(p, 48, "user_id:token\titem_id:token\ttimestamp:float\n");
    for (int i = 0; i < N; i++)
        p += snprintf(p, 48, "u\t%d\t%d\n", i, i * 7919 % 613 - 300);
    struct llmx_data *data = open_data(test_file("long.inter", text), NULL);
    int n;
    const llmx_id *items = llmx_data_history(data, 0, LLMX_ALL, &n);
    assert_int_equal(n, N);
    for (int i = 1; i < N; i++) {
        int before = items[i - 1] * 7919 % 613, now = items[i] * 7919 % 613;
        assert_true(before < now || (before == now && items[i - 1] < items[i]));
    }
    llmx_data_destroy(data);
    free(text);
}

static void test_dataset__filters(void **state)
{
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s",
             test_file("filter.inter", HEADER
                       "x\tp\t1\t1\nu\ta\t5\t9\nu\tb\t4\t2\nu\ta\t2\t3\nv\ta\t5\t1\nv\tb\t5\t2\n"
                       "v\tc\t5\t3\nw\tc\t3\t1\n"));
    struct llmx_data_options o = {0};
    assert_histories(path, &o, "x: p | |\nu: b | a | a\nv: a | b | c\nw: c | |\n");
    o.min_rating = 4;
    assert_histories(path, &o, "u: b | | a\nv: a | b | c\n");
    o = (struct llmx_data_options){.min_user = 2, .min_item = 2};
    assert_histories(path, &o, "u: b | a | a\nv: a | | b\n");
    o = (struct llmx_data_options){.duplicates = LLMX_DUPLICATES_FIRST};
    assert_histories(path, &o, "x: p | |\nu: b | | a\nv: a | b | c\nw: c | |\n");
    /* The later time wins, not the later line; then its rating counts. */
    o = (struct llmx_data_options){.duplicates = LLMX_DUPLICATES_LAST, .min_rating = 3};
    assert_histories(path, &o, "u: b | | a\nv: a | b | c\nw: c | |\n");
    o = (struct llmx_data_options){.duplicates = LLMX_DUPLICATES_FIRST, .min_rating = 3};
    assert_histories(path, &o, "u: b | |\nv: a | b | c\nw: c | |\n");
    o = (struct llmx_data_options){.min_user = 4};
    assert_fails(path, &o, LLMX_BAD_INPUT, "none of 8 interactions is left");
}

static void test_dataset__numbers_anew_after_filters(void **state)
{
    (void)state;
    struct llmx_data_options o = {.min_user = 2};
    struct llmx_data *data =
        open_data(test_file("anew.inter", HEADER "x\tp\t1\t1\nu\ta\t5\t9\nu\tb\t4\t2\n"), &o);
    assert_int_equal(llmx_data_user(data, "u"), 0);
    assert_int_equal(llmx_data_item(data, "a"), 0);
    assert_int_equal(llmx_data_user(data, "x"), -1);
    assert_int_equal(llmx_data_items(data), 2);
    llmx_data_destroy(data);
}

static void test_dataset__reads_delimited_files(void **state)
{
    (void)state;
    static const char expected[] = "1: 20 | 30 | 10\n2: 10 | |\n";
    struct llmx_data_options o = {.columns = "user=1,item=2,rating=3,time=4"};
    assert_histories(test_file("a.dat", "1::10::5::9\n1::20::4::2\n1::30::4::5\n2::10::1::1\n"), &o,
                     expected);
    assert_histories(test_file("a.data", "1\t10\t5\t9\n1\t20\t4\t2\n1\t30\t4\t5\n2\t10\t1\t1\n"),
                     &o, expected);
    assert_histories(
        test_file(
            "a.csv",
            "userId,movieId,rating,timestamp\r\n1,10,5,9\r\n1,20,4,2\r\n1,30,4,5\r\n2,10,1,1\r\n"),
        &o, expected);
    o.columns = "item=movieId,time=timestamp,user=userId";
    assert_histories(test_path("a.csv"), &o, expected);
    assert_histories(
        test_file("typed.csv",
                  "userId:token,movieId:token,timestamp:float\n1,10,9\n1,20,2\n1,30,5\n2,10,1\n"),
        &o, expected);
    o = (struct llmx_data_options){.columns = "user=1,item=2", .separator = ';'};
    assert_histories(test_file("b.csv", "user;item\nx;1,0\nx;\"2;0\"\n"), &o, "x: 1,0 | | 2;0\n");
    o = (struct llmx_data_options){.columns = "user=1,item=2"};
    assert_histories(test_file("c.csv", "ann,pie\nann,tea\nbob,tea\n"), &o,
                     "ann: pie | | tea\nbob: tea | |\n");
}

static void test_dataset__finds_files(void **state)
{
    (void)state;
    char folder[256], file[300];
    snprintf(folder, sizeof folder, "%s", test_path("shop"));
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_fails(folder, NULL, LLMX_NOT_FOUND, "holds no NAME.inter");
    snprintf(file, sizeof file, "%s/log.inter.gz", folder);
    gzFile gz = gzopen(file, "w");
    gzputs(gz, HEADER "u\ta\t1\t1\n");
    gzclose(gz);
    assert_histories(folder, NULL, "u: a | |\n");
    assert_histories(file, NULL, "u: a | |\n");
    snprintf(file, sizeof file, "%s/log", folder);
    assert_histories(file, NULL, "u: a | |\n");
    snprintf(file, sizeof file, "%s/other.inter", folder);
    test_file("shop/other.inter", HEADER "v\tb\t1\t1\n");
    assert_fails(folder, NULL, LLMX_BAD_INPUT, "holds several data sets");
    test_file("shop/shop.inter", HEADER "w\tc\t1\t1\n");
    assert_histories(folder, NULL, "w: c | |\n");
    snprintf(file, sizeof file, "%s/none", folder);
    assert_fails(file, NULL, LLMX_NOT_FOUND, "none.inter.gz");
    struct llmx_data_options o = {.columns = "user=1,item=2"};
    assert_fails(folder, &o, LLMX_BAD_OPTION, "is a folder");
}

static void test_dataset__takes_ready_made_splits(void **state)
{
    (void)state;
    static const char expected[] = "u: b a | c | d a\nv: a | |\nw: | | e\n";
    char folder[256];
    snprintf(folder, sizeof folder, "%s", test_path("split"));
    assert_int_equal(mkdir(folder, 0777), 0);
    test_file("split/split.train.inter", HEADER "u\ta\t1\t9\nu\tb\t1\t3\nv\ta\t1\t1\n");
    test_file("split/split.valid.inter", HEADER "u\tc\t1\t1\n");
    test_file("split/split.test.inter", HEADER "u\ta\t1\t8\nu\td\t1\t7\nw\te\t1\t1\n");
    assert_histories(folder, NULL, expected);
    char train[256], valid[256], test[256];
    snprintf(train, sizeof train, "%s", test_path("split/split.train.inter"));
    snprintf(valid, sizeof valid, "%s", test_path("split/split.valid.inter"));
    snprintf(test, sizeof test, "%s", test_path("split/split.test.inter"));
    struct llmx_data_options o = {.valid_path = valid, .test_path = test};
    assert_histories(train, &o, expected);
    o = (struct llmx_data_options){.duplicates = LLMX_DUPLICATES_LAST};
    assert_histories(folder, &o, "u: b a | c | d\nv: a | |\nw: | | e\n");
    o = (struct llmx_data_options){.test_path = "/nowhere"};
    assert_fails(train, &o, LLMX_NOT_FOUND, "/nowhere");
    o = (struct llmx_data_options){
        .test_path = test_file("untimed.inter", "user_id:token\titem_id:token\nu\ta\n")};
    assert_fails(train, &o, LLMX_BAD_INPUT, "has no time column, unlike the training part");
}

static void test_dataset__reads_features(void **state)
{
    (void)state;
    test_file("f.inter", HEADER "u\ta\t1\t1\nu\tb\t1\t2\n");
    test_file("f.user", "age:float\tuser_id:token\tjob:token\n31\tu\tbaker\n\tz\tmiller\n");
    test_file("f.item", "item_id:token\tmovie_title:token_seq\tgenre:token_seq\na\tAmélie\tcomedy "
                        "love\nz\tNo\tone\n"
                        "a\tTwice\t\n");
    struct llmx_data *data = open_data(test_path("f"), NULL);
    assert_int_equal(llmx_data_columns(data, LLMX_USERS), 2);
    assert_string_equal(llmx_data_column_name(data, LLMX_USERS, 1), "job");
    assert_int_equal(llmx_data_column(data, LLMX_USERS, "user_id"), -1);
    assert_string_equal(llmx_data_feature(data, LLMX_USERS, 0, 0), "31");
    assert_string_equal(llmx_data_feature(data, LLMX_USERS, 0, 1), "baker");
    assert_int_equal(llmx_data_title_column(data), 0);
    assert_string_equal(llmx_data_feature(data, LLMX_ITEMS, 0, 0), "Amélie");
    assert_string_equal(
        llmx_data_feature(data, LLMX_ITEMS, 0, llmx_data_column(data, LLMX_ITEMS, "genre")),
        "comedy love");
    assert_string_equal(llmx_data_feature(data, LLMX_ITEMS, 1, 0), "");
    llmx_data_destroy(data);
}

static void test_dataset__has_a_fingerprint(void **state)
{
    (void)state;
    struct llmx_data *a = open_data(test_file("p.inter", small), NULL),
                     *b = open_data(test_file("q.inter", small), NULL);
    assert_true(llmx_data_fingerprint(a) == llmx_data_fingerprint(b));
    llmx_data_destroy(b);
    struct llmx_data_options o = {.min_rating = 2};
    b = open_data(test_path("q.inter"), &o);
    assert_true(llmx_data_fingerprint(a) != llmx_data_fingerprint(b));
    llmx_data_destroy(b);
    llmx_data_destroy(a);
}

/* One bad line after a good one: its message, and that --skip-bad passes over it. */
static void assert_bad_line(const char *line, const char *message)
{
    char text[512];
    struct llmx_data *data = NULL;
    struct llmx_error err;
    snprintf(text, sizeof text, HEADER "u\ta\t1\t1\n%s\nu\tb\t1\t2\n", line);
    const char *path = test_file("bad.inter", text);
    assert_int_equal(llmx_data_open(&data, path, NULL, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_INPUT);
    assert_contains(err.message, "bad.inter:3: ");
    assert_contains(err.message, message);
    struct llmx_data_options o = {.skip_bad = 1};
    assert_histories(path, &o, "u: a | | b\n");
}

static void test_dataset__names_the_line_that_is_bad(void **state)
{
    (void)state;
    assert_bad_line("v\tc\t1\tn/a",
                    "bad.inter:3: 'timestamp' is not a time: \"n/a\"\n  (column 4, declared "
                    "timestamp:float; use --skip-bad to drop such lines and count them)");
    assert_bad_line("v\tc\tgood\t1",
                    "'rating' is not a finite number: \"good\"\n  (column 3, declared "
                    "rating:float; use --skip-bad");
    assert_bad_line("v\tc\t1\tnan", "'timestamp' is not a time: \"nan\"");
    assert_bad_line("v\tc\t-inf\t1", "'rating' is not a finite number: \"-inf\"");
    assert_bad_line("v\tc\t1", "'timestamp' is missing");
    assert_bad_line("v", "'timestamp' is missing");
    assert_bad_line("\tc\t1\t1", "'user_id' is missing");
    assert_bad_line("v\t\t1\t1", "'item_id' is missing");
    assert_bad_line("v\tc\t1\t1\t1",
                    "the line has 5 columns, the first line has 4\n  (separated by "
                    "tab; use --skip-bad");
    assert_bad_line("v\tAm\xe9lie\t1\t1",
                    "'item_id' is not UTF-8 text: \"Am\\xe9lie\"\n  (column 2, "
                    "declared item_id:token; say what it is: --encoding latin1)");
}

static void test_dataset__refuses_bad_files(void **state)
{
    (void)state;
    struct llmx_data_options skip = {.skip_bad = 1};
    assert_fails(test_file("e1.inter", ""), NULL, LLMX_BAD_INPUT, "the file is empty");
    assert_fails(test_file("e2.inter", HEADER), NULL, LLMX_BAD_INPUT, "holds no interactions");
    assert_fails(test_file("e3.inter", HEADER "u\ta\n"), &skip, LLMX_BAD_INPUT,
                 "e3.inter:2: 'timestamp' is missing");
    assert_fails(test_file("e4.inter", "user_id:token\trating:float\nu\t1\n"), NULL, LLMX_BAD_INPUT,
                 "there is no column 'item_id' among user_id, rating");
    assert_fails(test_file("e5.inter", "user_id:float\titem_id:token\n1\t1\n"), NULL,
                 LLMX_BAD_INPUT, "the user column 'user_id' is declared float; it must be token");
    assert_fails(test_file("e6.inter", "user_id:token\titem_id:token\ttimestamp:token\n1\t1\t1\n"),
                 NULL, LLMX_BAD_INPUT,
                 "the time column 'timestamp' is declared token; it must be float");
    assert_fails(test_file("e7.csv", "1,2,3\n"), NULL, LLMX_BAD_INPUT,
                 "--columns user=1,item=2,time=4");
    test_file("e8.inter", HEADER "u\ta\t1\t1\n");
    test_file("e8.item", "title:token\nX\n");
    assert_fails(test_path("e8"), NULL, LLMX_BAD_INPUT, "e8.item:1: there is no column 'item_id'");
    test_file("e8.item", "item_id:token\tprice:float\na\tcheap\n");
    assert_fails(test_path("e8"), NULL, LLMX_BAD_INPUT,
                 "e8.item:2: 'price' is not a finite number: \"cheap\"");
    test_file("e8.item", "item_id:token\ttitle:token\na\tcaf\xe9\n");
    assert_fails(test_path("e8"), NULL, LLMX_BAD_INPUT, "e8.item:2: 'title' is not UTF-8 text");
    struct llmx_data *data = open_data(test_path("e8"), &skip);
    assert_string_equal(llmx_data_feature(data, LLMX_ITEMS, 0, 0), "");
    llmx_data_destroy(data);
}

static void test_dataset__refuses_bad_options(void **state)
{
    (void)state;
    static const struct {
        const char *columns, *message;
    } cases[] = {
        {"user=1", "must name user and item"},
        {"user=1,item=2,tim=3", "there is no 'tim' (user, item, time, rating)"},
        {"user=1,item", "'item' is not ROLE=COLUMN"},
        {"user=1,item=2,item=3", "item is given twice"},
        {"user=1,item=9", "item=9, but"},
        {"user=0,item=1", "columns count from 1"},
        {"user=1,item=film", "has no column 'film' (it has u, i, t)"},
        {"", "is not ROLE=COLUMN"},
    };
    char path[256];
    snprintf(path, sizeof path, "%s", test_file("o.csv", "u,i,t\n1,2,3\n"));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct llmx_data_options o = {.columns = cases[i].columns};
        assert_fails(path, &o, LLMX_BAD_OPTION, cases[i].message);
    }
    struct llmx_data_options o = {.separator = ','};
    assert_fails(path, &o, LLMX_BAD_OPTION, "--separator is for delimited files");
    o = (struct llmx_data_options){.columns = "user=1,item=2", .min_rating = 3};
    assert_fails(path, &o, LLMX_BAD_OPTION, "has no rating column");
    o = (struct llmx_data_options){.min_user = -1};
    assert_fails(path, &o, LLMX_BAD_OPTION, "cannot be negative");
}

static int open_all(void *path, struct llmx_error *err)
{
    struct llmx_data_options o = {
        .min_user = 1, .min_item = 2, .duplicates = LLMX_DUPLICATES_LAST, .skip_bad = 1};
    struct llmx_data *data = NULL;
    int result = llmx_data_open(&data, path, &o, err);
    llmx_data_destroy(data);
    return result;
}

static void test_dataset__survives_want_of_memory(void **state)
{
    (void)state;
    char path[256];
    test_file("m.inter", HEADER "u\ta\t1\t1\nu\tb\t1\t2\nw\tb\t1\tx\nv\ta\t1\t1\nv\tb\t2\t1\n");
    test_file("m.user", "user_id:token\tage:token\nu\t1\n");
    test_file("m.item", "item_id:token\ttitle:token\na\tA\n");
    snprintf(path, sizeof path, "%s", test_path("m"));
    assert_true(failing_alloc_each(open_all, path) >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dataset__orders_by_time_then_line),
        cmocka_unit_test(test_dataset__knows_days),
        cmocka_unit_test(test_dataset__sorts_long_histories_stably),
        cmocka_unit_test(test_dataset__filters),
        cmocka_unit_test(test_dataset__numbers_anew_after_filters),
        cmocka_unit_test(test_dataset__reads_delimited_files),
        cmocka_unit_test(test_dataset__finds_files),
        cmocka_unit_test(test_dataset__takes_ready_made_splits),
        cmocka_unit_test(test_dataset__reads_features),
        cmocka_unit_test(test_dataset__has_a_fingerprint),
        cmocka_unit_test(test_dataset__names_the_line_that_is_bad),
        cmocka_unit_test(test_dataset__refuses_bad_files),
        cmocka_unit_test(test_dataset__refuses_bad_options),
        cmocka_unit_test(test_dataset__survives_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
