/* Titles, features and profiles from tables of any form beside the interactions. */
#include "support/failing_alloc.h"
#include "support/test.h"

#include "llmxrec/data.h"

#include <zlib.h>

#define LOG     "userId,movieId,rating\n1,296,5\n1,306,3\n2,296,4\n2,307,5\n2,1175,4\n"
#define COLUMNS "user=userId,item=movieId,rating=rating"

static struct llmx_data_options how(const char *item_file, const char *item_columns)
{
    return (struct llmx_data_options){
        .columns = COLUMNS, .item_path = item_file, .item_columns = item_columns};
}

static const char *kept(const char *path)
{
    static char paths[2][256];
    static int next;
    snprintf(paths[next ^= 1], sizeof *paths, "%s", path);
    return paths[next];
}

/* "title=Pulpit, The;genres=Comedy|Crime;year=1994" of every item, a line each; what has no line is "-". */
static const char *dump(const struct llmx_data *data, enum llmx_side side)
{
    static char out[4096];
    size_t used = 0;
    out[0] = '\0';
    const llmx_id n = side == LLMX_ITEMS ? llmx_data_items(data) : llmx_data_users(data);
    for (llmx_id row = 0; row < n; row++) {
        for (int c = 0; c < llmx_data_columns(data, side); c++)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s=%s", c ? ";" : "",
                                     llmx_data_column_name(data, side, c),
                                     llmx_data_feature(data, side, row, c));
        used += (size_t)snprintf(out + used, sizeof out - used, "\n");
    }
    return out;
}

