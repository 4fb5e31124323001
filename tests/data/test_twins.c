/* test_twins.c - one item under several ids, by title and year. */
#include "data/dataset.h"
#include "support/test.h"

/* A data set of items 0, 1, 2 ... with these titles and years. */
static struct llmx_data *open_items(const char *const (*item)[2], int n, bool has_years)
{
    FILE *log = fopen(test_path("t.inter"), "w"), *items = fopen(test_path("t.item"), "w");
    struct llmx_data *data;
    struct llmx_error err;
    fputs("user_id:token\titem_id:token\n", log);
    fprintf(items, "item_id:token\ttitle:token_seq%s\n", has_years ? "\tyear:token" : "");
    for (int i = 0; i < n; i++) {
        fprintf(log, "u\ti%d\n", i);
        fprintf(items, "i%d\t%s", i, item[i][0]);
        fprintf(items, has_years ? "\t%s\n" : "\n", item[i][1]);
    }
    fclose(log);
    fclose(items);
    if (llmx_data_open(&data, test_path("t.inter"), NULL, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

static void assert_one(const struct twins *twins, llmx_id a, llmx_id b, bool are_one)
{
    if (twins_are_one(twins, a, b) != are_one)
        fail_msg("%d and %d are %s", (int)a, (int)b, are_one ? "two" : "one");
}

static void test_twins__are_the_same_but_for_spaces_capitals_and_accents(void **state)
{
    (void)state;
    static const char *const item[][2] = {
        {"Star  WARS ", ""},
        {" star wars", ""},
        {"Starwars", ""},
        {"star wars\xc2\xa0", ""}, /* a space that does not break makes it no ASCII */
        {"L\xc3\xa9on", ""},
        {"Le\xcc\x81on", ""},
        {"Leon", ""},
        {"It's [a] ^{trap}`_@Z~", ""},
        {"it's [A] ^{TRAP}`_@z~", ""},
    };
    struct llmx_data *data = open_items(item, 9, false);
    const struct twins *twins = data_twins(data, true);
    assert_int_equal(twins->groups, 3);
    assert_one(twins, 0, 1, true);
    assert_one(twins, 0, 2, false);
    assert_one(twins, 0, 3, true);
    assert_one(twins, 4, 5, true);
    assert_one(twins, 4, 6, false);
    assert_one(twins, 7, 8, true);
    assert_ptr_equal(data_twins(data, false), twins); /* there are no years */
    llmx_data_destroy(data);
}

static void test_twins__of_other_years_are_so_by_title_alone(void **state)
{
    (void)state;
    static const char *const item[][2] = {
        {"Heat", "1995"}, {"Heat", "1986"}, {"heat", "1995"}, {"", "1995"}, {"", "1995"}};
    struct llmx_data *data = open_items(item, 5, true);
    assert_one(data_twins(data, true), 0, 1, false);
    assert_one(data_twins(data, true), 0, 2, true);
    assert_one(data_twins(data, false), 0, 1, true);
    assert_one(data_twins(data, false), 3, 4, false); /* no title is no name */
    llmx_data_destroy(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twins__are_the_same_but_for_spaces_capitals_and_accents),
        cmocka_unit_test(test_twins__of_other_years_are_so_by_title_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
