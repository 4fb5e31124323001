/* test_item_roles.c - what columns of items are, by their names or as they are told. */
#include "support/test.h"

#include "llmxrec/data.h"

#define LOG "user\titem\nu\ti\n"

static int open_items(struct llmx_data **data, const char *table, const char *roles,
                      struct llmx_error *err)
{
    const char *item = test_file("items.csv", table);
    const struct llmx_data_options how = {
        .columns = "user=user,item=item", .item_path = item, .roles = roles};
    return llmx_data_open(data, test_file("log.tsv", LOG), &how, err);
}

/* The name of the column that has a role; "" where none has. */
static const char *column_of(const char *table, const char *roles, enum llmx_role role)
{
    static char name[64];
    struct llmx_data *data;
    struct llmx_error err;
    if (open_items(&data, table, roles, &err) != 0)
        fail_msg("%s", err.message);
    const int column = llmx_data_role_column(data, role);
    snprintf(name, sizeof name, "%s",
             column < 0 ? "" : llmx_data_column_name(data, LLMX_ITEMS, column));
    llmx_data_destroy(data);
    return name;
}

#define TABLE "id,title,category,subcategory,made\ni,A,b,c,1999\n"

static void test_role__is_found_by_name_unless_it_is_told(void **state)
{
    (void)state;
    assert_string_equal(column_of(TABLE, NULL, LLMX_ROLE_CATEGORIES), "category");
    assert_string_equal(column_of(TABLE, NULL, LLMX_ROLE_YEAR), "");
    assert_string_equal(column_of(TABLE, "categories=subcategory,year=made", LLMX_ROLE_CATEGORIES),
                        "subcategory");
    assert_string_equal(column_of(TABLE, "categories=subcategory,year=made", LLMX_ROLE_YEAR),
                        "made");
    assert_string_equal(column_of(TABLE, "year=made", LLMX_ROLE_TITLE), "title");
}

static void test_role__years_of_titles_go_to_the_column_that_is_told(void **state)
{
    (void)state;
    struct llmx_data *data;
    struct llmx_error err;
    if (open_items(&data, "id,what,made\ni,Heat (1995),\n", "title=what,year=made", &err) != 0)
        fail_msg("%s", err.message);
    assert_string_equal(llmx_data_feature(data, LLMX_ITEMS, 0, 0), "Heat");
    assert_string_equal(llmx_data_feature(data, LLMX_ITEMS, 0, 1), "1995");
    assert_int_equal(llmx_data_columns(data, LLMX_ITEMS), 2);
    llmx_data_destroy(data);
    if (open_items(&data, "id,what\ni,Heat (1995)\n", "title=what", &err) != 0)
        fail_msg("%s", err.message);
    assert_int_equal(llmx_data_role_column(data, LLMX_ROLE_YEAR), 1); /* the one that was made */
    llmx_data_destroy(data);
}

static void check_refused(const char *roles, const char *message)
{
    struct llmx_data *data;
    struct llmx_error err;
    assert_int_equal(open_items(&data, TABLE, roles, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_string_equal(err.message, message);
}

static void test_role__what_there_is_not_is_named_with_the_nearest(void **state)
{
    (void)state;
    check_refused("categories=subcategry",
                  "--role: there is no column of items 'subcategry'; did you mean 'subcategory'?");
    check_refused("yeer=made", "--role: there is no role 'yeer'; did you mean 'year'?");
    check_refused("year=zzzzzzzz", "--role: there is no column of items 'zzzzzzzz'");
    check_refused("made", "--role: 'made' is not ROLE=COLUMN, as in categories=subcategory");
    check_refused("year=", "--role: 'year=' is not ROLE=COLUMN, as in categories=subcategory");
}

static void test_role__needs_a_table_of_items(void **state)
{
    (void)state;
    const struct llmx_data_options how = {.columns = "user=user,item=item", .roles = "year=made"};
    struct llmx_data *data;
    struct llmx_error err;
    assert_int_equal(llmx_data_open(&data, test_file("log.tsv", LOG), &how, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "--role needs a table");
    assert_contains(err.message, "--item-file FILE");
}

static void test_role__is_repeated_on_the_command_line_and_remembered_by_a_run(void **state)
{
    (void)state;
    test_needs_program();
    test_file("log.tsv", LOG "u\tj\nv\ti\nv\tj\n");
    test_file("items.csv", TABLE "j,B,b,d,2001\n");
    test_command("cd $T && $LLMXREC train --data log.tsv --columns user=user,item=item --item-file "
                 "items.csv --role categories=subcategory --role year=made --model pop --split-by "
                 "none --out run --quiet && cat run/config.yaml",
                 0, "role: \"categories=subcategory,year=made\"");
    test_command("cd $T && : >none && $LLMXREC gate none --recs none --run run --role year=mad", 2,
                 "did you mean 'made'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_role__is_found_by_name_unless_it_is_told),
        cmocka_unit_test(test_role__years_of_titles_go_to_the_column_that_is_told),
        cmocka_unit_test(test_role__what_there_is_not_is_named_with_the_nearest),
        cmocka_unit_test(test_role__needs_a_table_of_items),
        cmocka_unit_test(test_role__is_repeated_on_the_command_line_and_remembered_by_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