static void assert_features(const struct llmx_data_options *options, enum llmx_side side,
                            const char *expected)
{
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    if (llmx_data_open(&data, test_file("log.csv", LOG), options, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(dump(data, side), expected);
    llmx_data_destroy(data);
}

static void assert_items(const char *table, const char *columns, const char *expected)
{
    const struct llmx_data_options o = how(kept(test_file("table", table)), columns);
    assert_features(&o, LLMX_ITEMS, expected);
}

static void assert_fails(const char *table, const char *columns, enum llmx_code code,
                         const char *part)
{
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    const struct llmx_data_options o = how(kept(test_file("table", table)), columns);
    assert_int_equal(llmx_data_open(&data, test_file("log.csv", LOG), &o, &err), -1);
    assert_contains(err.message, part);
    assert_int_equal(err.code, code);
}

#define FOUR                                                                                       \
    "title=Pulpit, The;genres=Comedy|Crime;year=1994\n"                                            \
    "title=Three Reeds;genres=Drama;year=1994\n"                                                   \
    "title=He said \"Hi\", she left;genres=Drama|Romance;year=\n"                                  \
    "title=;genres=;year=\n"

static void test_tables__of_every_form(void **state)
{
    (void)state;
    const char *named = "item=id,title=name,genres=kinds", *numbered = "item=1,title=3,genres=2";
    assert_items("id,kinds,name\n307,Drama|Romance,\"He said \"\"Hi\"\", she left\"\n"
                 "296,Comedy|Crime,\"Pulpit, The (1994)\"\n306,Drama,Three Reeds (1994)\n",
                 named, FOUR);
    assert_items("id\tkinds\tname\n307\tDrama|Romance\tHe said \"Hi\", she left\n"
                 "296\tComedy|Crime\tPulpit, The (1994)\n306\tDrama\tThree Reeds (1994)\n",
                 named, FOUR);
    assert_items("307::Drama|Romance::He said \"Hi\", she left\n296::Comedy|Crime::Pulpit, The "
                 "(1994)\n306::Drama::Three Reeds (1994)\n",
                 numbered, FOUR);
    assert_items("306|Drama|Three Reeds (1994)\n296|\"Comedy|Crime\"|Pulpit, The (1994)\n"
                 "307|\"Drama|Romance\"|\"He said \"\"Hi\"\", she left\"\n",
                 numbered, FOUR);
    assert_items("{\"id\":296,\"name\":\"Pulpit, The (1994)\",\"kinds\":[\"Comedy\",\"Crime\"]}\n"
                 "{\"kinds\":[\"Drama\"],\"id\":\"306\",\"name\":\"Three Reeds (1994)\"}\n"
                 "{\"id\":307,\"name\":\"He said \\\"Hi\\\", she left\",\"kinds\":\"['Drama', "
                 "'Romance']\",\"more\":{\"a\":[1]}}\n",
                 named, FOUR);
}

static void test_tables__may_be_gzipped(void **state)
{
    (void)state;
    const char *path = test_path("movies.csv.gz");
    gzFile gz = gzopen(path, "w");
    assert_non_null(gz);
    gzputs(gz, "movieId,title\r\n296,Pulpit\r\n");
    assert_int_equal(gzclose(gz), Z_OK);
    const struct llmx_data_options o = how(path, NULL);
    assert_features(&o, LLMX_ITEMS, "title=Pulpit\ntitle=\ntitle=\ntitle=\n");
}

/* Without a choice the id is called as in the interactions, or stands first. */
static void test_tables__give_all_columns(void **state)
{
    (void)state;
    assert_items("title,movieId,\n Pulpit,296,x\n", NULL,
                 "title= Pulpit\ntitle=\ntitle=\ntitle=\n");
    assert_items("key,title,title\n296,Pulpit,y\n", NULL, "title=Pulpit\ntitle=\ntitle=\ntitle=\n");
    assert_items("key:token\ttitle:token_seq\n296\tPulpit\n", NULL,
                 "title=Pulpit\ntitle=\ntitle=\ntitle=\n");
    assert_items("{\"movieId\":296,\"title\":\"Two\\nlines\"}\n", NULL,
                 "title=Two lines\ntitle=\ntitle=\ntitle=\n");
}

/* A header over columns that are given by number is the line of an item that nobody took. */
static void test_tables__by_number_may_have_a_header(void **state)
{
    (void)state;
    assert_items("movieId,title\n296,Pulpit\n", "item=1,title=2",
                 "title=Pulpit\ntitle=\ntitle=\ntitle=\n");
}

static void test_tables__years_join_their_column(void **state)
{
    (void)state;
    assert_items("id,title,made\n296,Pulpit (1994),01-Jan-1994\n306,Reeds (1994),1999.0\n"
                 "307,Left (1993),\n1175,\"Hill, The\",-720.0\n",
                 "item=id,title=title,year=made",
                 "title=Pulpit;year=1994\ntitle=Reeds (1994);year=1999\ntitle=Left;year=1993\n"
                 "title=Hill, The;year=\n");
    assert_items("id,title,released\n296,Pulpit (1994),x\n", "item=id,title=title,more=released",
                 "title=Pulpit;more=x;year=1994\ntitle=;more=;year=\ntitle=;more=;year=\n"
                 "title=;more=;year=\n");
    assert_items("id,note\n296,Pulpit (1994)\n", "item=id,note=note",
                 "note=Pulpit (1994)\nnote=\nnote=\nnote=\n");
}

static void test_tables__of_users(void **state)
{
    (void)state;
    struct llmx_data_options o = {.columns = COLUMNS};
    o.user_path = test_file("people", "2;31;\"clerk; retired\"\n1;24;student\n");
    o.user_columns = "user=1,age=2,work=3";
    assert_features(&o, LLMX_USERS, "age=24;work=student\nage=31;work=clerk; retired\n");
}

static void test_tables__with_quotes_between_tabs(void **state)
{
    (void)state;
    struct llmx_data_options o =
        how(test_file("table", "movieId\ttitle\n296\t\"Pulpit, \"\"The\"\"\"\n"), NULL);
    assert_features(&o, LLMX_ITEMS, "title=\"Pulpit, \"\"The\"\"\"\ntitle=\ntitle=\ntitle=\n");
    o.quotes = LLMX_YES;
    assert_features(&o, LLMX_ITEMS, "title=Pulpit, \"The\"\ntitle=\ntitle=\ntitle=\n");
}

static void test_tables__in_other_encodings(void **state)
{
    (void)state;
    struct llmx_data_options o = how(test_file("table", "296|Caf\xe9 (1994)\n"), "item=1,title=2");
    o.encoding = "latin1";
    assert_features(&o, LLMX_ITEMS,
                    "title=Caf\xc3\xa9;year=1994\ntitle=;year=\ntitle=;year=\ntitle=;year=\n");
    assert_fails("296|Caf\xe9 (1994)\n", "item=1,title=2", LLMX_BAD_INPUT,
                 "table:1: 'column 2' is not UTF-8 text: \"Caf\\xe9 (1994)\"");
    assert_fails("296|Caf\xe9 (1994)\n", "item=1,title=2", LLMX_BAD_INPUT, "--encoding latin1");
}

/* NAME.item beside interactions that have no header line. */
static void test_tables__beside_headerless_interactions(void **state)
{
    (void)state;
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    const struct llmx_data_options o = {.columns = "user=1,item=2"};
    test_file("h.inter", "1\t11\n1\t12\n2\t11\n");
    test_file("h.item", "film:token\ttitle:token_seq\n12\tBirch\n11\tAmber\n");
    if (llmx_data_open(&data, test_path("h.inter"), &o, &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(dump(data, LLMX_ITEMS), "title=Amber\ntitle=Birch\n");
    llmx_data_destroy(data);
    struct llmx_data_options chosen = o;
    chosen.item_columns = "item=film,name=title";
    assert_int_equal(llmx_data_open(&data, test_path("h.inter"), &chosen, &err), 0);
    assert_string_equal(dump(data, LLMX_ITEMS), "name=Amber\nname=Birch\n");
    llmx_data_destroy(data);
}

static void test_tables__have_roles(void **state)
{
    (void)state;
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    const struct llmx_data_options o =
        how(test_file("table", "ISBN;Book-Title;Book-Author;Year-Of-Publication;GENRE;store;cost\n"
                               "296;Pulpit;Ann;1994;Drama;Ostra;9\n"),
            NULL);
    assert_int_equal(llmx_data_open(&data, test_file("log.csv", LOG), &o, &err), 0);
    const struct {
        enum llmx_role role;
        const char *name;
        int column;
    } cases[] = {{LLMX_ROLE_TITLE, "title", 0},           {LLMX_ROLE_YEAR, "year", 2},
                 {LLMX_ROLE_CATEGORIES, "categories", 3}, {LLMX_ROLE_CREATOR, "creator", 1},
                 {LLMX_ROLE_BRAND, "brand", 4},           {LLMX_ROLE_PRICE, "price", -1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(llmx_role_name(cases[i].role), cases[i].name);
        assert_int_equal(llmx_data_role_column(data, cases[i].role), cases[i].column);
    }
    assert_int_equal(llmx_data_title_column(data), 0);
    llmx_data_destroy(data);
}

static void test_tables__that_do_not_fit(void **state)
{
    (void)state;
    const char *table = "movieId,title\n296,Pulpit\n";
    assert_fails(table, "title=title", LLMX_BAD_OPTION, "does not say which column is the item");
    assert_fails(table, "item=movieId,title", LLMX_BAD_OPTION, "'title' is not NAME=COLUMN");
    assert_fails(table, "item=movieId,title=", LLMX_BAD_OPTION, "'title=' is not NAME=COLUMN");
    assert_fails(table, "item=movieId,a=title,a=movieId", LLMX_BAD_OPTION, "a name twice");
    assert_fails(table, "item=movieId,item=title", LLMX_BAD_OPTION, "a name twice");
    assert_fails(table, "item=0", LLMX_BAD_OPTION, "they count from 1");
    assert_fails(table, "item=movieId,title=name", LLMX_BAD_OPTION,
                 "has no column 'name' (it has movieId, title)");
    assert_fails(table, "item=1,title=3", LLMX_BAD_OPTION, "has 2 columns (separated by ',')");
    assert_fails(table, "item=title", LLMX_BAD_INPUT, "has interactions (column 2, \"Pulpit\"");
    assert_fails("movieId,title\n", "item=movieId", LLMX_BAD_INPUT, "holds no items");
    assert_fails(
        "296::Pulpit\n306::Reeds\n", NULL, LLMX_BAD_INPUT,
        "table:1: the first line, which is to name the columns, begins with the item '296'");
    assert_fails("", "item=movieId", LLMX_BAD_INPUT, "is empty");
    assert_fails("movieId,title\n296,a,b\n", NULL, LLMX_BAD_INPUT,
                 "table:2: the line has 3 columns");
    struct llmx_data *data = NULL;
    struct llmx_error err = {0};
    struct llmx_data_options o = how(NULL, "item=1,title=2");
    assert_int_equal(llmx_data_open(&data, test_path("log.csv"), &o, &err), -1);
    assert_contains(err.message, "--item-file FILE");
    o = how("/nowhere/movies.csv", NULL);
    assert_int_equal(llmx_data_open(&data, test_path("log.csv"), &o, &err), -1);
    assert_int_equal(err.code, LLMX_NOT_FOUND);
    o = how(NULL, NULL);
    o.encoding = "no-such";
    assert_int_equal(llmx_data_open(&data, test_path("log.csv"), &o, &err), -1);
    assert_contains(err.message, "--encoding: 'no-such'");
}

static int open_all(void *path, struct llmx_error *err)
{
    struct llmx_data_options o = how(path, "item=id,title=title,kinds=kinds");
    struct llmx_data *data = NULL;
    o.encoding = "latin1";
    const int result = llmx_data_open(&data, test_path("log.csv"), &o, err);
    llmx_data_destroy(data);
    return result;
}

static void test_tables__survive_want_of_memory(void **state)
{
    (void)state;
    test_file("log.csv", LOG);
    const char *path = kept(test_file("table", "id;title;kinds\n296;Caf\xe9 (1994);['a', 'b']\n"));
    assert_true(failing_alloc_each(open_all, (void *)(size_t)path) >= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables__of_every_form),
        cmocka_unit_test(test_tables__may_be_gzipped),
        cmocka_unit_test(test_tables__give_all_columns),
        cmocka_unit_test(test_tables__by_number_may_have_a_header),
        cmocka_unit_test(test_tables__years_join_their_column),
        cmocka_unit_test(test_tables__of_users),
        cmocka_unit_test(test_tables__with_quotes_between_tabs),
        cmocka_unit_test(test_tables__in_other_encodings),
        cmocka_unit_test(test_tables__beside_headerless_interactions),
        cmocka_unit_test(test_tables__have_roles),
        cmocka_unit_test(test_tables__that_do_not_fit),
        cmocka_unit_test(test_tables__survive_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
