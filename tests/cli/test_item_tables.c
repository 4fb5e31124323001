/* Titles and profiles from tables of their own, from `data` to `explain`: what is read, said, remembered. */
#include "support/test.h"

#include <jansson.h>

#define LOG                                                                                        \
    "userId,movieId,rating,timestamp\n1,296,5.0,10\n1,306,3.5,11\n1,307,5.0,12\n"                  \
    "2,296,4.0,20\n2,307,4.5,21\n2,306,4.5,22\n2,1175,4.5,23\n3,9,4,30\n"
#define MOVIES                                                                                     \
    "movieId,title,genres\n296,\"Pulpit, The (1994)\",Comedy|Crime\n306,Three Reeds "              \
    "(1994),Drama\n307,\"He said \"\"Hi\"\", she left (1993)\",Drama|Romance\n"                    \
    "1175,\"Hill, The (1991)\",Comedy|Crime|Drama\n77,Unseen (1990),Drama\n"                       \
    "1175,Twice (1990),Drama\n"
#define COLUMNS "--columns user=userId,item=movieId,rating=rating,time=timestamp "
#define ITEMS   "--item-file movies.csv --item-columns item=movieId,title=title,genres=genres "
#define PEOPLE  "--user-file people.csv --user-columns user=userId,age=age,work=occupation "
#define HERE    "cd $T && X=$OLDPWD/$LLMXREC; case $LLMXREC in /*) X=$LLMXREC;; esac; "

static int set_up(void **state)
{
    (void)state;
    test_needs_program();
    test_file("ratings.csv", LOG);
    test_file("movies.csv", MOVIES);
    test_file("people.csv", "userId,age,occupation\n2,31,\"clerk, retired\"\n1,24,student\n");
    test_file("recs.jsonl", "{\"user\":\"1\",\"item\":\"1175\",\"rank\":1,\"score\":1,\"model\":"
                            "\"ease\",\"evidence\":[{\"item\":\"306\",\"contribution\":1}]}\n");
    test_file("short.txt",
              "@history\n{title} {year} {categories}\n@item\nWhy {title}[ of {year}]?\n"
              "@evidence\n- {title}\n@fallback\nYou took {evidence}: {title}.\n");
    return 0;
}

static json_int_t finding(const json_t *data, const char *key)
{
    return json_integer_value(json_object_get(json_object_get(data, "findings"), key));
}

static void assert_text(const json_t *object, const char *key, const char *expected)
{
    assert_string_equal(json_string_value(json_object_get(object, key)), expected);
}

static void test_data__says_what_was_read_as_what(void **state)
{
    (void)state;
    char *out;
    const int status = test_shell(HERE "$X data ratings.csv " COLUMNS ITEMS PEOPLE "--json", &out);
    json_t *data = json_loads(out, 0, NULL);
    if (status != 0 || !data)
        fail_msg("%s", out);
    const json_t *roles = json_object_get(data, "item_roles");
    assert_text(data, "item_file", "movies.csv");
    assert_text(data, "user_file", "people.csv");
    assert_text(roles, "title", "title");
    assert_text(roles, "year", "year");
    assert_text(roles, "categories", "genres");
    assert_int_equal(json_object_size(roles), 3);
    assert_int_equal(finding(data, "items_without_features"), 1);
    assert_int_equal(finding(data, "unknown_items"), 1);
    assert_int_equal(finding(data, "repeated_item_lines"), 1);
    assert_int_equal(finding(data, "users_without_profile"), 1);
    json_decref(data);
    free(out);
    test_command(HERE "$X data ratings.csv " COLUMNS ITEMS PEOPLE, 0,
                 "  profiles       age, work\n                 from people.csv, user=userId\n"
                 "  item features  title, genres (categories), year\n                 from "
                 "movies.csv, item=movieId\n");
}

/* The run remembers them: where from, which columns; members of lists choose items; templates name roles. */
static void test_run__remembers_the_tables(void **state)
{
    (void)state;
    test_command(HERE "$X train --data ratings.csv " COLUMNS ITEMS
                      "--model pop --out run --quiet && cat run/config.yaml",
                 0, "item_columns: \"item=movieId,title=title,genres=genres\"");
    test_command(HERE "$X recommend run --keep-seen --users 1 --allow genres=Crime --quiet | "
                      "grep -o '\"item\":\"[0-9]*\",\"rank' | sort",
                 0, "\"item\":\"1175\",\"rank\n\"item\":\"296\",\"rank\n");
    test_command(HERE "$X explain recs.jsonl --run run --base $OLDPWD/tests/golden/llm/llama-tied "
                      "--chat-template chatml --max-tokens 2 --tries 1 --template short.txt "
                      "--keep-prompts --quiet",
                 0, "Why The Hill of 1991?");
}

/* A run that was trained without titles is told of them later. */
static void test_run__is_given_titles_later(void **state)
{
    (void)state;
    test_command(HERE "$X train --data ratings.csv " COLUMNS "--model pop --out bare --quiet && "
                      "$X explain recs.jsonl --run bare " ITEMS
                      "--base $OLDPWD/tests/golden/llm/llama-tied --chat-template chatml "
                      "--max-tokens 2 --tries 1 --template short.txt --keep-prompts --quiet",
                 0, "Three Reeds 1994 Drama");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data__says_what_was_read_as_what),
        cmocka_unit_test(test_run__remembers_the_tables),
        cmocka_unit_test(test_run__is_given_titles_later),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
