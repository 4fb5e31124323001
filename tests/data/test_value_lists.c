/* How a column's values are separated, whatever else stands in it. */
#include "data/value_lists.h"
#include "support/data.h"
#include "support/test.h"

/* Writes items with the fields as their tags; the separator of the tags and how many there are. */
static char separator_of(const char *const *fields, int n, uint32_t *size)
{
    struct llmx_data *data;
    struct llmx_error err;
    FILE *log = fopen(test_path("tags.inter"), "w"), *items = fopen(test_path("tags.item"), "w");
    char separator;
    assert_non_null(log);
    assert_non_null(items);
    fputs("user_id:token\titem_id:token\n", log);
    fputs("item_id:token\ttags:token_seq\n", items);
    for (int i = 0; i < n; i++) {
        fprintf(log, "u\ti%d\n", i);
        fprintf(items, "i%d\t%s\n", i, fields[i]);
    }
    fclose(log);
    fclose(items);
    if (llmx_data_open(&data, test_path("tags.inter"), NULL, &err) != 0 ||
        value_separator_find(data, llmx_data_column(data, LLMX_ITEMS, "tags"), &separator, size,
                             &err) != 0)
        fail_msg("%s", err.message);
    llmx_data_destroy(data);
    return separator;
}

static void test_value_lists__are_split_where_that_leaves_fewer_words(void **state)
{
    (void)state;
    uint32_t n;
    assert_int_equal(separator_of((const char *[]){"a b", "b", "a", "b a"}, 4, &n), ' ');
    assert_int_equal(n, 2);
    assert_int_equal(separator_of((const char *[]){"Free to Play", "Demo"}, 2, &n), 0);
    assert_int_equal(n, 2);
    assert_int_equal(separator_of((const char *[]){"a b|c", "c"}, 2, &n), '|');
    assert_int_equal(n, 2);
}

/* A list longer than a value may be is a list all the same. */
static void test_value_lists__may_be_long(void **state)
{
    (void)state;
    uint32_t n;
    const char *const fields[] = {
        "Action Adventure Casual Early_Access Free_to_Play Indie Massively_Multiplayer RPG",
        "Action",
        "Adventure",
        "Casual",
        "Early_Access",
        "Free_to_Play",
        "Indie",
        "Massively_Multiplayer",
        "RPG",
        "Action RPG"};
    assert_int_equal(separator_of(fields, 10, &n), ' ');
    assert_int_equal(n, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_value_lists__are_split_where_that_leaves_fewer_words),
        cmocka_unit_test(test_value_lists__may_be_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
