/* What is kept of ratings: who liked what, by the data's own scale. */
#include "data/dataset.h"
#include "data/opinions.h"
#include "support/test.h"

static struct llmx_data *open_lines(const char *lines, const struct llmx_data_options *how)
{
    struct llmx_data *data;
    struct llmx_error err;
    if (llmx_data_open(&data, test_file("ratings.inter", lines), how, &err) != 0)
        fail_msg("%s", err.message);
    return data;
}

#define HEADER "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"

/* One digit for each interaction, by user and time; "" where nothing says who liked what. */
static void assert_opinions(const char *lines, const struct llmx_data_options *how,
                            const char *wanted)
{
    struct llmx_data *data = open_lines(lines, how);
    char found[32] = "";
    for (size_t i = 0; data->opinion && i < data->interactions; i++)
        found[i] = (char)('0' + data->opinion[i]);
    assert_string_equal(found, wanted);
    llmx_data_destroy(data);
}

static void test_opinions__are_held_by_user_and_time(void **state)
{
    (void)state;
    const char *lines = HEADER "u\ta\t5\t3\nv\ta\t4\t1\nu\tb\t1\t1\nu\tc\t\t2\nv\tc\t3\t2\n";
    assert_opinions(lines, NULL, "10221");
}

static void test_opinions__go_by_the_scale_of_the_file(void **state)
{
    (void)state;
    assert_opinions(HEADER "u\ta\t10\t1\nu\tb\t7.5\t2\nu\tc\t7\t3\nu\td\t0\t4\n", NULL, "2211");
    assert_opinions(HEADER "u\ta\t5\t1\nu\tb\t5\t2\n", NULL, "");
    assert_opinions("user_id:token\titem_id:token\nu\ta\nu\tb\n", NULL, "");
    /* what is dropped tells of the scale all the same */
    assert_opinions(HEADER "u\ta\t1\t1\nu\tb\t4\t2\nu\tc\t5\t3\nv\ta\t4\t1\n",
                    &(struct llmx_data_options){.min_rating = 4}, "222");
}

static void test_opinions__are_read_alike_in_shares(void **state)
{
    (void)state;
    const size_t lines = 700000;
    char *text = malloc(lines * 16 + 200), *p = text;
    assert_non_null(text);
    p += sprintf(p, HEADER);
    for (size_t i = 0; i < lines; i++)
        p +=
            sprintf(p, "%zu\t%zu\t%zu\t%zu\n", i * 7919 % 1009, i * 104729 % 317, i % 5 + 1, i % 9);
    struct llmx_data *one = open_lines(text, &(struct llmx_data_options){.threads = 1}),
                     *two = open_lines(text, &(struct llmx_data_options){.threads = 2});
    assert_memory_equal(one->opinion, two->opinion, lines);
    free(text);
    llmx_data_destroy(one);
    llmx_data_destroy(two);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_opinions__are_held_by_user_and_time),
        cmocka_unit_test(test_opinions__go_by_the_scale_of_the_file),
        cmocka_unit_test(test_opinions__are_read_alike_in_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
