/* test_value_lists.c - how the values of a column are separated. */
#include "support/test.h"

#include "data/value_lists.h"

/* The separator of the column `tags` with these fields, NULL behind the last; *size: of its vocabulary. */
static char separator_of(const char *const *fields, uint32_t *size)
{
    char log[4096] = "user\titem\n", items[8192] = "id\ttags\n", separator;
    struct llmx_data_options how = {.columns = "user=user,item=item"};
    struct llmx_data *data;
    struct llmx_error err;
    for (int i = 0; fields[i]; i++) {
        snprintf(log + strlen(log), sizeof log - strlen(log), "u\ti%d\n", i);
        snprintf(items + strlen(items), sizeof items - strlen(items), "i%d\t%s\n", i, fields[i]);
    }
    how.item_path = test_file("items.tsv", items);
    if (llmx_data_open(&data, test_file("log.tsv", log), &how, &err) != 0 ||
        value_separator_find(data, 0, &separator, size, &err) != 0)
        fail_msg("%s", err.message);
    llmx_data_destroy(data);
    return separator;
}

static void test_value_separator__is_the_mark_that_leaves_fewer_values(void **state)
{
    (void)state;
    uint32_t size;
    assert_int_equal(separator_of((const char *[]){"a b", "b c", "a c", "a", "b a", NULL}, &size),
                     ' ');
    assert_int_equal(size, 3);
    assert_int_equal(separator_of((const char *[]){"Free to Play", "Puzzle", NULL}, &size), 0);
    assert_int_equal(size, 2);
    assert_int_equal(separator_of((const char *[]){"1,5", "2,5", "1,2", NULL}, &size), 0);
    assert_int_equal(size, 0);
}

static void test_value_separator__is_found_where_a_list_is_long(void **state)
{
    (void)state;
    uint32_t size;
    const char *const fields[] = {
        "Action Adventure Casual Free_to_Play Indie Massively_Multiplayer RPG Simulation",
        "Action Adventure Casual Free_to_Play Indie Massively_Multiplayer RPG",
        "Action Adventure Casual Free_to_Play Indie Massively_Multiplayer",
        "Action Adventure Casual Free_to_Play Indie",
        "Action Adventure Casual Free_to_Play",
        "Action Adventure Casual",
        "Action Adventure",
        "Action",
        "Indie RPG",
        NULL};
    assert_int_equal(separator_of(fields, &size), ' ');
    assert_int_equal(size, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_separator__is_the_mark_that_leaves_fewer_values),
        cmocka_unit_test(test_value_separator__is_found_where_a_list_is_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
