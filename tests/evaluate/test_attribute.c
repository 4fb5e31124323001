/* Columns become classes. */
#include "evaluate/attribute.h"
#include "support/test.h"

static struct llmx_data *data;

static void open_data(const char *users, const char *items)
{
    struct llmx_error err;
    test_file("d.inter",
              "user_id:token\titem_id:token\ttimestamp:float\n"
              "a\t1\t1\na\t2\t2\na\t3\t3\na\t4\t4\na\t5\t5\nb\t1\t1\nb\t2\t2\nb\t3\t3\n"
              "c\t1\t1\nc\t2\t2\nd\t6\t1\ne\t1\t1\nf\t1\t1\ng\t1\t1\nh\t1\t1\ni\t1\t1\n");
    test_file("d.user", users);
    test_file("d.item", items);
    const struct llmx_data_options how = {.split_by = "none"};
    if (llmx_data_open(&data, test_path("d.inter"), &how, &err) != 0)
        fail_msg("%s", err.message);
}

#define USERS                                                                                      \
    "user_id:token\tage:float\tgender:token\tjob:token\tzip_code:token\n"                          \
    "a\t17\tM\tnight_nurse\t1\nb\t18\tF\tpainter\t2\nc\t24\tM\tpainter\t3\nd\t25\tM\t\t4\n"        \
    "e\t54\tF\tpainter\t5\nf\t55\tF\tcook\t6\ng\t90\tM\tcook\t7\nh\t33\tM\tcook\t8\n"              \
    "i\t34\tM\tcook\t9\n"
#define ITEMS                                                                                      \
    "item_id:token\ttitle:token_seq\tyear:token\tclass:token_seq\tplot:token_seq\n"                \
    "1\tA\t1989\tDrama Crime\tx\n2\tB\t1990\tDrama\tx\n3\tC\t1999\tComedy\tx\n"                    \
    "4\tD\t1972\tComedy Crime\tx\n5\tE\t\tDrama\tx\n6\tF\t7\tDrama\tx\n"

static int class_of(const struct attribute *a, const char *token)
{
    const llmx_id row =
        a->side == LLMX_USERS ? llmx_data_user(data, token) : llmx_data_item(data, token);
    return answered_first(&a->truth, attribute_classes(a), (size_t)row);
}

static struct attribute opened(const char *name)
{
    struct attribute a;
    struct llmx_error err;
    if (attribute_open(&a, name, data, &err) != 0)
        fail_msg("%s", err.message);
    return a;
}

static void assert_names(const struct attribute *a, const char *names)
{
    char all[500] = "";
    for (int k = 0; k < attribute_classes(a); k++)
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", k ? ", " : "",
                 attribute_class(a, k));
    assert_string_equal(all, names);
}

static void test_attribute__ages_become_groups(void **state)
{
    (void)state;
    struct attribute a = opened("age");
    assert_int_equal(a.kind, ATTRIBUTE_ORDINAL);
    assert_names(&a, "under 18, 18-24, 25-34, 35-44, 45-49, 50-55, 56+");
    static const int groups[] = {0, 1, 1, 2, 5, 5, 6, 2, 2};
    for (int i = 0; i < 9; i++)
        assert_int_equal(class_of(&a, (char[]){(char)('a' + i), '\0'}), groups[i]);
    attribute_release(&a);
}

static void test_attribute__words_are_worded_and_the_commonest_first(void **state)
{
    (void)state;
    struct attribute a = opened("gender");
    assert_int_equal(a.kind, ATTRIBUTE_SINGLE);
    assert_names(&a, "male, female");
    assert_int_equal(class_of(&a, "b"), 1);
    attribute_release(&a);
    a = opened("job");
    assert_names(&a, "cook, painter, night nurse");
    assert_int_equal(class_of(&a, "a"), 2);
    assert_int_equal(a.truth.is_parsed[llmx_data_user(data, "d")], 0);
    attribute_release(&a);
}

static void test_attribute__lists_years_and_popularity_of_items(void **state)
{
    (void)state;
    struct attribute a = opened("categories");
    assert_int_equal(a.kind, ATTRIBUTE_MULTI);
    assert_names(&a, "Drama, Comedy, Crime");
    const unsigned char *first = a.truth.has + 3 * llmx_data_item(data, "1");
    assert_true(first[0] == 1 && first[1] == 0 && first[2] == 1);
    attribute_release(&a);
    a = opened("year");
    assert_names(&a, "1970s, 1980s, 1990s");
    assert_int_equal(class_of(&a, "1"), 1);
    assert_int_equal(class_of(&a, "3"), 2);
    assert_int_equal(class_of(&a, "4"), 0);
    assert_int_equal(class_of(&a, "5"), -1); /* no year */
    assert_int_equal(class_of(&a, "6"), -1); /* none that a calendar has */
    attribute_release(&a);
    a = opened("popularity"); /* 8, 3, 2, 1, 1, 1 people took them */
    assert_names(&a, "low, middle, high");
    assert_int_equal(class_of(&a, "1"), 2);
    attribute_release(&a);
}

static void test_attribute__lists_what_can_be_asked(void **state)
{
    (void)state;
    const char *names[16];
    assert_int_equal(attribute_list(data, names, 16), 6);
    static const char *const expected[] = {"age",        "gender", "job",
                                           "categories", "year",   "popularity"};
    for (int i = 0; i < 6; i++)
        assert_string_equal(names[i], expected[i]);
}

static void test_attribute__refuses_what_cannot_be_guessed(void **state)
{
    (void)state;
    struct attribute a;
    struct llmx_error err;
    assert_int_equal(attribute_open(&a, "colour", data, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, "no column 'colour'");
    assert_int_equal(attribute_open(&a, "plot", data, &err), -1);
    assert_contains(err.message, "'plot' has no two values");
}

static void assert_alike(const char *name)
{
    struct attribute a;
    struct llmx_error err;
    char part[64];
    snprintf(part, sizeof part, "'%s' has no two values", name);
    assert_int_equal(attribute_open(&a, name, data, &err), -1);
    assert_int_equal(err.code, LLMX_BAD_OPTION);
    assert_contains(err.message, part);
}

/* Bands, decades and thirds are more than one, but everybody is in the same. */
static void test_attribute__refuses_what_all_have_alike(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    open_data("user_id:token\tage:float\tgender:token\n"
              "a\t25\tF\nb\t26\t\nc\t27\tF\nd\t28\tF\ne\t29\tF\nf\t30\tF\ng\t31\tF\n"
              "h\t32\tF\ni\t34\tF\n",
              "item_id:token\ttitle:token_seq\tyear:token\tclass:token_seq\tprice:float\n"
              "1\tA\t1990\tDrama|Crime\t3\n2\tB\t1999\tCrime|Drama\t3\n3\tC\t\t\t3\n");
    assert_alike("age");
    assert_alike("gender");
    assert_alike("categories");
    assert_alike("year");
    assert_alike("price");
    llmx_data_destroy(data);
    open_data(USERS, ITEMS);
}

/* Codes of ages are what they are: not all of them under 18. */
static void test_attribute__codes_of_ages_are_no_ages(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    open_data("user_id:token\tage_group:float\n"
              "a\t1\nb\t2\nc\t3\nd\t4\ne\t5\nf\t6\ng\t6\n",
              ITEMS);
    struct attribute a = opened("age_group");
    assert_int_equal(attribute_classes(&a), 6);
    assert_true(class_of(&a, "f") == class_of(&a, "g") && class_of(&a, "a") != class_of(&a, "b"));
    attribute_release(&a);
    llmx_data_destroy(data);
    open_data(USERS, ITEMS);
}

/* MovieLens-1M writes the age that a band begins with. */
static void test_attribute__few_ages_are_bands_too(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    open_data("user_id:token\tage:float\n"
              "a\t1\nb\t18\nc\t25\nd\t35\ne\t45\nf\t50\ng\t56\nh\t-1\n",
              ITEMS);
    struct attribute a = opened("age");
    assert_names(&a, "under 18, 18-24, 25-34, 35-44, 45-49, 50-55, 56+");
    for (int i = 0; i < 7; i++)
        assert_int_equal(class_of(&a, (char[]){(char)('a' + i), '\0'}), i);
    assert_int_equal(class_of(&a, "h"), -1);
    assert_int_equal(class_of(&a, "i"), -1);
    attribute_release(&a);
    llmx_data_destroy(data);
    open_data(USERS, ITEMS);
}

static int setup(void **state)
{
    (void)state;
    open_data(USERS, ITEMS);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    llmx_data_destroy(data);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attribute__ages_become_groups),
        cmocka_unit_test(test_attribute__words_are_worded_and_the_commonest_first),
        cmocka_unit_test(test_attribute__lists_years_and_popularity_of_items),
        cmocka_unit_test(test_attribute__lists_what_can_be_asked),
        cmocka_unit_test(test_attribute__refuses_what_cannot_be_guessed),
        cmocka_unit_test(test_attribute__refuses_what_all_have_alike),
        cmocka_unit_test(test_attribute__codes_of_ages_are_no_ages),
        cmocka_unit_test(test_attribute__few_ages_are_bands_too),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
